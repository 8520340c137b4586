"""The labeller: how confidential it is what a fact says.

What the sender marks counts, and what its codes give away. `Labels.derived_by` names
where each label comes from, as ``source:code:label``, so that the policy can take out
just that. Labels are of what was ever said: what a later message leaves out, or takes
back, does not become harmless (R-PRIV-01).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from hub.coordination.additions import coded
from hub.coordination.labelling import accumulate
from hub.coordination.labels.tables import Tables
from hub.coordination.needs.shown import labels_of_need
from hub.model.facts import Fact
from hub.model.labels import Labels

_NORMAL = Labels()
_RESTRICTED = "R"


class Labeller:
    """Labels facts by the tables of a site."""

    def __init__(self, tables: Tables | None = None) -> None:
        self._tables = tables or Tables()

    def as_sent(self, fact: Fact, feed: str) -> Fact:
        """Return a fact with what it gives away that this feed tells of somebody.

        That stays with the fact, which does not say by whom it was told.
        """
        codes = self._tables.sender(feed)
        if not codes:
            return fact
        marks = tuple(f"sender:{feed}:{code}" for code in codes)
        sent = Labels(_RESTRICTED, codes, (), marks)
        labels = accumulate([fact.labels, sent]) if fact.labels else sent
        return replace(fact, labels=labels)

    def of_all(self, facts: Iterable[Fact]) -> Labels:
        """Return the labels of what was said by all of these facts together."""
        found = [labels for each in facts if (labels := self.of(each))]
        if len(found) <= 1:
            return found[0] if found else _NORMAL
        return accumulate(found)

    def of(self, fact: Fact) -> Labels | None:
        """Return the labels of a fact, None where it is harmless."""
        found = [fact.labels] if fact.labels else []
        if marks := list(self._marks(fact)):
            codes = {label for _, label in marks}
            own = tuple(f"{source}:{label}" for source, label in marks)
            found.append(Labels(_RESTRICTED, tuple(sorted(codes)), (), own))
        if "category" in fact.details:
            found += _of_needs(fact.details["category"])
        if len(found) <= 1:
            return found[0] if found else None
        return accumulate(found)

    def _marks(self, fact: Fact) -> Iterator[tuple[str, str]]:
        """Yield where a label comes from, and its code."""
        tables, details = self._tables, fact.details
        if fact.location is not None or "service" in details:
            yield from self._of_departments(fact)
        if details:
            yield from self._of_details(details)
        if tables.knows_facilities and (facility := _facility(fact)):
            yield from _each("facility:", tables.facility(facility), facility)

    def _of_departments(self, fact: Fact) -> Iterator[tuple[str, str]]:
        service = fact.details.get("service")
        units = [fact.location.unit] if fact.location and fact.location.unit else []
        for code in [*_codes(service), *units]:
            yield from _each("department:", self._tables.department(code), code)

    def _of_details(self, details: dict[str, Any]) -> Iterator[tuple[str, str]]:
        tables = self._tables
        for code, system in coded(details.get("diagnoses")):
            label, own = tables.diagnosis(code, system)
            if label:
                yield f"diagnosis:{own}", label
        discharge = details.get("discharge")
        if isinstance(discharge, dict):
            for code in _codes(discharge.get("disposition")):
                yield from _each("disposition:", tables.disposition(code), code)
        for name, find in (
            ("kind", tables.document),
            ("programme", tables.programme),
            ("category", tables.programme),
        ):
            for code in _codes(details.get(name)):
                yield from _each(f"{name}:", find(code), code)


def _of_needs(category: Any) -> list[Labels]:
    """Return how confidential it is to need, or to be referred for, help of a kind."""
    found = (labels_of_need(code.strip().lower()) for code in _codes(category))
    return [labels for labels in found if labels != _NORMAL]


def _each(
    source: str, labels: Iterable[str], code: str = ""
) -> Iterator[tuple[str, str]]:
    for label in labels:
        # What separates the parts of a mark must not occur in one of them.
        yield f"{source}{code.replace(':', ' ').strip()}", label


def _codes(value: Any) -> list[str]:
    """Return the codes in a value: a text, a coded value, or a list of such."""
    if not value:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        code = value.get("code")
        return [code] if isinstance(code, str) and code else []
    if isinstance(value, list | tuple):
        return [code for each in value for code in _codes(each)]
    return []


def _facility(fact: Fact) -> str:
    said = fact.details.get("facility")
    name = said.get("id") or said.get("name") if isinstance(said, dict) else ""
    if not name and fact.location:
        name = fact.location.facility
    return str(name or "")
