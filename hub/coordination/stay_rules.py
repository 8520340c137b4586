"""Rules about stays as versioned data: what belongs together, and what counts.

The hub brings rules for some countries; an operator may write others in the same
form. Source: domain 3.6 and 3.7.
"""

from functools import cache
from importlib.resources import files
from typing import Literal, TypeVar, get_args

import msgspec
from msgspec import Struct, field

from hub.errors import HubError, Recovery

#: The rules that come with the hub.
BUNDLED = ("us", "de")
_HIGH_USE = "high_use"

Acute = Literal["emergency", "observation", "inpatient"]
#: What is told after a wait: that a stay opened, that it closed, what is measured.
Settling = Literal["opening", "closing", "measure"]
_Codes = frozenset[str]


class StayRulesError(HubError):
    """Rules about stays cannot be used."""

    code = "STAY-001"
    summary = "The rules for stays cannot be used"
    remedy = f"Name one of {', '.join(BUNDLED)}, or write a file in the same form"
    recovery = Recovery.STOP


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the rules; a name nobody reads is a mistake."""


class LinkRule(_Table, frozen=True, kw_only=True):
    """When a contact goes on with the stay of the one before it.

    `before` and `after` are the settings of the two; at most `within_hours` lie
    between the end of one and the start of the other. Empty codes ask for nothing.
    """

    name: str
    before: frozenset[Acute]
    after: frozenset[Acute]
    within_hours: int
    campus: Literal["any", "same"] = "any"
    dispositions: _Codes = frozenset()
    admit_sources: _Codes = frozenset()


class DischargeCodes(_Table, frozen=True, kw_only=True):
    """What dispositions mean for what comes after a stay."""

    died: _Codes
    against_advice: _Codes
    acute_transfer: _Codes
    planned_return: _Codes


class AdmissionCodes(_Table, frozen=True, kw_only=True):
    """What admission types and admit sources say of who comes, and how."""

    elective_types: _Codes
    newborn_types: _Codes
    newborn_sources: _Codes
    companion_sources: _Codes


class GhostCodes(_Table, frozen=True, kw_only=True):
    """What shows that an outpatient registration is for no care in person."""

    classes: _Codes
    services: _Codes
    patient_types: _Codes
    event_reasons: _Codes


class ReadmissionRule(_Table, frozen=True, kw_only=True):
    """Which inpatient classes count, and within how many calendar days."""

    days: int
    classes: _Codes


class StayRules(_Table, frozen=True, kw_only=True):
    """All that decides which contacts are one stay, and what kind of stay.

    `campuses` maps a facility to the campus it is on; one that is not named there
    is a campus of its own.
    """

    name: str
    version: str
    disposition_digits: int
    settle_minutes: dict[Settling, int]
    open_limit_hours: dict[str, int]
    links: tuple[LinkRule, ...]
    discharges: DischargeCodes
    admissions: AdmissionCodes
    ghosts: GhostCodes
    readmission: ReadmissionRule
    campuses: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name and version that a result is recorded with."""
        return f"{self.name}@{self.version}"

    def campus(self, facility: str) -> str:
        """Return the campus of a facility, "" where no facility was stated."""
        return self.campuses.get(facility, facility)

    def disposition(self, code: str) -> str:
        """Return a disposition as the rules write it."""
        code = code.strip().upper()
        if code.isdecimal():
            return code.zfill(self.disposition_digits)[: self.disposition_digits]
        return code


class HighUseRule(_Table, frozen=True, kw_only=True):
    """When a person uses emergency departments often: `count` visits in `days`.

    It is told again only after the number of visits within `days` fell to
    `rearm_at`. A visit that ended in an admission counts where `admitted` is true.
    """

    name: str
    count: int
    days: int
    rearm_at: int
    admitted: bool = True


class _HighUseRules(_Table, frozen=True, kw_only=True):
    version: str
    rules: tuple[HighUseRule, ...]


_T = TypeVar("_T")


@cache
def load_rules(name: str) -> StayRules:
    """Return bundled rules by name.

    Raises StayRulesError where the hub brings no such rules.
    """
    if name not in BUNDLED:
        raise StayRulesError("no rules of that name come with the hub")
    return read_rules(_bundled(name))


@cache
def load_high_use() -> tuple[HighUseRule, ...]:
    """Return the bundled rules for high use, each named with its version."""
    return read_high_use(_bundled(_HIGH_USE))


def read_rules(text: str) -> StayRules:
    """Return the rules in a TOML text.

    Raises StayRulesError naming what is missing, unknown or out of range.
    """
    rules = _decode(text, StayRules)
    if rules.settle_minutes.keys() != set(get_args(Settling)):
        raise StayRulesError(f"settle_minutes needs {', '.join(get_args(Settling))}")
    if rules.open_limit_hours.keys() != set(get_args(Acute)):
        raise StayRulesError(f"open_limit_hours needs {', '.join(get_args(Acute))}")
    return rules


def read_high_use(text: str) -> tuple[HighUseRule, ...]:
    """Return the rules for high use in a TOML text, each named with its version.

    Raises StayRulesError where they are malformed, or would be told for ever.
    """
    table = _decode(text, _HighUseRules)
    if any(not 0 <= rule.rearm_at < rule.count for rule in table.rules):
        raise StayRulesError("rearm_at must be less than count")
    if any(rule.days < 1 for rule in table.rules):
        raise StayRulesError("days must be at least 1")
    return tuple(
        msgspec.structs.replace(rule, name=f"{rule.name}@{table.version}")
        for rule in table.rules
    )


def _bundled(name: str) -> str:
    path = files("hub.coordination") / "rules" / f"{name}.toml"
    return path.read_text(encoding="utf-8")


def _decode(text: str, kind: type[_T]) -> _T:
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.DecodeError as error:
        # Rules are the operator's own text and hold nobody's data.
        raise StayRulesError(str(error)) from error
