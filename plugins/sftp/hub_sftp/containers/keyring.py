"""One GnuPG with two keys in it: ours and the partner's, and gone afterwards.

The only module that imports python-gnupg. Everything blocks: call it in a thread or
in a process of its own.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import gnupg  # type: ignore[import-untyped]

from hub_sftp.containers.errors import (
    GpgMissingError,
    OwnKeyUnusableError,
    PartnerKeyUnusableError,
)
from hub_sftp.containers.home import home
from hub_sftp.containers.settings import PgpSettings
from hub_sftp.containers.statuses import Told

# At debug it logs the first bytes of keys, and the names in them always.
logging.getLogger("gnupg").setLevel(logging.CRITICAL + 1)

_OPTIONS: Final = (
    # Asks nobody, fetches nothing, reads no configuration of the user.
    *("--no-options", "--pinentry-mode", "loopback", "--no-auto-key-retrieve"),
    *("--no-auto-key-locate", "--disable-dirmngr"),
)


class _Statuses:
    """What python-gnupg calls a result, without its reading of the statuses."""

    def __init__(self, _gpg: Any) -> None:
        self.told = Told()
        self.data = b""
        self.stderr = ""
        self.returncode: int | None = None


class _Gpg(gnupg.GPG):  # type: ignore[misc]
    """gpg with a reader of its answers that keeps only so many of them."""

    def _read_response(self, stream: Any, result: Any) -> None:
        if isinstance(result, _Statuses):
            result.told.take(stream)
        else:
            super()._read_response(stream, result)


class Keyring:
    """gpg with our private key and the partner's public key."""

    def __init__(self, gpg: Any, settings: PgpSettings) -> None:
        self._gpg = gpg
        self._pinned = settings.fingerprint
        self._passphrase = _passphrase(settings)
        self._own = self._import_own(settings.private_key.get_secret_value())
        self._import_partner(settings.partner_key)

    def decrypt(self, wrapped: Path, target: Path, most: int) -> Told:
        """Write what is in `wrapped` to `target`, `most` bytes at most.

        Nobody may use it before `why_not_used` was asked.
        """
        with self._telling() as told:
            self._gpg.decrypt_file(
                str(wrapped),
                passphrase=self._passphrase,
                output=str(target),
                extra_args=["--max-output", str(most)],
            )
        return told[0].told

    def encrypt(self, body: bytes, *, compress: bool) -> tuple[bytes, Told]:
        """Sign and encrypt `body` for the first of the pinned keys."""
        # What encrypts takes only a key that is trusted, and this is the pinned one.
        self._gpg.trust_keys(self._pinned[0], "TRUST_ULTIMATE")
        with self._telling() as told:
            self._gpg.encrypt(
                body,
                self._pinned[0],
                sign=self._own,
                passphrase=self._passphrase,
                armor=False,
                extra_args=[] if compress else ["-z", "0"],
            )
        return told[0].data, told[0].told

    def keys(self) -> list[tuple[str, dict[str, Any]]]:
        """Return each key with whose it is, ``own`` or ``partner``, as gpg lists it."""
        listed = {key["fingerprint"]: key for key in self._gpg.list_keys()}
        whose = {self._own: "own", **dict.fromkeys(self._pinned, "partner")}
        return [(whose[each], listed[each]) for each in whose if each in listed]

    @contextmanager
    def _telling(self) -> Iterator[list[_Statuses]]:
        told: list[_Statuses] = []

        def make(gpg: Any) -> _Statuses:
            told.append(_Statuses(gpg))
            return told[0]

        self._gpg.result_map = {**gnupg.GPG.result_map, "crypt": make}
        # gpg stops reading once it knows that it is of no use; the statuses say why.
        with suppress(BrokenPipeError):
            yield told

    def _import_own(self, text: str) -> str:
        done = self._gpg.import_keys(text + "\n", passphrase=self._passphrase)
        if not done.fingerprints or not done.sec_read:
            raise OwnKeyUnusableError("no private key in it")
        return str(done.fingerprints[0])

    def _import_partner(self, path: Path) -> None:
        try:
            done = self._gpg.import_keys(path.read_bytes())
        except OSError as error:
            raise PartnerKeyUnusableError(path.name) from error
        if self._pinned[0] not in done.fingerprints:
            raise PartnerKeyUnusableError(path.name)


def _passphrase(settings: PgpSettings) -> str | None:
    if settings.passphrase is None:
        return None
    text = settings.passphrase.get_secret_value()
    if not text.isprintable():
        raise OwnKeyUnusableError("its passphrase has a line break in it")
    # python-gnupg writes Latin-1, gpg reads bytes.
    return text.encode().decode("latin-1") or None


@contextmanager
def keyring(settings: PgpSettings) -> Iterator[Keyring]:
    """Make a home for gpg with both keys, and remove it afterwards.

    Raises GpgMissingError, OwnKeyUnusableError and PartnerKeyUnusableError.
    """
    path = shutil.which("gpg")
    if path is None:
        raise GpgMissingError
    with home() as folder:
        yield Keyring(_started(path, folder), settings)


def _started(path: str, folder: Path) -> _Gpg:
    # By itself the agent makes guessing the passphrase of a copy that is here for
    # moments as slow as that of one for years, which takes a second for each file.
    agent = folder / "gpg-agent.conf"
    agent.write_text("s2k-count 65536\n", encoding="ascii")
    # Nothing of the hub's own environment, which may hold secrets.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        return _Gpg(path, gnupghome=str(folder), options=[*_OPTIONS], env=environment)
    except (OSError, ValueError) as error:
        raise GpgMissingError("it does not start") from error
