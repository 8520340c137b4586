"""What is to be known of a feed of directories."""

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.sdk import MaybeTimeZone, Settings


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name or "utf-8")
    except LookupError as error:
        raise ValueError("must be a character encoding, such as cp1252") from error
    return name


class Limits(Settings):
    """How much a package of a feed may hold."""

    max_mebibytes: int = Field(
        default=500,
        ge=1,
        le=16 * 1024,
        description="Largest package, and most that may come out of one, in MiB.",
    )
    objects: int = Field(
        default=5_000_000,
        ge=1,
        description="Most rows and objects in one package, children counted.",
    )
    entries: int = Field(
        default=1000, ge=1, le=100_000, description="Most entries of an archive."
    )


class HsdsProfile(Settings):
    """What is to be known of a feed of directories."""

    dialect: Literal["", "1.x", "2.0", "3.0", "3.1", "ohana", "csv"] = Field(
        default="",
        description="The version of the specification; empty: found by evidence.",
    )
    uk: bool = Field(
        default=False, description="Whether it keeps to the profile Open Referral UK."
    )
    country: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country of phone numbers, postcodes and dates, by ISO 3166-1.",
    )
    time_zone: MaybeTimeZone = Field(
        default="", description="IANA zone of opening hours that name none."
    )
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(
        default="",
        description="Character encoding of tables; empty: UTF-8, else Windows-1252.",
    )
    separator: Literal[",", ";", "|", "\t"] = Field(
        default=",", description="What stands between two cells of a table."
    )
    publisher: str = Field(
        default="", description="Who publishes the directory, as people call them."
    )
    aliases: dict[str, str] = Field(
        default={},
        description='What a column is called in the specification, as in `"Titel" ='
        ' "name"`; with a table before it, as in `"services.Titel"`, only there.',
    )
    private_columns: tuple[str, ...] = Field(
        default=(),
        description="Columns that say that a place must stay secret, besides those"
        " that are known.",
    )
    restricted_words: tuple[str, ...] = Field(
        default=(),
        description="Words of names, descriptions and terms of services whose place"
        " must stay secret, besides those that are known.",
    )
    restricted_terms: tuple[str, ...] = Field(
        default=(),
        description="Ids or codes of terms whose services' place must stay secret.",
    )
    search_descriptions: bool = Field(
        default=True,
        description="Whether words of descriptions make a place secret, not only"
        " those of names and terms.",
    )
    limits: Limits = Field(default=Limits(), description="How much a package may hold.")
