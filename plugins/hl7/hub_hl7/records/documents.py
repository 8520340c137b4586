"""Documents: MDM^T01 to T11, and what travels inside results (ORU^R01).

Content goes into a `Document`; a fact holds its digest and never the content. An
addendum never replaces its parent, a replacement does, and T11 takes back.
Source: HL7 v2.5.1, chapter 9 and section 7.4.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from hub.sdk import Document, Fact, Identifier, Labels, RecordKey
from hub_hl7.facts.content import Content, content_of, text_content
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.records.actors import clinician
from hub_hl7.records.data.documents import (
    AVAILABILITY,
    CONFIDENTIALITY,
    KINDS,
    LETTERS,
    NOT_YET,
    RESULT_STATUS,
    TRIGGERS,
    UNAVAILABLE,
    Rule,
)
from hub_hl7.records.data.panels import LOINC
from hub_hl7.records.errors import NoRecordError
from hub_hl7.records.records import (
    Yielded,
    coded,
    codes_of,
    entity_of,
    first_stated,
    groups,
    key_for,
    letters,
    number,
    numbers,
    record_fact,
    recorded_at,
    time_in,
)
from hub_hl7.wire.er7 import Field, Segment

_RANKS = "NRV"


def read_document(reading: Reading) -> Yielded | None:
    """Return the facts that MDM states, None for a trigger beyond T01 to T11.

    There is one about the document (TXA-12), and for an addendum or a replacement
    one about its parent (TXA-13). The details of a document are described at
    `_details` and `_carried`.

    Raises NoRecordError, NoRecordKeyError, NoPatientError and NoTimeError.
    """
    rule = TRIGGERS.get(reading.trigger)
    if rule is None:
        return None
    if not reading.all("TXA"):
        raise NoRecordError("TXA")
    txa = reading.segment("TXA")
    own = entity_of(reading, txa.field(12))
    key, parent = key_for("document", own), entity_of(reading, txa.field(13))
    status = _status(reading, txa, rule)
    carried, documents = _carried(reading, status)
    details = _details(reading, txa, rule, parent) | carried
    recorded = recorded_at(reading, reading.time(txa, 6), reading.time(txa, 4))
    fact = record_fact(
        reading,
        key,
        stated(id=key.value, status=status) | details,
        recorded=recorded,
        occurred=reading.time(reading.segment("EVN"), 6),
    )
    fact = replace(fact, labels=_labels(txa, fact.labels))
    return Yielded((fact, *_about_parent(reading, rule, fact, parent)), documents)


def _status(reading: Reading, txa: Segment, rule: Rule) -> str:
    """Return the status of the document, "" where it may not be used yet."""
    if rule.status == "retracted":
        return rule.status
    sent = letters(txa.value(19))
    if sent == UNAVAILABLE:
        return ""
    said = AVAILABILITY.get(sent, "")
    if sent and not said:
        reading.warn("document.availability_unmapped")
    return said if said in {"retracted", "replaced"} else rule.status or said


def _details(
    reading: Reading, txa: Segment, rule: Rule, parent: Identifier | None
) -> dict[str, Any]:
    """Return what TXA says, each where it makes a statement.

    * ``parent`` {system, value}, ``relation`` (addendum, replacement);
    * ``kind`` {code, text, system, original}, ``title``;
    * ``author`` {name, identifiers}; ``period`` {start}, ``written``, ``edited``;
    * ``completion`` (table 0271), ``availability`` (table 0273), ``change_reason``;
    * ``identifiers`` {placer, filler}: the numbers of the order.
    """
    happened = time_in(reading, txa, 4)
    return stated(
        parent=number(parent) if parent else "",
        relation=rule.relation,
        kind=_kind(txa.field(2)),
        title=txa.value(25),
        author=clinician(reading, txa.field(9)) or clinician(reading, txa.field(5)),
        period={"start": happened} if happened else happened,
        written=time_in(reading, txa, 6),
        edited=time_in(reading, txa, 8),
        completion=txa.value(17),
        availability=txa.value(19),
        change_reason=txa.value(21),
        identifiers=numbers(
            placer=entity_of(reading, txa.field(14)),
            filler=entity_of(reading, txa.field(15)),
        ),
    )


def _kind(field: Field) -> Any:
    """Return the kind; a type of table 0270 as its LOINC code."""
    found = coded(field)
    if not found:
        return found
    if found.get("system", "") in {"", "HL70270"} and (
        code := KINDS.get(letters(found.get("code")))
    ):
        return {**found, "code": code, "system": "LN", "original": found["code"]}
    return found


def _carried(
    reading: Reading, status: str
) -> tuple[dict[str, Any], tuple[Document, ...]]:
    """Return what the message carries, and the documents themselves.

    The keys are ``mime``, ``size`` and ``digest``, or ``pointer``, of the document,
    and ``attachments``, the same of the rest. Encapsulated data come before text.
    What is retracted is not taken in.
    """
    if status == "retracted":
        return {}, ()
    segments = reading.all("OBX")
    found = [one for obx in segments if (one := content_of(reading, obx))]
    if text := text_content(segments):
        found.append(text)
    if not found:
        return {}, ()
    rest = [one.described for one in found[1:] if one.described]
    details = found[0].described | stated(attachments=rest or "")
    return details, _documents(found)


def _documents(found: Sequence[Content]) -> tuple[Document, ...]:
    return tuple(one.document for one in found if one.document)


def _labels(txa: Segment, labels: Labels | None) -> Labels | None:
    """Return `labels` with the confidentiality of TXA-18, the higher one of the two."""
    said = CONFIDENTIALITY.get(letters(txa.value(18)))
    if said is None:
        return labels
    before = labels or Labels()
    higher = max(said, before.confidentiality, key=_RANKS.find)
    sources = (*before.derived_by, "TXA-18")
    return replace(before, confidentiality=higher, derived_by=sources)


def _about_parent(
    reading: Reading, rule: Rule, fact: Fact, parent: Identifier | None
) -> Iterator[Fact]:
    """Yield what the message says of the document that this one belongs to."""
    if not rule.parent_status:
        return
    if parent is None:
        reading.warn("document.parent_missing")
        return
    key, own = key_for("document", parent), fact.record
    if own is None or key == own:
        reading.warn("document.own_parent")
        return
    link = "replaced_by" if rule.relation == "replacement" else "addendum"
    other = {"system": own.system, "value": own.value}
    details = {"id": key.value, "status": rule.parent_status, link: other}
    yield replace(fact, record=key, details=details)


def enclosed(reading: Reading, person: Reading) -> Iterator[Yielded]:
    """Yield a document for each that the results of one patient enclose.

    Those are encapsulated data and pointers (OBX-2 ED, RP), and the text of a
    discharge letter. Raises NoRecordKeyError, NoPatientError and NoTimeError.
    """
    seen: Counter[RecordKey] = Counter()
    for order in groups(person, "ORC", "OBR"):
        for obx, content in _enclosed(order):
            yield _enclosure(reading, person, order, obx, content, seen)


def _enclosed(order: Reading) -> Iterator[tuple[Segment, Content]]:
    segments = order.all("OBX")
    carriers = [obx for obx in segments if letters(obx.value(2)) in {"ED", "RP"}]
    for obx in carriers:
        if content := content_of(order, obx):
            yield obx, content
    is_letter = codes_of(order.segment("OBR").field(4)) & LETTERS
    if is_letter and not carriers and (text := text_content(segments)):
        yield segments[0], text


def _enclosure(
    reading: Reading,
    person: Reading,
    order: Reading,
    obx: Segment,
    content: Content,
    seen: Counter[RecordKey],
) -> Yielded:
    obr = order.segment("OBR")
    key = _key(order, obx, seen)
    status = _result_status(obr, obx)
    kept = status != "retracted"
    details = stated(
        id=key.value,
        status=status,
        kind=_result_kind(obr, obx),
        title=obx.value(3, 2) or obr.value(4, 2),
        author=clinician(reading, obx.field(16)),
        period=stated(start=time_in(reading, obr, 7), end=time_in(reading, obr, 8))
        or "",
        written=first_stated(time_in(reading, obx, 14), time_in(reading, obr, 22)),
        completion=obx.value(11) or obr.value(25),
        identifiers=_order_numbers(order),
        **(content.described if kept else {}),
    )
    recorded = recorded_at(reading, reading.time(obr, 22), reading.time(obr, 7))
    fact = record_fact(person, key, details, recorded=recorded)
    return Yielded((fact,), _documents([content]) if kept else ())


def _key(order: Reading, obx: Segment, seen: Counter[RecordKey]) -> RecordKey:
    """Return the key: the number of the order, what it is, and which of several."""
    orc, obr = order.segment("ORC"), order.segment("OBR")
    fields = (obr.field(3), orc.field(3), obr.field(2), orc.field(2), obx.field(21))
    candidates = [entity_of(order, field) for field in fields]
    name = codes_of(obx.field(3)) or codes_of(obr.field(4))
    suffix = "|".join(filter(None, (min(name, default=""), obx.value(4))))
    key = key_for("document", *candidates, suffix=suffix)
    seen[key] += 1
    if seen[key] == 1:
        return key
    return replace(key, value=f"{key.value}#{seen[key]}")


def _order_numbers(order: Reading) -> Any:
    orc, obr = order.segment("ORC"), order.segment("OBR")
    return numbers(
        placer=entity_of(order, obr.field(2)) or entity_of(order, orc.field(2)),
        filler=entity_of(order, obr.field(3)) or entity_of(order, orc.field(3)),
    )


def _result_status(obr: Segment, obx: Segment) -> str:
    """Return the status by OBX-11, else OBR-25; "" where there is no result yet."""
    sent = letters(obx.value(11)) or letters(obr.value(25))
    return "" if sent in NOT_YET else RESULT_STATUS.get(sent, "available")


def _result_kind(obr: Segment, obx: Segment) -> Any:
    """Return the kind: of the observation and the order the one that is LOINC."""
    kinds = [coded(obx.field(3)), coded(obr.field(4))]
    for kind in kinds:
        if kind and kind.get("code") and letters(kind.get("system")) in LOINC:
            return kind
    return first_stated(*kinds)
