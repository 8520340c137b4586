"""The settings of both destinations."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from hub.sdk import ConfigPath, FileDestinationSettings
from hub_sftp.connecting import ConnectionSettings
from hub_sftp.containers.settings import WrappingSettings
from hub_sftp.names import fields_of

_WORD = r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$"
_ENDING = r"^((\.[A-Za-z0-9_-]{1,32}){1,2})?$"


class OutgoingSettings(WrappingSettings, FileDestinationSettings):
    """How files are named and put into containers, whichever way they go."""

    file_name: str = Field(
        default="",
        max_length=120,
        examples=["{sender}_{receiver}_{kind}_{period}_{created}_{sequence}_{mode}"],
        description=(
            "Template of file names, without their endings: letters, digits, `_.-`, "
            "and `{sender}`, `{receiver}`, `{kind}`, `{period}`, `{created}`, "
            "`{sequence}`, `{mode}`, `{id}`; one of `{sequence}` and `{id}` is needed. "
            "Empty: `{id}`."
        ),
    )
    sender: str = Field(
        default="", pattern=_WORD, description="What `{sender}` stands for."
    )
    receiver: str = Field(
        default="",
        pattern=_WORD,
        description="What `{receiver}` stands for; empty: `partner`.",
    )
    mode: Literal["P", "T"] = Field(
        default="P", description="What `{mode}` stands for: production or test."
    )
    manifest_suffix: str = Field(
        default="",
        pattern=_ENDING,
        examples=[".sha256"],
        description=(
            "Ending of a second file with the SHA-256 and the name of the first, put "
            "there after it; empty: there is none."
        ),
    )
    marker_suffix: str = Field(
        default="",
        pattern=_ENDING,
        examples=[".done"],
        description=(
            "Ending of a last file that says that all is there, with its number of "
            "lines and its SHA-256; empty: there is none."
        ),
    )

    @field_validator("file_name")
    @classmethod
    def _can_be_filled_in(cls, value: str) -> str:
        fields_of(value)
        return value

    @model_validator(mode="after")
    def _what_the_name_needs_is_there(self) -> Self:
        fields = fields_of(self.file_name)
        if "sender" in fields and not self.sender:
            raise ValueError("file_name has {sender}: sender is needed")
        if "receiver" in fields and not (self.receiver or self.partner):
            raise ValueError("file_name has {receiver}: receiver or partner is needed")
        if self.marker_suffix and self.marker_suffix == self.manifest_suffix:
            raise ValueError("marker_suffix and manifest_suffix must differ")
        return self


class FolderSettings(OutgoingSettings):
    """Settings of a ``folder`` destination."""

    folder: ConfigPath = Field(
        description="Where the files go; created for its owner only where missing."
    )


class WriterSettings(ConnectionSettings, OutgoingSettings):
    """Settings of an ``sftp-writer`` destination."""

    folder: str = Field(
        default=".",
        pattern=r"^[^\x00-\x1f]+$",
        description="Folder on the server, from the user's home or from `/`.",
    )
