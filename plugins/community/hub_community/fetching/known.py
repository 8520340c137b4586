"""What a source remembers of a directory, for as long as the hub runs."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import Any, Final, Self

import msgspec

from hub_community.fetching.errors import DirectoryTooLargeError
from hub_community.fetching.pages import Record, digest_of, key_of

_STAMPS: Final = ("last_modified", "modified_date", "modified", "updated_at")
#: Of these a snapshot can say that one is gone.
ROOTS: Final = frozenset({"service", "organization", "location", "taxonomy_term"})
#: Kept for the first line, which is known last.
_FIRST: Final = 4096
_encode = msgspec.json.Encoder().encode


def stamp_of(record: Record) -> str:
    """Return when a record was modified, as its server writes it; empty if none."""
    found = (record.get(key) for key in _STAMPS)
    return next((said for said in found if isinstance(said, str)), "")


def moment_of(stamp: str) -> datetime | None:
    """Return the time that a stamp says, None where it says none."""
    with suppress(ValueError):
        then = datetime.fromisoformat(stamp)
        return then if then.tzinfo else then.replace(tzinfo=UTC)
    return None


@dataclass
class Known:
    """Digests of objects by type and id, and when services were modified."""

    digests: dict[str, dict[str, bytes]] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, bytes]:
        """Return the digests of a type."""
        return self.digests.setdefault(kind, {})

    def note(self, kind: str, record: Record) -> bool:
        """Remember a record; return whether it is not what was known.

        One without an id is never known.
        """
        key = key_of(record)
        if not key:
            return True
        if kind == "service":
            self.stamps[key] = stamp_of(record)
        digest, before = digest_of(record), self.of(kind).get(key)
        self.of(kind)[key] = digest
        return digest != before

    def forget(self, kind: str, keys: Iterable[str]) -> None:
        """Forget objects that are gone."""
        for key in keys:
            self.of(kind).pop(key, None)
            self.stamps.pop(key, None)

    def copy(self) -> "Known":
        """Return one that can be changed without changing this."""
        digests = {kind: dict(keys) for kind, keys in self.digests.items()}
        return Known(digests, dict(self.stamps))


class Lines:
    """The lines of a snapshot on their way, on disk. Use it as a context manager."""

    def __init__(self, max_mebibytes: int) -> None:
        self._most = max_mebibytes << 20
        self._file = TemporaryFile(prefix="carehub-")  # noqa: SIM115 - see __exit__
        self._file.seek(_FIRST)
        self._size = 0
        #: How many lines say that something is not as it was.
        self.told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def record(self, kind: str, record: Record) -> None:
        """Add an object."""
        self.told += 1
        self._add({"type": kind, "record": record})

    def gone(self, kind: str, key: str) -> None:
        """Add that an object is not there any more."""
        self.told += 1
        self._add({"gone": {"type": kind, "id": key}})

    def seen(self, kind: str, key: str) -> None:
        """Add that an object is there, whatever it says."""
        self._add({"seen": {"type": kind, "id": key}})

    def clear(self) -> None:
        """Start anew."""
        self._file.truncate(0)
        self._file.seek(_FIRST)
        self._size = self.told = 0

    def body(self, first: bytes) -> bytes:
        """Return the whole snapshot, with its first line, of 4 KiB at most."""
        self._file.seek(0)
        # Blanks fill the place that was left: no second copy of all the others.
        self._file.write(first.rstrip().ljust(_FIRST - 1) + b"\n")
        self._file.seek(0)
        return self._file.read()

    def _add(self, line: dict[str, Any]) -> None:
        body = _encode(line) + b"\n"
        self._size += len(body)
        if self._size > self._most:
            raise DirectoryTooLargeError(f"more than {self._most} bytes")
        self._file.write(body)
