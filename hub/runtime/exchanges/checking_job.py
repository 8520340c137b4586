"""What the process that checks a file is told: which file, how, against what."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from hub.config.tables import SourceConfig
from hub.contract import Read, Unwrap
from hub.settings import Settings


class Reading(NamedTuple):
    """How files of a feed are opened and read; must be picklable.

    A feed without `read` has files each of which is one message; of one that has a
    `directory` a message is a whole directory.
    """

    media_type: str
    settings: Settings
    profile: Settings
    read: Read | None = None
    unwrap: Unwrap | None = None
    directory: bool = False

    @classmethod
    def of(cls, source: SourceConfig) -> Self:
        """Return how the files of a source are read."""
        spec, directory = source.spec, source.normaliser.directory is not None
        return cls(
            source.normaliser.media_type,
            source.settings,
            source.profile,
            source.normaliser.read,
            (directory and spec.unwrap_package) or spec.unwrap,
            directory,
        )


class Job(NamedTuple):
    """One file to check.

    `original` is what was delivered, `staging` where what it changes is written, and
    `scratch` a folder of its own for what is unpacked; it is removed afterwards.
    `database` is the folder of the hub's store and `current` the file of `feed` that
    is in force. `name` is the partner's own, and `groups` what its pattern finds in it.
    """

    exchange: str
    feed: str
    name: str
    received_at: datetime
    original: Path
    staging: Path
    scratch: Path
    database: Path
    current: int
    groups: dict[str, str]
    reading: Reading
