"""What can go wrong where a configuration is tried out."""

from hub.errors import HubError, Recovery


class UnknownFeedError(HubError):
    """An example is of a feed that the configuration does not have."""

    code = "SHADOW-001"
    summary = "The configuration has no source of this name"
    remedy = "Name the folder of the messages after a source of the configuration"
    recovery = Recovery.STOP


class ElsewhereError(HubError):
    """Read again, a message is about somebody else, or another stay or record."""

    code = "SHADOW-002"
    summary = "Read again, the message is about somebody else or another visit"
    remedy = "Decide who is who, or ask the sender to send what is right"
    recovery = Recovery.REJECT


class RepairError(HubError):
    """A message that repairs numbers would have to be read again."""

    code = "SHADOW-003"
    summary = "A repair of numbers is not read again"
    remedy = "Decide who is who where the repair went wrong"
    recovery = Recovery.REJECT
