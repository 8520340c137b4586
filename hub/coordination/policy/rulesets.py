"""Rule sets as versioned data: what each jurisdiction asks for (domain 8.1).

The hub brings them for the United States and Germany; an operator overrides parts of
them, or those of a state, by files of the same form.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

import msgspec
from msgspec import Struct, field

from hub.coordination.policy.templates import template_names
from hub.coordination.recipients import PURPOSES, Recipient
from hub.errors import HubError, Recovery

#: The countries whose rules come with the hub.
BUNDLED = ("us", "de")

#: What is asked of the person, from nothing to everything; see the data.
Consenting = Literal["law", "objection", "presumed", "implied", "explicit", "never"]
STRICTNESS: dict[str, int] = {each: n for n, each in enumerate(get_args(Consenting))}
#: What a sensitivity asks for, from nothing to everything.
Mode = Literal["permit", "contract", "consent", "never"]
#: Whom the rules tell apart: sectors, and contacts of the patient.
Audience = Literal[
    "provider", "payer", "community", "public_health", "patient", "caregiver"
]
_AUDIENCES: frozenset[str] = frozenset(get_args(Audience))
_ANY = "*"
_OTHER = "other"
#: Labels that every rule set has a rule for, beside those of the codes it knows.
_ALWAYS = frozenset({"R", "V", "unknown", _OTHER})
_Codes = frozenset[str]
_Where = dict[Audience, frozenset[str]]


class PolicyRulesError(HubError):
    """Rules about who may be told what cannot be used."""

    code = "POLICY-001"
    summary = "The rules of the policy cannot be used"
    remedy = "Correct the file that `rules` of [policy] names, or leave it out"
    recovery = Recovery.STOP


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the rules; a name nobody reads is a mistake."""


class Cell(_Table, frozen=True, kw_only=True):
    """What is asked for one sector and purpose, and what of an event it is told."""

    consent: Consenting
    template: str
    accounting: bool = False


class LabelRule(_Table, frozen=True, kw_only=True):
    """What one sensitivity asks for: a mode by audience and purpose.

    `masks` are the audiences to which the facility is not named where the label
    comes from it. A consent in one of `tpo_forms` counts as naming the label for
    any of `tpo_purposes`. `obligations` go along, by audience or for ``all``.
    """

    default: Mode
    permit: _Where = field(default_factory=dict)
    contract: _Where = field(default_factory=dict)
    consent: _Where = field(default_factory=dict)
    never: _Where = field(default_factory=dict)
    masks: frozenset[Audience] = frozenset()
    tpo_forms: _Codes = frozenset()
    tpo_purposes: _Codes = frozenset()
    obligations: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def mode(self, audience: str, purpose: str) -> Mode:
        """Return what is asked for; the strictest where several are listed."""
        for mode in ("never", "consent", "contract", "permit"):
            listed: _Where = getattr(self, mode)
            purposes = listed.get(audience, ())  # type: ignore[call-overload]
            if _ANY in purposes or purpose in purposes:
                return mode
        return self.default

    def owed(self, audience: str) -> tuple[str, ...]:
        """Return the obligations towards an audience; its own list may be empty."""
        own = self.obligations.get(audience)
        everyone = self.obligations.get("all", ())
        if own is None:
            return everyone
        return (*everyone, *own) if own else ()


class SelfPaid(_Table, frozen=True, kw_only=True):
    """Which denials hold whatever else was permitted: what the person paid."""

    forms: _Codes = frozenset()
    sectors: frozenset[Audience] = frozenset()
    purposes: _Codes = frozenset()


class Handling(_Table, frozen=True, kw_only=True):
    """What codes of handling ask for."""

    consent: _Codes = frozenset()
    not_to_patient: _Codes = frozenset()
    obligations: dict[str, str] = field(default_factory=dict)


_Sectors = dict[Audience, dict[str, Cell]]


class Overrides(_Table, frozen=True, kw_only=True):
    """What one state, or one operator, rules otherwise."""

    sectors: _Sectors = field(default_factory=dict)
    labels: dict[str, LabelRule] = field(default_factory=dict)


class OwnRules(_Table, frozen=True, kw_only=True):
    """A file of an operator: overrides for a country, or for one state of it."""

    jurisdiction: str
    version: str
    sectors: _Sectors = field(default_factory=dict)
    labels: dict[str, LabelRule] = field(default_factory=dict)


class RuleSet(_Table, frozen=True, kw_only=True):
    """All that is asked in one country, or in one state of it.

    `within` are the countries to which a transfer asks for nothing further, none
    where that is so everywhere; `abroad` is what a transfer elsewhere asks for.
    """

    country: str
    version: str
    sectors: _Sectors
    labels: dict[str, LabelRule]
    divisions: _Codes = frozenset()
    within: _Codes = frozenset()
    abroad: Consenting = "law"
    self_paid: SelfPaid = SelfPaid()
    handling: Handling = Handling()
    overrides: dict[str, Overrides] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        """The name and version that a decision is recorded with."""
        return f"{self.name or self.country.lower()}@{self.version}"

    def cell(self, audience: str, purpose: str) -> Cell:
        """Return what is asked for an audience and a purpose."""
        cells = self.sectors[audience]  # type: ignore[index]
        return cells.get(purpose) or cells[_OTHER]

    def rule(self, label: str) -> LabelRule:
        """Return the rule of a label; one that is not known has that of ``other``."""
        return self.labels.get(label) or self.labels[_OTHER]


_T = TypeVar("_T", RuleSet, OwnRules)
#: Rule sets by jurisdiction (``US``, ``US-NY``), in upper case.
RuleBook = Mapping[str, RuleSet]


def audience_of(recipient: Recipient) -> str:
    """Return whom the rules see in a recipient."""
    contact = recipient.sector == "patient" and recipient.contact
    return "caregiver" if contact else recipient.sector


@cache
def shipped() -> RuleBook:
    """Return the rule sets that come with the hub, by jurisdiction."""
    folder = files("hub.coordination.policy") / "data"
    book: dict[str, RuleSet] = {}
    for name in BUNDLED:
        text = (folder / f"rules-{name}.toml").read_text(encoding="utf-8")
        rules = read_rules(text)
        book[rules.country] = rules
        for division in rules.divisions:
            book[f"{rules.country}-{division}"] = _of_division(rules, division)
    return MappingProxyType(book)


def read_rules(text: str) -> RuleSet:
    """Return the rule set of a country in a TOML text.

    Raises PolicyRulesError naming what is missing, unknown or never told.
    """
    rules = _decode(text, RuleSet)
    _complete(rules)
    return rules


def read_own_rules(text: str) -> OwnRules:
    """Return an operator's overrides in a TOML text.

    Raises PolicyRulesError where they are malformed, or for a place that the hub has
    no rules for.
    """
    own = _decode(text, OwnRules)
    if own.jurisdiction not in shipped():
        raise PolicyRulesError(f"there are no rules for {own.jurisdiction} to override")
    _check_cells(own.sectors)
    _check_labels(own.labels)
    return own


def overridden(own: Iterable[OwnRules]) -> RuleBook:
    """Return the rule sets that come with the hub, with an operator's overrides.

    Those for a country hold in its states too, and give way to what the state rules.
    """
    book = dict(shipped())
    for each in sorted(own, key=lambda one: len(one.jurisdiction)):
        patch = Overrides(sectors=each.sectors, labels=each.labels)
        for place, rules in shipped().items():
            if place == each.jurisdiction or place.startswith(f"{each.jurisdiction}-"):
                version = f"{book[place].version}+{each.version}"
                state = rules.overrides.get(place.partition("-")[2], Overrides())
                kept = Overrides() if place == each.jurisdiction else state
                patched = _patched(_patched(book[place], patch), kept)
                book[place] = msgspec.structs.replace(
                    patched, version=version, name=place.lower()
                )
    return MappingProxyType(book)


def _of_division(rules: RuleSet, division: str) -> RuleSet:
    overrides = rules.overrides.get(division)
    if overrides is None:
        return rules
    name = f"{rules.country}-{division}".lower()
    return msgspec.structs.replace(_patched(rules, overrides), name=name)


def _patched(rules: RuleSet, patch: Overrides) -> RuleSet:
    sectors = {
        audience: cells | patch.sectors.get(audience, {})
        for audience, cells in rules.sectors.items()
    }
    labels = rules.labels | patch.labels
    return msgspec.structs.replace(rules, sectors=sectors, labels=labels)


def _complete(rules: RuleSet) -> None:
    if missing := sorted(_AUDIENCES - rules.sectors.keys()):
        raise PolicyRulesError(f"sectors lack {', '.join(missing)}")
    if missing := sorted(_ALWAYS - rules.labels.keys()):
        raise PolicyRulesError(f"labels lack {', '.join(missing)}")
    for audience, cells in rules.sectors.items():
        if _OTHER not in cells and cells.keys() < PURPOSES:
            raise PolicyRulesError(f"sectors.{audience} lacks `{_OTHER}`")
    _check_cells(rules.sectors)
    _check_labels(rules.labels)
    for patch in rules.overrides.values():
        _check_cells(patch.sectors)
        _check_labels(patch.labels)


def _check_cells(sectors: _Sectors) -> None:
    for audience, cells in sectors.items():
        if unknown := sorted(cells.keys() - PURPOSES - {_OTHER}):
            raise PolicyRulesError(f"sectors.{audience}: no purpose {unknown[0]}")
        for cell in cells.values():
            if cell.template not in template_names():
                raise PolicyRulesError(f"there is no template {cell.template}")


def _check_labels(labels: dict[str, LabelRule]) -> None:
    for label, rule in labels.items():
        for listed in (rule.permit, rule.contract, rule.consent, rule.never):
            for purposes in listed.values():
                if unknown := sorted(purposes - PURPOSES - {_ANY}):
                    raise PolicyRulesError(f"labels.{label}: no purpose {unknown[0]}")


def _decode(text: str, kind: type[_T]) -> _T:
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.DecodeError as error:
        # Rules are the operator's own text and hold nobody's data.
        raise PolicyRulesError(str(error)) from error
