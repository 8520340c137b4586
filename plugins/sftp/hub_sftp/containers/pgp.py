"""PGP messages: nothing of one is used before its integrity and signature are right."""

from contextlib import ExitStack, suppress
from pathlib import Path

from hub_sftp.containers.keyring import keyring
from hub_sftp.containers.settings import PgpSettings
from hub_sftp.containers.statuses import why_not_made, why_not_used


def decrypt(wrapped: Path, target: Path, settings: PgpSettings, most: int) -> None:
    """Write what is in `wrapped`, at most `most` bytes, to the new file `target`.

    `target` is not there where this raises. Raises the errors PGP-001 to 010,
    TooLargeUnpackedError and UnpackingFailedError.
    """
    # gpg writes with the permissions that the file has already.
    target.touch(mode=0o600, exist_ok=False)
    with ExitStack() as undo:
        undo.callback(_remove, target)
        with keyring(settings) as ring:
            told = ring.decrypt(wrapped, target, most)
        why = why_not_used(
            told, settings.fingerprint, must_be_signed=settings.require_signature
        )
        if why is not None:
            raise why
        undo.pop_all()


def encrypt(body: bytes, settings: PgpSettings, *, compress: bool) -> bytes:
    """Return `body` signed by our key and encrypted for the partner's, binary.

    Other bytes each time. Raises PGP-001 to 003, 011 and 012.
    """
    with keyring(settings) as ring:
        wrapped, told = ring.encrypt(body, compress=compress)
    why = why_not_made(told)
    if why is not None:
        raise why
    return wrapped


def _remove(target: Path) -> None:
    with suppress(FileNotFoundError):
        target.unlink()
