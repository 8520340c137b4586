"""The regime: under whose rules a notice stands (domain 8.3, step 3)."""

from collections.abc import Mapping
from typing import NamedTuple

from hub.coordination.policy.rulesets import (
    STRICTNESS,
    Consenting,
    LabelRule,
    RuleBook,
    RuleSet,
    audience_of,
    shipped,
)
from hub.coordination.policy.templates import FULL, narrower
from hub.coordination.recipients import Recipient
from hub.model.events import CareEvent


class Plan(NamedTuple):
    """What is asked of one recipient for one purpose, by the rules of both places.

    Of two rules the stricter holds. `labels` are the ids of the rule sets.
    """

    rule_sets: tuple[RuleSet, ...]
    audience: str
    purpose: str
    consent: Consenting
    template: str
    accounting: bool
    labels: tuple[str, ...]

    def rules(self, label: str) -> list[LabelRule]:
        """Return the rules of a label, all of which must permit."""
        return [rules.rule(label) for rules in self.rule_sets]


class Regime:
    """Says which rules hold. `home` is the jurisdiction of the hub.

    `places` has that of a facility or a feed where it is another one. Plans are made
    once and kept.
    """

    def __init__(
        self,
        home: str = "US",
        places: Mapping[str, str] | None = None,
        book: RuleBook | None = None,
    ) -> None:
        self.home = home
        self._places = places or {}
        self._book = book
        self._plans: dict[tuple[str, Recipient, str], Plan | None] = {}

    def plan(self, event: CareEvent, recipient: Recipient, purpose: str) -> Plan | None:
        """Return what is asked, None where no rules are known for one of the places."""
        place = self._place(event) if self._places else self.home
        key = (place, recipient, purpose)
        try:
            return self._plans[key]
        except KeyError:
            plan = self._plans[key] = self._make(place, recipient, purpose)
            return plan

    def _place(self, event: CareEvent) -> str:
        source = event.source
        return (
            self._places.get(source.facility)
            or self._places.get(source.feed)
            or self.home
        )

    def _make(self, place: str, recipient: Recipient, purpose: str) -> Plan | None:
        book = shipped() if self._book is None else self._book
        there = recipient.jurisdiction or self.home
        if place not in book or there not in book:
            return None
        rule_sets: tuple[RuleSet, ...] = (book[place],)
        if book[there] != book[place]:
            rule_sets = (book[place], book[there])
        audience = audience_of(recipient)
        cells = [rules.cell(audience, purpose) for rules in rule_sets]
        asked = [cell.consent for cell in cells]
        if _leaves(book[place], there):
            asked.append(book[place].abroad)
        template = cells[0].template
        for cell in cells[1:]:
            template = narrower(template, cell.template)
        return Plan(
            rule_sets=rule_sets,
            audience=audience,
            purpose=purpose,
            consent=max(asked, key=STRICTNESS.__getitem__),
            template=_template(recipient, template),
            accounting=any(cell.accounting for cell in cells),
            labels=tuple(rules.label for rules in rule_sets),
        )


def _leaves(rules: RuleSet, there: str) -> bool:
    country = there.partition("-")[0]
    return bool(rules.within) and country not in rules.within


def _template(recipient: Recipient, by_rule: str) -> str:
    """Return what the contract says, else the rules.

    Of whom nobody wrote a contract down the operator says as much by sending to it;
    the minimum that is necessary is for the contract to say.
    """
    if recipient.template:
        return recipient.template
    standard = not recipient.contracted and recipient.sector == "provider"
    return FULL if standard else by_rule


#: What holds where nothing is configured.
STANDARD = Regime()
