"""What can go wrong with ``hub feeds``."""

from hub.errors import HubError, Recovery


class SampleUnreadableError(HubError):
    """A file of samples cannot be read."""

    code = "CLI-006"
    summary = "A file of samples cannot be read"
    remedy = "Check its name and its permissions"
    recovery = Recovery.REJECT


class NoSamplesError(HubError):
    """No file was given that could be read, or the folder holds none."""

    code = "CLI-007"
    summary = "There are no samples to look at"
    remedy = "Name files that hold messages, or a folder of such files"
    recovery = Recovery.REJECT


class UnknownNormaliserError(HubError):
    """No loaded plugin provides the normaliser that was named."""

    code = "CLI-008"
    summary = "No plugin provides this normaliser"
    remedy = "`hub plugins` says what each plugin provides"
    recovery = Recovery.REJECT


class CannotLearnError(HubError):
    """The normaliser does not propose profiles."""

    code = "CLI-009"
    summary = "This normaliser cannot learn a profile from samples"
    remedy = "Write the profile by hand; `hub feeds profile` shows its settings"
    recovery = Recovery.REJECT


class UnknownSourceError(HubError):
    """The configuration has no source of this name."""

    code = "CLI-010"
    summary = "The configuration has no such source"
    remedy = "`hub feeds` lists the sources"
    recovery = Recovery.REJECT


class OutputError(HubError):
    """The file to write exists already, or cannot be written."""

    code = "CLI-011"
    summary = "The profile cannot be written to this file"
    remedy = "Name a file that does not exist yet, in a folder that may be written to"
    recovery = Recovery.REJECT
