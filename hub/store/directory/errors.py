"""What can go wrong with what operators ask of directories."""

from hub.errors import HubError, Recovery


class UnknownRunError(HubError):
    """No run of a directory has this number."""

    code = "DIRRUN-001"
    summary = "There is no such run of a directory"
    remedy = "List runs with `hub directory runs`"
    recovery = Recovery.REJECT


class RunNotHeldError(HubError):
    """A run does not wait for a person."""

    code = "DIRRUN-002"
    summary = "This run of a directory does not wait for anybody"
    remedy = "Look at its state with `hub directory runs`"
    recovery = Recovery.REJECT


class UnknownHeldError(HubError):
    """No change that waits has this number."""

    code = "DIRRUN-003"
    summary = "There is no such change of a directory that waits"
    remedy = "List what waits with `hub directory runs --held`"
    recovery = Recovery.REJECT


class FeedAtWorkError(HubError):
    """A run of the same feed is being put in force."""

    code = "DIRRUN-004"
    summary = "A refresh of this directory is taking effect at the moment"
    remedy = "Decide again in a minute"
    recovery = Recovery.RETRY


class UnknownObjectError(HubError):
    """No directory has an object with this key."""

    code = "DIRRUN-005"
    summary = "There is no such object in any directory"
    remedy = "List services with `hub directory show --feed FEED`"
    recovery = Recovery.REJECT


class UnknownDirectoryError(HubError):
    """No source of this name has a directory."""

    code = "DIRRUN-006"
    summary = "There is no directory of this name"
    remedy = "List directories with `hub directory feeds`"
    recovery = Recovery.REJECT
