"""What can go wrong with a file that a partner put down for us.

REJECT says that the file is never fetched: it is answered and put away. Everything
else is about this moment: the file is looked at again with the next poll.
"""

from hub.sdk import HubError, Recovery


class NotAFileError(HubError):
    """A link, a device, a pipe or a socket."""

    code = "FILE-001"
    summary = "What lies in the folder is no ordinary file"
    remedy = "Ask the partner to put the file itself there, not a link to it"
    recovery = Recovery.REJECT


class FileTooLargeError(HubError):
    """More than the gate takes."""

    code = "FILE-002"
    summary = "The file is larger than what is fetched from this partner"
    remedy = "Find out whether it is meant; if so, raise gate.max_mebibytes"
    recovery = Recovery.REJECT


class UnsafeFileNameError(HubError):
    """A path in the name, a control character, or more than 255 bytes."""

    code = "FILE-003"
    summary = "The name of the file cannot be used"
    remedy = "Ask for names without / and \\, control characters, at most 255 bytes"
    recovery = Recovery.REJECT


class FileChangedError(HubError):
    """Size or time are not what they were, or fewer bytes came."""

    code = "FILE-004"
    summary = "The file changed while it was read"
    remedy = "Nothing: it is fetched anew; ask for a safer way to say when it is whole"
    recovery = Recovery.RETRY


class FileGoneError(HubError):
    """Deleted, moved or renamed since it was listed."""

    code = "FILE-005"
    summary = "The file is no longer there"
    remedy = (
        "Nothing, if the partner took it back; else see who else empties the folder"
    )
    recovery = Recovery.RETRY


class ReadDeniedError(HubError):
    """No right to list, to open or to read."""

    code = "FILE-006"
    summary = "The hub may not read the file or the folder"
    remedy = "Let the user that the hub signs in with read the folder and its files"
    recovery = Recovery.RETRY


class ReadFailedError(HubError):
    """Any other trouble of the server or disk."""

    code = "FILE-007"
    summary = "The file or the folder could not be read"
    remedy = "Ask the operator of the server, or look at the log of the machine"
    recovery = Recovery.RETRY


class InboxMissingError(HubError):
    """The folder to fetch from does not exist."""

    code = "FILE-008"
    summary = "The folder to fetch files from is not there"
    remedy = "Check the setting folder, or create it"
    recovery = Recovery.RETRY


class MoveDeniedError(HubError):
    """No right to move a file to where it belongs."""

    code = "FILE-009"
    summary = "The file cannot be moved to its place"
    remedy = "Let the user move files between the folders, or set claim to record"
    recovery = Recovery.RETRY


class NoFreeNameError(HubError):
    """Every name that we would give it is taken."""

    code = "FILE-010"
    summary = "There is no free name left for the file"
    remedy = "Clear the folder that it goes to"
    recovery = Recovery.RETRY


class MarkerDiffersError(HubError):
    """Hash or count in the marker are not the file's."""

    code = "FILE-011"
    summary = "The file is not what its marker says"
    remedy = "Ask the partner to send both again"
    recovery = Recovery.REJECT


class ManifestDiffersError(HubError):
    """A part is not the one that the manifest names."""

    code = "FILE-012"
    summary = "The files are not what their manifest says"
    remedy = "Ask the partner to send the files and their manifest again"
    recovery = Recovery.REJECT


class ManifestUnreadableError(HubError):
    """No line of it names a file and a hash, or one names something else."""

    code = "FILE-013"
    summary = "The manifest cannot be read"
    remedy = "Ask for lines of hash and name, or CSV with name, hash and size"
    recovery = Recovery.RETRY


class FileIncompleteError(HubError):
    """It does not grow any more, yet its end is missing."""

    code = "FILE-014"
    summary = "The file rests, but its end is missing"
    remedy = "Ask whether the upload broke off; where its end is right, unset check_end"
    recovery = Recovery.RETRY


class SpoolFailedError(HubError):
    """Our own disk."""

    code = "FILE-015"
    summary = "What was fetched could not be kept"
    remedy = "Check space and rights of the hub's data folder"
    recovery = Recovery.RETRY


class SignInPausedError(HubError):
    """Another try would only lock the account."""

    code = "SFTP-020"
    summary = "The server cannot be used; it is left alone for fifteen minutes"
    remedy = "Look up the code named here, put it right, and wait or start the hub anew"
    recovery = Recovery.RETRY
    #: How long whoever runs the source can leave it alone.
    retry_after_seconds = 900.0


class DownloaderFailedError(HubError):
    """The process that downloads ended or hung."""

    code = "SFTP-021"
    summary = "The process that downloads files failed"
    remedy = "Nothing, if it is rare; otherwise look for lack of memory on the machine"
    recovery = Recovery.RETRY


class NotSftpError(HubError):
    """An answer that SFTP does not know, or that nobody asked for."""

    code = "SFTP-022"
    summary = "The server's answer cannot be understood"
    remedy = "Ask the operator of the server which software it is, and report it"
    recovery = Recovery.RETRY
