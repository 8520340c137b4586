"""Results (ORU^R01): documents inside, and those that the feed's rules select.

The answers to a screening of social needs are an assessment. Everything else that a
laboratory says stays with whom it was sent to.
Source: HL7 v2.5.1, chapter 7; the screenings are those of domain 4.6.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from hub.sdk import Document, Fact
from hub_hl7.facts.clinical import observations
from hub_hl7.facts.profile_rules import ResultRule
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.records.data.panels import LOINC, PANELS, STATUSES, Panel
from hub_hl7.records.documents import enclosed
from hub_hl7.records.records import (
    Yielded,
    coded,
    codes_of,
    entity_of,
    first_stated,
    groups,
    key_for,
    letters,
    not_later,
    numbers,
    patients,
    record_fact,
    recorded_at,
    time_in,
)
from hub_hl7.wire.er7 import Segment

_TRIGGERS = frozenset({"", "R01"})


class _Selection(Struct, frozen=True):
    """What a rule selects of one order: as what, under which code."""

    record: Literal["assessment", "result"]
    code: str
    instrument: dict[str, Any]
    observed: Sequence[Segment]


def read_results(reading: Reading) -> Yielded | None:
    """Return the documents and the selected results of ORU^R01, None for neither.

    An assessment has ``instrument`` {code, system, display} and ``answers``, a
    result ``code`` and ``observations``; both have ``status``, ``performed`` and
    ``identifiers`` {placer, filler}. What is answered is described at
    `clinical.observations`.

    Raises NoRecordKeyError, NoPatientError and NoTimeError.
    """
    if reading.trigger not in _TRIGGERS:
        return None
    facts: list[Fact] = []
    documents: list[Document] = []
    for person in patients(reading):
        for found in enclosed(reading, person):
            facts += found.facts
            documents += found.documents
        facts += _selected(reading, person)
    return Yielded(tuple(facts), tuple(documents)) if facts else None


def _selected(reading: Reading, person: Reading) -> Iterator[Fact]:
    rules = reading.profile.results
    if not rules:
        return
    for order in groups(person, "ORC", "OBR"):
        found = (one for rule in rules for one in _selections(order, rule))
        once: dict[str, _Selection] = {}
        for selection in found:
            once.setdefault(selection.code, selection)
        for selection in once.values():
            yield _fact(reading, person, order, selection)


def _selections(order: Reading, rule: ResultRule) -> Iterator[_Selection]:
    """Yield what a rule selects: a whole order by its code, else single answers."""
    obr, observed = order.segment("OBR"), order.all("OBX")
    ordered, wanted = codes_of(obr.field(4)), {letters(code) for code in rule.codes}
    panels = _panels(rule)
    for panel in panels:
        if panel.code in ordered:
            yield _Selection(rule.record, panel.code, _instrument(panel), observed)
            return
    if codes := ordered & wanted:
        named = _named(obr.field(4))
        yield _Selection(rule.record, min(codes), named, observed)
        return
    for panel in panels:
        if some := _with(observed, panel.items | {panel.code}):
            yield _Selection(rule.record, panel.code, _instrument(panel), some)
    if some := _with(observed, wanted):
        field = obr.field(4) if ordered else some[0].field(3)
        code = min(codes_of(field))
        yield _Selection(rule.record, code, _named(field), some)


def _panels(rule: ResultRule) -> list[Panel]:
    every = "sdoh" in rule.panels
    return [one for name, one in PANELS.items() if every or name in rule.panels]


def _with(
    observed: Sequence[Segment], wanted: frozenset[str] | set[str]
) -> list[Segment]:
    return [obx for obx in observed if codes_of(obx.field(3)) & wanted]


def _instrument(panel: Panel) -> dict[str, Any]:
    return {"code": panel.code, "system": "LN", "display": panel.name}


def _named(field: Any) -> dict[str, Any]:
    found = coded(field) or {}
    system = found.get("system", "")
    return stated(
        code=found.get("code", ""),
        system="LN" if system and letters(system) in LOINC else system,
        display=found.get("text", ""),
    )


def _fact(
    reading: Reading, person: Reading, order: Reading, selection: _Selection
) -> Fact:
    orc, obr = order.segment("ORC"), order.segment("OBR")
    placer = entity_of(order, obr.field(2)) or entity_of(order, orc.field(2))
    filler = entity_of(order, obr.field(3)) or entity_of(order, orc.field(3))
    observed = selection.observed
    first = observed[0] if observed else order.segment("OBX")
    performed = reading.time(obr, 7) or reading.time(first, 14)
    recorded = recorded_at(reading, reading.time(obr, 22), performed)
    assessed = selection.record == "assessment"
    said = observations(order, observed)
    details = stated(
        status=_status(obr, observed),
        performed=first_stated(time_in(reading, obr, 7), time_in(reading, first, 14)),
        identifiers=numbers(placer=placer, filler=filler),
        **{
            "instrument" if assessed else "code": selection.instrument or "",
            "answers" if assessed else "observations": said,
        },
    )
    return record_fact(
        person,
        key_for(selection.record, filler, placer, suffix=selection.code),
        details,
        recorded=recorded,
        occurred=not_later(performed, recorded),
    )


def _status(obr: Segment, observed: Sequence[Segment]) -> str:
    """Return the status of the whole: OBR-25, else what all observations share."""
    if known := STATUSES.get(letters(obr.value(25))):
        return known
    shared = {STATUSES.get(letters(obx.value(11)), "") for obx in observed}
    return shared.pop() if len(shared) == 1 else ""
