"""What can go wrong with a directory as a whole."""

from hub.errors import HubError, Recovery


class ReadingDiedError(HubError):
    """The process that reads a directory ended without a result."""

    code = "DIR-002"
    summary = "The process that reads the directory ended before it had a result"
    remedy = "Look at the free memory and the log, then approve the run"
    recovery = Recovery.RETRY


class ReadingHungError(HubError):
    """Reading a directory took longer than it may."""

    code = "DIR-003"
    summary = "Reading the directory took longer than it may"
    remedy = "Ask its publisher for a smaller package, then approve the run"
    recovery = Recovery.RETRY


class DirectoryReaderError(HubError):
    """A reader of directories raised, or yielded, what its contract forbids."""

    code = "DIR-004"
    summary = "The reader of the plugin failed on this directory"
    remedy = "Report it to the plugin's author; approving the run reads it again"
    recovery = Recovery.RETRY


class DirectoryStagingError(HubError):
    """What was read cannot be written down."""

    code = "DIR-005"
    summary = "What was read of the directory cannot be written down"
    remedy = "Make room in the data folder, and let the hub write there; it tries again"
    recovery = Recovery.RETRY


class NoDirectoryHeadingError(HubError):
    """A reader yielded objects before it said what they are of."""

    code = "DIR-006"
    summary = "The reader of the plugin does not say what the directory is"
    remedy = "Report it to the plugin's author; approving the run reads it again"
    recovery = Recovery.RETRY


class PackageLostError(HubError):
    """The message with the package cannot be read any more."""

    code = "DIR-007"
    summary = "The package of the directory is not in the store as it came"
    remedy = "Fetch the directory again; restore a damaged store from a backup"
    recovery = Recovery.REJECT


class StageLostError(HubError):
    """What was staged is gone before it was laid; it is made again."""

    code = "DIR-008"
    summary = "What was staged of the directory is gone; it is read again"
    remedy = "Leave the folder `directory` of the data folder to the hub"
    recovery = Recovery.RETRY
