"""What can go wrong on the way into a folder or onto an SFTP server.

The recovery says what becomes of the delivery: RETRY tries again, REJECT gives
this artifact up, and STOP says that the route is at fault, so that nothing is
given up until somebody has put it right.
"""

from hub.sdk import HubError, Outcome, Receipt, Recovery

_OUTCOMES = {
    Recovery.RETRY: Outcome.RETRYABLE,
    Recovery.REJECT: Outcome.PERMANENT,
    Recovery.STOP: Outcome.RETRYABLE,
}


def not_accepted(error: HubError) -> Receipt:
    """Return the receipt of an attempt that ended with `error`."""
    unanswered = isinstance(error, RenameUnansweredError)
    return Receipt(
        outcome=Outcome.UNKNOWN if unanswered else _OUTCOMES[error.recovery],
        evidence=error.detail,
        error_code=error.code,
        blames_route=error.recovery is Recovery.STOP,
    )


class FolderUnusableError(HubError):
    """The folder is missing, or something else has its name."""

    code = "FOLDER-001"
    summary = "The folder cannot be opened or created"
    remedy = "Check that the path in the setting folder is a folder"
    recovery = Recovery.RETRY


class DiskFullError(HubError):
    """ENOSPC, EDQUOT or EFBIG."""

    code = "FOLDER-002"
    summary = "There is no space for the file"
    remedy = "Free space in the folder, or raise its quota"
    recovery = Recovery.RETRY


class FolderDeniedError(HubError):
    """EROFS, EACCES or EPERM."""

    code = "FOLDER-003"
    summary = "The hub may not write into the folder"
    remedy = "Let the user that runs the hub write, and mount the folder writable"
    recovery = Recovery.RETRY


class FileFailedError(HubError):
    """Any other error of the file system."""

    code = "FOLDER-004"
    summary = "The file could not be written"
    remedy = "Look at the system log of the machine that holds the folder"
    recovery = Recovery.RETRY


class NameTakenError(HubError):
    """The final name is there and is not this artifact."""

    code = "FOLDER-005"
    summary = "Something else is there under the name of the file"
    remedy = "Find out who else writes into the folder, move it away, and replay"
    recovery = Recovery.REJECT


class ConnectionRefusedByServerError(HubError):
    """TCP could not connect."""

    code = "SFTP-001"
    summary = "The server cannot be reached"
    remedy = "Check host and port, the firewall, and whether the server runs"
    recovery = Recovery.RETRY


class HostNameUnknownError(HubError):
    """The name of the server did not resolve."""

    code = "SFTP-002"
    summary = "The name of the server is not known"
    remedy = "Check the setting host and the name service of this machine"
    recovery = Recovery.RETRY


class ServerSilentError(HubError):
    """A time limit passed."""

    code = "SFTP-003"
    summary = "The server did not answer in time"
    remedy = "Check the server and the network; raise connect_timeout_seconds if slow"
    recovery = Recovery.RETRY


class ConnectionBrokenError(HubError):
    """The connection ended before the file was complete."""

    code = "SFTP-004"
    summary = "The connection to the server broke"
    remedy = "Nothing, if it is rare; otherwise check the server and the network"
    recovery = Recovery.RETRY


class WriteFailedError(HubError):
    """SSH_FX_FAILURE and every status without a meaning of its own."""

    code = "SFTP-005"
    summary = "The server could not write the file"
    remedy = "Ask the operator of the server whether its disk or quota is full"
    recovery = Recovery.RETRY


class WriteDeniedError(HubError):
    """SSH_FX_PERMISSION_DENIED."""

    code = "SFTP-006"
    summary = "The server does not let the hub write into the folder"
    remedy = "Ask the operator of the server to let the user write there"
    recovery = Recovery.RETRY


class RemoteFolderMissingError(HubError):
    """SSH_FX_NO_SUCH_FILE."""

    code = "SFTP-007"
    summary = "The folder is not there on the server"
    remedy = "Check the setting folder, or ask the server's operator to create it"
    recovery = Recovery.RETRY


class SizeDiffersError(HubError):
    """The server holds another number of bytes than were sent."""

    code = "SFTP-008"
    summary = "The server holds another number of bytes than were sent"
    remedy = "Ask the operator of the server whether its disk or quota is full"
    recovery = Recovery.RETRY


class RenameUnansweredError(HubError):
    """The connection broke where only the server knows whether the file is there."""

    code = "SFTP-009"
    summary = "The server did not answer the last step, the renaming"
    remedy = "Nothing: the next attempt finds out whether the file is there"
    recovery = Recovery.RETRY


class RenameRefusedError(HubError):
    """The server answered the renaming with an error."""

    code = "SFTP-010"
    summary = "The server did not rename the uploaded file to its final name"
    remedy = "Ask the operator of the server to let the user rename in the folder"
    recovery = Recovery.RETRY


class HostKeyUnknownError(HubError):
    """No key is pinned for the server."""

    code = "SFTP-011"
    summary = "No key of the server is in the known_hosts file"
    remedy = "Add the key, verified with the operator of the server, to known_hosts"
    recovery = Recovery.STOP


class HostKeyChangedError(HubError):
    """The server showed another key than the pinned one."""

    code = "SFTP-012"
    summary = "The server showed another key than the one in the known_hosts file"
    remedy = "Ask its operator, by telephone, whether the key was changed; then pin it"
    recovery = Recovery.STOP


class KnownHostsUnusableError(HubError):
    """The known_hosts file cannot be read, or has what we do not honour."""

    code = "SFTP-013"
    summary = "The known_hosts file cannot be used"
    remedy = "Make it readable, with one server and key to a line and no @ markers"
    recovery = Recovery.STOP


class SignInRefusedError(HubError):
    """The server did not accept the key or the password."""

    code = "SFTP-014"
    summary = "The server refused the user's key or password"
    remedy = "Check user and private_key or password with the operator of the server"
    recovery = Recovery.STOP


class NoSafeAlgorithmError(HubError):
    """The server offers only algorithms that count as broken."""

    code = "SFTP-015"
    summary = "The server offers no safe encryption that the hub speaks"
    remedy = "Ask for aes-gcm or aes-ctr, hmac-sha2, and keys other than ssh-rsa SHA-1"
    recovery = Recovery.STOP


class NoSftpError(HubError):
    """The user may sign in but gets no SFTP."""

    code = "SFTP-016"
    summary = "The server does not offer SFTP to the user"
    remedy = "Ask the operator of the server to enable the SFTP subsystem"
    recovery = Recovery.STOP


class PrivateKeyUnusableError(HubError):
    """The text of the private key is not a key that we can use."""

    code = "SFTP-017"
    summary = "The private key cannot be used"
    remedy = "Give an Ed25519, ECDSA or RSA key in OpenSSH or PEM form, no passphrase"
    recovery = Recovery.STOP


class UnsafeNameError(HubError):
    """The id or suffix of an artifact would not make a safe file name."""

    code = "SFTP-018"
    summary = "The artifact cannot be a file name"
    remedy = "Report this as a mistake in the renderer that the destination uses"
    recovery = Recovery.REJECT
