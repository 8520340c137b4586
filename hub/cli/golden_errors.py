"""What can go wrong with a test of a configuration."""

from hub.errors import HubError, Recovery


class ExpectationError(HubError):
    """What is expected cannot be read."""

    code = "CLI-030"
    summary = "What is expected of the messages cannot be read"
    remedy = "Write it with --update, and look it over before it is kept"
    recovery = Recovery.STOP


class ExpectationUnwritableError(HubError):
    """What is expected cannot be written down."""

    code = "CLI-031"
    summary = "What is expected of the messages cannot be written to this file"
    remedy = "Name a file in a folder that may be written to"
    recovery = Recovery.STOP
