"""When and where: what a message says of the time and place of what it states.

Source: HL7 v2.5.1, sections 3.4.1 (EVN), 3.4.3 (PV1) and 3.4.4 (PV2); the order in
which fields are asked is that of domain 3.3.
"""

from typing import Any

from hub.sdk import FactKind, FuzzyTime
from hub_hl7.facts.errors import NoTimeError
from hub_hl7.facts.reading import Reading
from hub_hl7.facts.triggers import Rule
from hub_hl7.facts.visit import location_of

#: What is expected, where it stands in PV2; EVN-3 is for anything planned.
_EXPECTED = {FactKind.START: 8, FactKind.END: 9}
_BEGINNINGS = frozenset({FactKind.START, FactKind.CLASS})
#: What may take the patient from one place to another.
_ELSEWHERE = frozenset({FactKind.MOVE, FactKind.CLASS})
_AHEAD = frozenset({FactKind.PLAN, FactKind.PENDING})
#: What happens at a time of its own, which a sender should state.
_TIMED = frozenset(
    {
        FactKind.START, FactKind.CLASS, FactKind.MOVE, FactKind.LEAVE,
        FactKind.RETURN, FactKind.END, FactKind.TRACK,
    }
)  # fmt: skip
#: Before 2.3 EVN-2 was when it happened, and there was no EVN-6.
_OLD_VERSIONS = ("2.1", "2.2")


def times_of(reading: Reading, rule: Rule) -> tuple[FuzzyTime, FuzzyTime | None]:
    """Return when it was recorded, and when what the fact states occurred.

    What is planned or pending occurs when it is expected, None where that is not
    said. A cancel of it names no time: it is about however often it was put off.
    Raises NoTimeError.
    """
    recorded, happened = _recorded(reading), reading.time(reading.segment("EVN"), 6)
    if rule.cancels:
        return recorded, None if rule.cancels in _AHEAD else happened
    if rule.kind in _AHEAD:
        return recorded, _expected(reading, rule.pending or FactKind.START)
    occurred = happened or _period(reading, rule.kind)
    if occurred is None and rule.kind in _TIMED and not _is_old(reading):
        reading.warn("time.occurred_missing")
    return recorded, occurred or recorded


def _recorded(reading: Reading) -> FuzzyTime:
    evn, pv1 = reading.segment("EVN"), reading.segment("PV1")
    recorded = reading.time(evn, 2) or reading.time(reading.message.header, 7)
    if recorded is None:
        reading.warn("time.recorded_missing")
        recorded = (
            reading.time(evn, 6) or reading.time(pv1, 44) or reading.time(pv1, 45)
        )
    if recorded is None:
        raise NoTimeError
    return recorded


def _period(reading: Reading, kind: FactKind) -> FuzzyTime | None:
    pv1 = reading.segment("PV1")
    start, end = reading.time(pv1, 44), reading.time(pv1, 45)
    if kind is FactKind.END:
        return end
    return start if kind in _BEGINNINGS else None


def _expected(reading: Reading, kind: FactKind) -> FuzzyTime | None:
    pv2, evn = reading.segment("PV2"), reading.segment("EVN")
    own = reading.time(pv2, _EXPECTED[kind]) if kind in _EXPECTED else None
    return own or reading.time(evn, 3)


def _is_old(reading: Reading) -> bool:
    version = reading.message.header.value(12) or ""
    return version.startswith(_OLD_VERSIONS)


def places_of(reading: Reading, rule: Rule) -> dict[str, Any]:
    """Return the locations that the fact may be trusted with.

    An update's are not (R-HL7-10). After a cancelled move PV1-3 is where the patient
    really is, and PV1-6 the location that is taken back. On the way the place is a
    temporary one (PV1-11), and a transfer that is pending leads to PV1-42.
    """
    pv1, about = reading.segment("PV1"), rule.about
    if rule.kind is FactKind.UPDATE or rule.cancels is FactKind.START:
        return {}
    here = location_of(pv1, 3)
    if about is FactKind.TRACK:
        before = location_of(pv1, 43) or location_of(pv1, 6)
        return {"location": location_of(pv1, 11) or here, "prior_location": before}
    if about is FactKind.PENDING and rule.pending is not FactKind.END:
        return {"location": location_of(pv1, 42) or here}
    if about in _ELSEWHERE:
        return {"location": here, "prior_location": location_of(pv1, 6)}
    return {"location": here}
