"""What gpg says while it works, and what to think of it.

``[GNUPG:] KEYWORD arguments``, one to a line. Source: GnuPG, doc/DETAILS, "Format of
the --status-fd output". Exit codes and sentences depend on the version; these do not.
"""

from collections.abc import Collection, Iterable
from typing import Final

from hub.sdk import HubError
from hub_sftp.containers.errors import (
    IntegrityError,
    NotForUsError,
    NotPgpError,
    OtherSignerError,
    OwnKeyUnusableError,
    PartnerKeyExpiredError,
    SignatureExpiredError,
    SignatureWrongError,
    TooLargeUnpackedError,
    UnpackingFailedError,
    UnsignedError,
    WrappingFailedError,
)

_START: Final = "[GNUPG:] "
#: No honest message has as many; one of a million recipients would fill the memory.
_MOST: Final = 1000
_PRIMARY: Final = 9  # of VALIDSIG: the fingerprint of the primary key
_AEAD: Final = 2  # of DECRYPTION_INFO: the AEAD algorithm, 0 for none
_BAD_PASSPHRASE: Final = 11  # of the lower half of a libgpg-error code
_STALE: Final = frozenset({"EXPSIG", "EXPKEYSIG", "REVKEYSIG"})


class Told:
    """What gpg said, as far as it is kept: the first thousand statuses."""

    def __init__(self) -> None:
        self.statuses: list[tuple[str, tuple[str, ...]]] = []
        self.too_many = False
        self.no_space = False
        self.too_large = False

    def take(self, lines: Iterable[str]) -> None:
        """Read all of `lines`; remember what matters of them."""
        for line in lines:
            # The only two that gpg has no status for, in the C locale.
            self.too_large |= "--max-output" in line
            self.no_space |= "No space left" in line or "quota exceeded" in line
            if not line.startswith(_START):
                continue
            if len(self.statuses) >= _MOST:
                self.too_many = True
                continue
            keyword, *rest = line.removeprefix(_START).split() or [""]
            self.statuses.append((keyword, tuple(rest)))

    def has(self, *keywords: str) -> bool:
        """Say whether one of `keywords` was among the statuses."""
        return any(keyword in keywords for keyword, _ in self.statuses)

    def all_of(self, keyword: str) -> list[tuple[str, ...]]:
        """Return the arguments of each status with `keyword`."""
        return [rest for each, rest in self.statuses if each == keyword]


def why_not_used(
    told: Told, pinned: Collection[str], *, must_be_signed: bool
) -> HubError | None:
    """Say why nothing of what gpg decrypted may be used, None where it may.

    `pinned` are fingerprints of primary keys, in capitals. A signature that is there
    counts also where none is demanded.
    """
    return (
        _not_taken(told)
        or _not_opened(told)
        or _signed_badly(told, pinned)
        or _not_whole(told)
        or (UnsignedError() if must_be_signed and not told.has("VALIDSIG") else None)
    )


def why_not_made(told: Told) -> HubError | None:
    """Say why gpg did not sign and encrypt, None where it did."""
    if told.has("SIG_CREATED") and told.has("END_ENCRYPTION"):
        return None
    if told.has("INV_RECP", "NO_RECP"):
        return PartnerKeyExpiredError()
    if told.has("INV_SGNR", "NEED_PASSPHRASE") or _is_wrong_passphrase(told):
        return OwnKeyUnusableError("it does not sign")
    return WrappingFailedError("no space" if told.no_space else "")


def _not_taken(told: Told) -> HubError | None:
    if told.no_space:
        return UnpackingFailedError("no space")
    if told.too_large:
        return TooLargeUnpackedError("inside PGP")
    if told.too_many:
        return NotPgpError("it has too many parts")
    return None


def _not_opened(told: Told) -> HubError | None:
    opened = told.has("DECRYPTION_OKAY")
    if not opened and (told.has("NEED_PASSPHRASE") or _is_wrong_passphrase(told)):
        return OwnKeyUnusableError("its passphrase is missing or wrong")
    if not opened and told.has("NO_SECKEY"):
        return NotForUsError()
    if not told.has("ENC_TO") or len(told.all_of("BEGIN_DECRYPTION")) != 1:
        return NotPgpError("it is not one message that is encrypted with a public key")
    return None


def _is_wrong_passphrase(told: Told) -> bool:
    failed = [*told.all_of("ERROR"), *told.all_of("FAILURE")]
    codes = [rest[1] for rest in failed if len(rest) > 1]
    return any(
        code.isdecimal() and int(code) & 0xFFFF == _BAD_PASSPHRASE for code in codes
    )


def _signed_badly(told: Told, pinned: Collection[str]) -> HubError | None:
    # gpg ends at once over a signature, and then says nothing of the integrity.
    if told.has("BADMDC", "DECRYPTION_FAILED"):
        return IntegrityError()
    if told.has("BADSIG"):
        return SignatureWrongError()
    if told.has(*_STALE):
        return SignatureExpiredError()
    if told.has("ERRSIG", "NO_PUBKEY"):
        return OtherSignerError("a key that is not known")
    signers = told.all_of("VALIDSIG")
    if any(_primary(each) not in pinned for each in signers):
        return OtherSignerError("a key that is known")
    good = len(signers) == len(told.all_of("GOODSIG"))
    return None if good else SignatureWrongError()


def _primary(signature: tuple[str, ...]) -> str:
    return signature[_PRIMARY] if len(signature) > _PRIMARY else ""


def _not_whole(told: Told) -> HubError | None:
    if not told.has("DECRYPTION_OKAY") or not _is_protected(told):
        return IntegrityError()
    if len(told.all_of("PLAINTEXT")) != 1:
        return NotPgpError("it is not exactly one message")
    return None


def _is_protected(told: Told) -> bool:
    if told.has("GOODMDC"):
        return True
    modes = [
        rest[_AEAD] for rest in told.all_of("DECRYPTION_INFO") if len(rest) > _AEAD
    ]
    return bool(modes) and all(mode != "0" for mode in modes)
