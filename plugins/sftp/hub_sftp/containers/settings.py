"""Settings of containers, for sources and for destinations of files."""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from hub.sdk import ConfigPath, Secret, Settings

Container = Literal["pgp", "gz", "zip"]

_MEBIBYTE = 1 << 20
# 40 digits are of a version 4 key (RFC 4880), 64 of a later one (RFC 9580).
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class PgpSettings(Settings):
    """Whose keys protect the files of one partner."""

    private_key: Secret = Field(
        description="The hub's own key, armoured: it decrypts, and signs."
    )
    passphrase: Secret | None = Field(
        default=None, description="Passphrase of `private_key`, where it has one."
    )
    partner_key: ConfigPath = Field(
        description="File with the partner's public key, read anew for each file."
    )
    fingerprint: Annotated[
        tuple[str, ...],
        BeforeValidator(_several, json_schema_input_type=str | tuple[str, ...]),
    ] = Field(
        min_length=1,
        description=(
            "Fingerprint of the partner's key, or several while it changes: each may "
            "have signed what comes, and what goes out is encrypted for the first."
        ),
    )
    require_signature: bool = Field(
        default=True,
        description=(
            "Whether a file must be signed by the pinned key. Without, anybody who has "
            "the hub's public key can be the sender."
        ),
    )

    @field_validator("fingerprint")
    @classmethod
    def _in_one_form(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Take what `gpg --fingerprint` shows, and what people type off it."""
        plain = tuple("".join(each.split()).upper() for each in value)
        if not all(_FINGERPRINT.fullmatch(each) for each in plain):
            raise ValueError("a fingerprint has 40 or 64 hexadecimal digits, not fewer")
        return plain


class _KeyedSettings(Settings):
    containers: tuple[Container, ...] = ()
    pgp: PgpSettings | None = Field(
        default=None, description="Keys, where `containers` names `pgp`."
    )

    @model_validator(mode="after")
    def _keys_where_they_are_needed(self) -> Self:
        if ("pgp" in self.containers) != (self.pgp is not None):
            raise ValueError("the table pgp belongs to pgp in containers")
        return self


class ContainerSettings(_KeyedSettings):
    """What a source of files says about the containers that they come in."""

    containers: tuple[Container, ...] = Field(
        default=(),
        max_length=4,
        description=(
            "What each file is in, from the outside inwards: "
            '`["pgp", "gz"]` is a PGP message with a gzip file in it.'
        ),
    )
    max_ratio: float = Field(
        default=100,
        gt=1,
        description=(
            "How many times larger than a container its content may be, "
            "once that exceeds 8 MiB."
        ),
    )
    max_unpacked_mebibytes: int = Field(
        default=20 * 1024, gt=0, description="Most that a container may hold, in MiB."
    )
    max_entries: int = Field(
        default=1000, gt=0, le=65_535, description="Most files in a zip archive."
    )

    def most_bytes(self, packed: int) -> int:
        """Return how much a container of `packed` bytes may hold, in bytes."""
        by_ratio = max(8 * _MEBIBYTE, int(packed * self.max_ratio))
        return min(by_ratio, self.max_unpacked_mebibytes * _MEBIBYTE)


class WrappingSettings(_KeyedSettings):
    """What a destination of files says about the containers that they go out in."""

    containers: tuple[Container, ...] = Field(
        default=(),
        max_length=3,
        description=(
            "What each file is put into, from the inside outwards: "
            '`["gz", "pgp"]` compresses it, then signs and encrypts that.'
        ),
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.containers)) != len(self.containers):
            raise ValueError("containers names one of them twice")
        return self
