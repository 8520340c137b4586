"""The pieces that configuration tables are made of.

A table is a frozen pydantic model that refuses unknown keys. Secrets are
references (``env:NAME``, ``file:/path``), read when the configuration is loaded
and shown nowhere. Relative paths start at the folder of the file that names them.
"""

import os
import zoneinfo
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
)


class Settings(BaseModel):
    """One table of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class DirectorySettings(Settings):
    """What must hold of a directory before it takes effect (R-DIR-06, R-DIR-07)."""

    max_removed: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Part of the objects that may vanish at once; else it is held.",
    )
    max_removed_count: int = Field(
        default=50,
        ge=0,
        description="How many objects may vanish at once; else it is held.",
    )
    missing_runs: int = Field(
        default=3,
        ge=1,
        description=(
            "In how many complete refreshes in a row an object is missing before it "
            "is taken as removed."
        ),
    )
    churn: float = Field(
        default=0.3,
        gt=0,
        le=1,
        description=(
            "Part of the ids that may be new while names and addresses are known; "
            "above it, the ids are taken as made anew by each export."
        ),
    )
    max_new: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description=(
            "Part of the objects that may be new, and like none there was; above it, "
            "and from ten on, the directory is held."
        ),
    )
    stale_days: float = Field(
        default=7,
        gt=0,
        description="After how many days without a refresh somebody is told.",
    )
    hold_contacts: bool = Field(
        default=True,
        description=(
            "Whether other phone numbers and e-mail addresses of who has open "
            "referrals wait until a person approves them."
        ),
    )


class SourceSettings(Settings):
    """What every ``[sources.NAME]`` table may hold; a plugin adds its own keys."""

    kind: str = Field(description="Which kind of source this is.")
    normaliser: str = Field(
        default="",
        description="What turns its messages into facts; empty: the kind's default.",
    )
    profile: dict[str, object] = Field(
        default_factory=dict,
        description="The feed's peculiarities, as the normaliser defines them.",
    )
    validation: Literal["off", "report"] = Field(
        default="off",
        description=(
            "Whether each message gets a report on its form after it was processed; "
            "the report changes nothing about what becomes of the message."
        ),
    )

    directory: DirectorySettings = Field(
        default=DirectorySettings(),
        description="What must hold of a directory; for sources of directories only.",
    )

    @property
    def shares_address(self) -> bool:
        """Whether others of its kind may listen where it does.

        Only where all of them can tell whose peer is whose.
        """
        return False


class GateSettings(Settings):
    """What must hold of a file before any of it has an effect (R-PAY-03)."""

    panel: str = Field(
        default="",
        description="Panel that holds whom the file lists; empty: it feeds none.",
    )
    band: tuple[float, float] = Field(
        default=(0.5, 2.0),
        description=(
            "Least and most rows, as parts of the median of the last six files; "
            "outside of them the file is held."
        ),
    )
    max_drop: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Part of the active members that a file may lose; else it is held.",
    )
    max_terminations: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description=(
            "Part of the active members that a file of changes may end; else it waits."
        ),
    )
    max_errors: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Part of the rows that may be wrong; else the file is rejected.",
    )
    ordered: bool = Field(
        default=False,
        description="Whether files come in a series: a gap in it holds the file.",
    )
    reuses_names: bool = Field(
        default=False,
        description=(
            "Whether a name that was used before may come with something else in it; "
            "else that file is held."
        ),
    )
    expected: str = Field(
        default="",
        description=(
            "When a file is due: `daily 06:00 Zone`, `weekly mon 06:00 Zone` or "
            "`monthly 5 06:00 Zone`; empty: nobody waits for one."
        ),
    )
    grace_hours: float = Field(
        default=4, ge=0, description="How late a file may be before it is overdue."
    )
    respond: bool = Field(
        default=True, description="Whether each file is answered with a response file."
    )
    retention_days: int = Field(
        default=0, ge=0, description="How long its bytes are kept; 0: for good."
    )
    max_mebibytes: int = Field(
        default=20 * 1024, gt=0, description="Largest file that is fetched, in MiB."
    )


class FileSourceSettings(SourceSettings):
    """What every table of a source of files may hold besides."""

    partner: str = Field(
        default="", description="Who sends the files; empty: the source's name."
    )
    files: str = Field(
        default=".+",
        description=(
            "Regular expression that a whole file name must match; its named groups "
            "(type, period, sequence, env) are what the name says."
        ),
    )
    gate: GateSettings = Field(
        default=GateSettings(),
        description="What must hold of a file before any of it has an effect.",
    )


class DestinationSettings(Settings):
    """What every ``[destinations.NAME]`` table may hold; a plugin adds its own."""

    kind: str = Field(description="Which kind of destination this is.")
    format: str = Field(description="Which renderer makes what is sent.")
    format_options: dict[str, object] = Field(
        default_factory=dict, description="Options of the renderer."
    )
    max_notices: int = Field(
        default=0,
        ge=0,
        description="Most notices in one artifact; 0: as many as the format allows.",
    )
    concurrency: int = Field(
        default=1, ge=1, le=64, description="Artifacts that may be under way at once."
    )
    timeout_seconds: float = Field(
        default=30, gt=0, le=600, description="Time allowed for one attempt."
    )
    max_attempts: int = Field(
        default=300,
        ge=1,
        description=(
            "Attempts before a delivery is a dead letter; "
            "with the default waits they last for a day."
        ),
    )
    retry_initial_seconds: float = Field(
        default=1, gt=0, description="Longest wait before the second attempt."
    )
    retry_max_seconds: float = Field(
        default=300, gt=0, description="Longest wait between two attempts."
    )
    dead_letter: Literal["hold", "skip"] = Field(
        default="hold",
        description=(
            "Whether a dead letter holds back what follows for the same person "
            "at this destination, or is skipped."
        ),
    )


class FileDestinationSettings(DestinationSettings):
    """What every table of a destination of files may hold besides."""

    partner: str = Field(
        default="", description="Who gets the files; empty: the destination's name."
    )
    acknowledge_within_hours: float = Field(
        default=0,
        ge=0,
        description="How long the partner has to acknowledge a file; 0: it does not.",
    )


def _read_secret(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    scheme, _, name = value.partition(":")
    if scheme == "env" and name:
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]
    if scheme == "file" and name:
        return _read_file(_from_folder(Path(name), info))
    raise ValueError("a secret is written as env:NAME or file:PATH, never in place")


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the file {path} cannot be read") from error


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return (folder / path.expanduser()).absolute()


def _partner(name: str, info: ValidationInfo) -> str:
    known: Callable[[str], str] | None = (info.context or {}).get("partner")
    return known(name) if known and name else name


@cache
def _time_zones() -> frozenset[str]:
    # Finding them looks into many files.
    return frozenset(zoneinfo.available_timezones())


def _zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("must be an IANA time zone, such as Europe/Berlin")
    return name


def _zone_if_any(name: str) -> str:
    return _zone(name) if name else name


def _certificates(path: Path) -> Path:
    import ssl  # noqa: PLC0415 - few tables name certificates

    try:
        ssl.create_default_context(cafile=path)
    except OSError:  # ssl.SSLError is one
        raise ValueError(f"{path} is not a PEM file of certificates") from None
    return path


#: A secret by reference: ``env:NAME`` or ``file:PATH``.
Secret = Annotated[
    SecretStr,
    BeforeValidator(_read_secret),
    Field(json_schema_extra={"pattern": "^(env|file):.+"}),
]

#: A path, relative to the folder of the configuration file that names it.
ConfigPath = Annotated[Path, AfterValidator(_from_folder)]

#: A `ConfigPath` of certificates to trust (PEM), which can be read.
Certificates = Annotated[ConfigPath, AfterValidator(_certificates)]

#: The name of a partner, as in ``[partners.NAME]``, or "" for none.
PartnerName = Annotated[str, AfterValidator(_partner)]

#: The name of an IANA time zone.
TimeZone = Annotated[str, AfterValidator(_zone)]

#: The name of an IANA time zone, or "" for none.
MaybeTimeZone = Annotated[str, AfterValidator(_zone_if_any)]
