"""Notices of assessments and results as ORU^R01.

One OBR says what was done (``instrument`` or ``code`` of the record), one OBX for
each of its ``answers`` or ``observations`` what was found. Source: HL7 v2.5.1,
sections 7.3.1 and 7.4.1; domain 2.12.
"""

from collections.abc import Iterator, Sequence

from hub.sdk import Notice, Rendered, RendererSpec
from hub_hl7.outbound import person_lines as person
from hub_hl7.outbound.building import Content, Line
from hub_hl7.outbound.errors import NoEquivalentError
from hub_hl7.outbound.findings import findings
from hub_hl7.outbound.outbound import MessageOptions, Telling, header, message, only
from hub_hl7.outbound.stamping import instant
from hub_hl7.outbound.statements import at, coded, entity, leaf

#: Families of records that are results, under whatever name.
_FAMILIES = frozenset({"assessment", "result"})
#: From words to table 0123, whose codes a record may also have.
_STATUSES = {
    "cancelled": "X", "corrected": "C", "final": "F", "partial": "A",
    "pending": "I", "preliminary": "P", "withdrawn": "X",
}  # fmt: skip


class OruOptions(MessageOptions):
    """Options of ``hl7-oru``."""


def render(notices: Sequence[Notice], options: OruOptions) -> Rendered:
    """Return the only notice of `notices` as one ORU^R01 message.

    Raises NoEquivalentError for what is no assessment and no result, and
    UnmappableError.
    """
    telling = Telling(only(notices), options)
    if telling.event.type.partition(".")[0] not in _FAMILIES:
        raise NoEquivalentError(f"hl7-oru, {telling.event.type}")
    return message(telling, _lines(telling))


def _lines(telling: Telling) -> Iterator[Line]:
    yield header(telling, "ORU", "R01", "ORU_R01")
    yield person.pid(telling)
    yield _report(telling)
    payload = telling.payload
    yield from findings(telling, at(payload, "answers"))
    yield from findings(telling, at(payload, "observations"))


def _report(telling: Telling) -> Line:
    payload = telling.payload
    own = entity(telling.event.entity.key, telling.notice.hub)
    status = leaf(at(payload, "status")) or ""
    fields: dict[int, Content] = {
        1: "1",
        2: entity(at(payload, "identifiers", "placer")),
        3: entity(at(payload, "identifiers", "filler")) or own,
        4: coded(at(payload, "instrument") or at(payload, "code")),
        7: telling.moment(at(payload, "performed")) or telling.occurred,
        22: instant(telling.event.times.emitted, telling.options.time_zone),
        25: _STATUSES.get(status, "F"),
    }
    return Line("OBR", fields)


ORU = RendererSpec(
    name="hl7-oru",
    options=OruOptions,
    render=render,
    summary="One notice of an assessment or a result as an HL7 v2 ORU message.",
)
