"""What can be wrong with a container.

REJECT blames the file: none of it is used. STOP blames a setting of ours, and RETRY
this machine: the file is as good as it was.
"""

from hub.sdk import HubError, Recovery


class OtherContainerError(HubError):
    """The file does not begin like the container that the settings name."""

    code = "CONTAINER-001"
    summary = "The file is not in the container that it should be in"
    remedy = "Ask the partner to send it as agreed, or correct the setting containers"


class DamagedError(HubError):
    """A checksum or length is wrong, or bytes are missing or too many."""

    code = "CONTAINER-002"
    summary = "The container is damaged or not complete"
    remedy = "Ask the partner to make the file anew and to send it again"


class TooLargeUnpackedError(HubError):
    """What is inside exceeds the permitted size or ratio: a bomb, perhaps."""

    code = "CONTAINER-003"
    summary = "The container holds more than it may"
    remedy = (
        "Look at who sent it; raise max_ratio or max_unpacked_mebibytes if it is so"
    )


class UnsafeArchiveError(HubError):
    """A link, a path that leads out, entries that overlap, two stories of one entry."""

    code = "CONTAINER-004"
    summary = "The archive is made in a way that no honest program makes"
    remedy = "Take it for an attack until the partner has explained it"


class UnreadableArchiveError(HubError):
    """A zip archive with a password, or compressed by an uncommon method."""

    code = "CONTAINER-005"
    summary = "The zip archive has a password or an uncommon compression"
    remedy = "Ask for a zip archive without a password (use PGP) and with deflate"


class UnsupportedContainerError(HubError):
    """tar, 7z, rar, xz, zst, bz2 and others."""

    code = "CONTAINER-006"
    summary = "The file is in a container that the hub does not open"
    remedy = "Ask the partner to use gzip, zip or PGP"


class UnexpectedContainerError(HubError):
    """After all containers of the settings were opened, there is one more."""

    code = "CONTAINER-007"
    summary = "The file is in a container that the settings do not name"
    remedy = "Add it to the setting containers, if that was agreed with the partner"


class NotDataError(HubError):
    """HTML, PDF or an office document: an error page, a report, a spreadsheet."""

    code = "CONTAINER-008"
    summary = "The file is a document and not data"
    remedy = "Ask the partner for the agreed format; error pages look like this too"


class TooManyEntriesError(HubError):
    """More files in an archive than are permitted."""

    code = "CONTAINER-009"
    summary = "The archive holds more files than it may"
    remedy = "Raise max_entries, if so many files were agreed with the partner"


class NothingInsideError(HubError):
    """An archive without any file."""

    code = "CONTAINER-010"
    summary = "There is no file in the archive"
    remedy = "Ask the partner to send it again with the file inside"


class UnpackingFailedError(HubError):
    """This machine could not read the file or write what was in it."""

    code = "CONTAINER-011"
    summary = "The hub could not unpack the file for lack of space or rights"
    remedy = "Free space in the data folder and look at the log of this machine"
    recovery = Recovery.RETRY


class GpgMissingError(HubError):
    """The program ``gpg`` is not on the path."""

    code = "PGP-001"
    summary = "GnuPG, which opens and makes PGP files, is not installed"
    remedy = "Install the package gnupg (Debian: apt-get install gnupg)"
    recovery = Recovery.STOP


class OwnKeyUnusableError(HubError):
    """Our private key cannot be imported, or its passphrase is wrong."""

    code = "PGP-002"
    summary = "The hub's own PGP key or its passphrase cannot be used"
    remedy = "Check private_key and passphrase of the table pgp, and the key's expiry"
    recovery = Recovery.STOP


class PartnerKeyUnusableError(HubError):
    """The file of the partner's key cannot be read or has not the pinned key."""

    code = "PGP-003"
    summary = "The partner's PGP key with the pinned fingerprint is not there"
    remedy = "Check partner_key and fingerprint of the table pgp with the partner"
    recovery = Recovery.STOP


class NotPgpError(HubError):
    """Not an encrypted message, or more than one."""

    code = "PGP-004"
    summary = "The file is not one encrypted PGP message"
    remedy = "Ask the partner to encrypt it with the hub's public key"


class NotForUsError(HubError):
    """Encrypted for another key than ours."""

    code = "PGP-005"
    summary = "The file is encrypted for a key that the hub does not have"
    remedy = "Send the partner the hub's public key, or set the private key it used"


class IntegrityError(HubError):
    """No protection of its integrity (MDC, AEAD), or it was changed or cut."""

    code = "PGP-006"
    summary = "The encrypted file was altered or cut, or nothing shows that it was not"
    remedy = "Ask the partner to send it again, with integrity protection (MDC) on"


class UnsignedError(HubError):
    """No signature where one is due."""

    code = "PGP-007"
    summary = "The file is not signed"
    remedy = "Ask the partner to sign what it encrypts"


class OtherSignerError(HubError):
    """Signed by a key that is not the pinned one."""

    code = "PGP-008"
    summary = "The file is signed by a key that is not the pinned one"
    remedy = "Ask the partner, by telephone, whether its key changed; then pin it"


class SignatureExpiredError(HubError):
    """The signature or its key has expired, or the key was revoked."""

    code = "PGP-009"
    summary = "The signature or its key has expired or was revoked"
    remedy = "Ask the partner for its current key, pin it, and have the file sent again"


class SignatureWrongError(HubError):
    """The signature does not fit the content: changed on its way, or forged."""

    code = "PGP-010"
    summary = "The signature does not belong to what is in the file"
    remedy = "Ask the partner to send it again; if that is no better, expect an attack"


class PartnerKeyExpiredError(HubError):
    """Nothing can be encrypted for the partner any more."""

    code = "PGP-011"
    summary = "The partner's PGP key has expired, was revoked or cannot encrypt"
    remedy = "Ask the partner for its current key and pin its fingerprint"
    recovery = Recovery.STOP


class WrappingFailedError(HubError):
    """gpg did not make what it was asked for, and did not say why."""

    code = "PGP-012"
    summary = "The file could not be encrypted"
    remedy = "Check that gpg works for the user that runs the hub, and its free space"
    recovery = Recovery.RETRY
