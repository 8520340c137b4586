"""What can go wrong with a file that is exchanged."""

from hub.errors import HubError, Recovery


class CheckDiedError(HubError):
    """The process that checks a file ended without a result."""

    code = "EXCH-001"
    summary = "The process that checks the file ended before it had a result"
    remedy = (
        "Look at the free memory and the log, then approve it: that checks it again"
    )
    recovery = Recovery.RETRY


class ReaderFailedError(HubError):
    """A reader, or what opens containers, raised what its contract forbids."""

    code = "EXCH-002"
    summary = "The reader of the plugin failed on this file"
    remedy = "Report it to the plugin's author; approving the file checks it again"
    recovery = Recovery.RETRY


class StagingError(HubError):
    """What was found cannot be written."""

    code = "EXCH-003"
    summary = "What is in the file cannot be staged in the data folder"
    remedy = "Look at the free space there, then approve the file: that checks it again"
    recovery = Recovery.RETRY


class FileChangedError(HubError):
    """A file is not what it was when it was delivered, or when its check began."""

    code = "EXCH-004"
    summary = "The file changed while it was checked"
    remedy = "Let nothing but the hub write to its data folder, then approve the file"
    recovery = Recovery.RETRY


class CheckHungError(HubError):
    """The check of a file did not go on for too long."""

    code = "EXCH-005"
    summary = "The check of the file went on for too long and was ended"
    remedy = "Report it to the plugin's author; approving the file checks it again"
    recovery = Recovery.RETRY


class NoHeadingError(HubError):
    """A reader began with something else than a heading, or found none."""

    code = "EXCH-006"
    summary = "The file does not begin as a file of its feed does"
    remedy = "Let the sender look at its first lines, or correct the feed's profile"


class MixedFileError(HubError):
    """Parts of one file say different things of what is not in it."""

    code = "EXCH-007"
    summary = "The file has parts that are complete lists and parts that are changes"
    remedy = "Let the sender put them into files of their own"


class MessageTooLargeError(HubError):
    """A file that is one message is larger than messages can be."""

    code = "EXCH-008"
    summary = "The file is one message, and larger than a message can be"
    remedy = "Let the sender divide it, or use a normaliser that reads row by row"


class TooManyAnswersError(HubError):
    """A file leads to more answers, or holds more of them, than the hub keeps."""

    code = "EXCH-009"
    summary = "The file has too many interchanges or acknowledgements"
    remedy = "Let the sender divide it"


class DisguisedFileError(HubError):
    """A file is not of the kind that its feed is about."""

    code = "EXCH-010"
    summary = "The file is of another kind than those of its feed"
    remedy = "Let the sender export it as the text that was agreed, not packed"


class EmptyContainerError(HubError):
    """There is no file in a container."""

    code = "EXCH-011"
    summary = "The container holds no file"
    remedy = "Let the sender send it again with the file in it"


class NotSpooledError(HubError):
    """A source delivered a file of which no bytes are there."""

    code = "EXCH-022"
    summary = "The source delivered a file whose bytes are not in the data folder"
    remedy = "Report it to the plugin's author; the hub fetches the file again"
    recovery = Recovery.RETRY


class StagingLostError(HubError):
    """What a file changes was staged, and is not there any more."""

    code = "EXCH-023"
    summary = "What was staged of a file is gone"
    remedy = "Let nothing but the hub write to its data folder; it checks the file anew"
    recovery = Recovery.RETRY
