"""The table of the policy: under whose rules the hub tells anybody anything."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from hub.config.labels import Named
from hub.config.words import require_known
from hub.coordination.labels.tables import Site
from hub.coordination.policy.regime import Regime
from hub.coordination.policy.rulesets import (
    OwnRules,
    PolicyRulesError,
    overridden,
    read_own_rules,
    shipped,
)
from hub.settings import ConfigPath, Settings

_CODE = re.compile(r"[A-Z][A-Z0-9_-]{0,31}|unknown")


def known_jurisdiction(name: str) -> str:
    """Return a jurisdiction that the hub has rules for, "" for none."""
    return require_known("jurisdiction", name, shipped()) if name else name


def list_jurisdictions(schema: dict[str, Any]) -> None:
    """Add to a schema what jurisdictions there are; they are read only then."""
    empty = [] if schema.get("minLength") else [""]
    schema["enum"] = [*empty, *sorted(shipped())]


def sensitivity_code(code: str) -> str:
    """Return a code of sensitivity; ValueError for what cannot be one."""
    if not _CODE.fullmatch(code):
        raise ValueError('must be a code in capitals, such as PSY, or "unknown"')
    return code


def _readable(path: Path) -> Path:
    try:
        read_own_file(path)
    except PolicyRulesError as error:
        raise ValueError(f"{error.summary}: {error.detail}") from None
    return path


def read_own_file(path: Path) -> OwnRules:
    """Return the rules in an operator's file.

    Raises PolicyRulesError where it cannot be read, or used.
    """
    try:
        return read_own_rules(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise PolicyRulesError(f"the file {path} cannot be read") from None


class PolicyTable(Settings):
    """``[policy]``: under whose rules it is decided who may be told what."""

    jurisdiction: Annotated[str, AfterValidator(known_jurisdiction)] = Field(
        default="US",
        min_length=2,
        description="Where the hub and its facilities are, as in `US-NY` or `DE`.",
        json_schema_extra=list_jurisdictions,
    )
    places: dict[
        str, Annotated[str, Field(min_length=2), AfterValidator(known_jurisdiction)]
    ] = Field(
        default={},
        description="The jurisdiction of a facility or a source where it is another"
        " one, by its name.",
    )
    rules: list[Annotated[ConfigPath, AfterValidator(_readable)]] = Field(
        default=[],
        description="Files of own rules, which override those that come with the hub.",
    )

    departments: Named = Field(
        default={},
        description="What services and wards have to hide, by their codes: `normal`,"
        " or codes of sensitivity. Once any is listed, one that is not is unknown,"
        " and restricted.",
    )
    facilities: Named = Field(
        default={},
        description="What it gives away that somebody was at a facility, by its name.",
    )
    senders: Named = Field(
        default={},
        description="What it gives away that a source tells of somebody, by its name:"
        ' `["ETH"]` for a programme under 42 CFR part 2.',
    )

    def site(self) -> Site:
        """Return what the site says of its departments, facilities and senders."""
        return Site(self.departments, self.facilities, self.senders)

    def regime(self) -> Regime:
        """Return the rules that hold. Raises PolicyRulesError."""
        own = [read_own_file(path) for path in self.rules]
        book = overridden(own) if own else None
        return Regime(self.jurisdiction, self.places, book)
