"""The settings of both sources of files."""

import posixpath
import re
from typing import Annotated, Literal, Self

from msgspec import Struct
from pydantic import AfterValidator, Field, model_validator

from hub.sdk import ConfigPath, FileSourceSettings
from hub_sftp.connecting import ConnectionSettings
from hub_sftp.containers.settings import ContainerSettings

_FOLDER = r"^[^\x00-\x1f]+$"


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from error
    return text


class PollerSettings(ContainerSettings, FileSourceSettings):
    """What both sources of files share."""

    files: Annotated[str, AfterValidator(_expression)] = Field(
        default=".+", description=FileSourceSettings.model_fields["files"].description
    )
    processing: str = Field(
        default="../processing",
        pattern=_FOLDER,
        description="Where files are while the hub works on them, from `folder`.",
    )
    archive: str = Field(
        default="../archive",
        pattern=_FOLDER,
        description="Where they go then, into `YYYY/MM` by the day of the answer.",
    )
    error: str = Field(
        default="../error",
        pattern=_FOLDER,
        description="Where files go of which nothing was used.",
    )
    outbox: str = Field(
        default="../outbox",
        pattern=_FOLDER,
        description="Where the partner looks for our answers to its files.",
    )
    complete: Literal["rename", "marker", "manifest", "stable"] = Field(
        default="rename",
        description=(
            "What says that a file is whole: its final name (writers use .tmp, .part "
            "and the like before), a marker beside it, a manifest that lists it, or "
            "that it rests and its end is there."
        ),
    )
    markers: tuple[Annotated[str, Field(pattern=r"^\.[A-Za-z0-9._-]+$")], ...] = Field(
        default=(".done", ".ctl", ".ok", ".sem"),
        min_length=1,
        description="Suffixes of markers: `a.csv.done` and `a.done` are for `a.csv`.",
    )
    manifest: Annotated[str, AfterValidator(_expression)] = Field(
        default=r".+\.(manifest|sha256|md5)",
        description="Regular expression that the whole name of a manifest matches.",
    )
    stable_polls: int = Field(
        default=2,
        ge=2,
        le=100,
        description="Polls that must see a file with the same size and time.",
    )
    check_end: bool = Field(
        default=True,
        description=(
            "Whether the end of a file that rests must show that it is whole: the last "
            "line terminated, the container or the document closed."
        ),
    )
    claim: Literal["rename", "record"] = Field(
        default="rename",
        description=(
            "Whether files are moved when the hub takes them, or stay where they are, "
            "for servers on which nothing can be moved."
        ),
    )
    poll_seconds: float = Field(
        default=60, gt=0, le=86400, description="Time between two looks at the folder."
    )
    max_files: int = Field(
        default=100, ge=1, le=10000, description="Most files fetched in one go."
    )

    @model_validator(mode="after")
    def _each_folder_for_one_purpose(self) -> Self:
        places = self.places
        if len({*places.__struct_fields__}) != len(
            {getattr(places, name) for name in places.__struct_fields__}
        ):
            raise ValueError(
                "folder, processing, archive, error and outbox must differ"
            )
        return self

    @property
    def places(self) -> "Places":
        """The folders, each from the same start as `folder`."""
        inbox = posixpath.normpath(str(getattr(self, "folder", ".")))
        others = (self.processing, self.archive, self.error, self.outbox)
        return Places(inbox, *(_beside(inbox, each) for each in others))


class SftpPollerSettings(ConnectionSettings, PollerSettings):
    """Settings of an ``sftp-poller`` source."""

    folder: str = Field(
        default="inbox",
        pattern=_FOLDER,
        description="Folder to fetch from, from the user's home or from `/`.",
    )
    concurrency: int = Field(
        default=1,
        ge=1,
        le=4,
        description="Large files downloaded at once, each over its own connection.",
    )


class FolderPollerSettings(PollerSettings):
    """Settings of a ``folder-poller`` source."""

    folder: ConfigPath = Field(description="Folder of this machine to take files from.")


class Places(Struct, frozen=True):
    """Where files are on their way, as paths of the server."""

    inbox: str
    processing: str
    archive: str
    error: str
    outbox: str


def _beside(inbox: str, folder: str) -> str:
    """Return `folder` as seen from `inbox`, which may be all that the user has."""
    path = posixpath.normpath(posixpath.join(inbox, folder))
    return path.removeprefix("../") if inbox == "." else path
