"""What the process that reads a directory is told, and what it answers."""

from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec
from msgspec import Struct

from hub.config.tables import SourceConfig
from hub.contract import ReadDirectory
from hub.model.directory import DirectoryHeading
from hub.settings import DirectorySettings, Settings


class Reading(NamedTuple):
    """How packages of a feed are read; must be picklable."""

    read: ReadDirectory
    profile: Settings
    settings: DirectorySettings

    @classmethod
    def of(cls, source: SourceConfig) -> Self | None:
        """Return how packages of a source are read, None where it has none."""
        read = source.normaliser.directory
        if read is None:
            return None
        return cls(read, source.profile, source.settings.directory)


class Job(NamedTuple):
    """One package to read: that of the message `message`, by the run `run`.

    `version` of the feed is in force, since `refreshed`. `staging` is where what it
    changes is written, and `scratch` a folder of its own for the package; it is
    removed afterwards.
    `database` is the folder of the hub's store. `approved` runs are held by nothing,
    and of feeds that are `churning` objects are found by name. Where it `repeats` a
    complete one, a package that says that nothing changed counts for what is missing.
    """

    run: int
    feed: str
    message: int
    sha256: bytes
    version: int
    at: int
    refreshed: int
    approved: bool
    churning: bool
    staging: Path
    scratch: Path
    database: Path
    reading: Reading
    repeats: bool = False


class Findings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of reading a package.

    Where `error_code` is set none of it is used; where `again` is, it can be read
    again. `held` says why it waits for a person. `rows` is how many are laid, and
    `contacts` of how many of them others would be called. `worst` says of how many
    objects a severity is the worst at a level (``3.warning``), `remarks` how often each
    code is.
    """

    error_code: str = ""
    detail: str = ""
    again: bool = False
    heading: DirectoryHeading | None = None
    held: str = ""
    churning: bool = False
    counts: dict[str, int] = {}
    remarks: dict[str, int] = {}
    worst: dict[str, int] = {}
    rows: int = 0
    contacts: int = 0
    warnings: tuple[str, ...] = ()


_decode = msgspec.json.Decoder(Findings).decode


def encode(found: Findings) -> bytes:
    """Return findings as JSON."""
    return msgspec.json.encode(found)


def decode(text: bytes) -> Findings:
    """Return findings that are JSON. Raises msgspec.MsgspecError."""
    return _decode(text)


def reading_digest(reading: Reading) -> dict[str, Any]:
    """Return what the result of reading the same bytes depends on, for a digest."""
    function = reading.read
    name = getattr(function, "__qualname__", type(function).__name__)
    return {
        "reader": f"{getattr(function, '__module__', '')}.{name}",
        "profile": reading.profile.model_dump(mode="json"),
    }
