"""Notices as MDM: of documents, and of anything else as a document of its own.

A notice of a document carries no content, which never is in an event: T01 tells that
it is there, T05 that it adds to another and T09 that it replaces another, T03 that its
standing changed (replaced: TXA-19 is OB), T07 that it was edited, T11 that it is
retracted. Any other notice is itself the document, in plain lines (T02); one that
takes back or amends an earlier notice replaces it (T10). Source: HL7 v2.5.1,
sections 9.5 and 9.6; domain 2.12.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from hub.sdk import Notice, Rendered, RendererSpec
from hub_hl7.outbound import person_lines as person
from hub_hl7.outbound import visit_lines as visit
from hub_hl7.outbound.building import Content, Leaf, Line, Repetition
from hub_hl7.outbound.outbound import (
    MessageOptions,
    Telling,
    event_line,
    header,
    message,
    only,
)
from hub_hl7.outbound.readable import lines_of
from hub_hl7.outbound.statements import at, entity, leaf, sent, tables

#: What says itself that it belongs to another document.
_RELATIONS = {"addendum": "T05", "replacement": "T09"}
#: Changes that are about the standing of a document and not about what it says.
_STANDING = frozenset(
    {"status", "completion", "availability", "addendum", "replaced_by", "change_reason"}
)
_OWN_TYPE = ("NOTICE", "Care event notice", "99CAREHUB")
_COMPLETIONS = frozenset({"AU", "DI", "DO", "IN", "IP", "LA", "PA"})
_AVAILABILITIES = frozenset({"AV", "CA", "OB", "UN"})


class MdmOptions(MessageOptions):
    """Options of ``hl7-mdm``."""

    notice_type: str = Field(
        default="NOTICE",
        min_length=1,
        description="Document type (TXA-2, table 0270) of notices that are documents.",
    )


def render(notices: Sequence[Notice], options: MdmOptions) -> Rendered:
    """Return the only notice of `notices` as one MDM message.

    Raises UnmappableError.
    """
    telling = Telling(only(notices), options)
    if telling.event.type.startswith("document."):
        return message(telling, _document(telling))
    return message(telling, _notice(telling, options))


def trigger_of(telling: Telling) -> str:
    """Return the trigger of a notice of a document."""
    name = telling.event.type.partition(".")[2]
    if name == "available":
        return _RELATIONS.get(leaf(at(telling.payload, "relation")) or "", "T01")
    if name == "amended":
        return "T03" if _only_standing(telling.payload) else "T07"
    return "T11" if name == "retracted" else "T03"


def _only_standing(payload: dict[str, Any]) -> bool:
    changed = at(payload, "changed_fields")
    names = {leaf(name) for name in changed} if isinstance(changed, list) else set()
    return bool(names) and _STANDING.issuperset(names)


def _document(telling: Telling) -> Iterator[Line]:
    trigger = trigger_of(telling)
    yield header(telling, "MDM", trigger, "MDM_T01")
    yield from _about(telling, trigger)
    payload = telling.payload
    fields: dict[int, Content] = {
        1: "1",
        2: sent(at(payload, "kind")) or "NOTICE",
        3: _presentation(at(payload, "mime")),
        4: telling.moment(at(payload, "period", "start")) or telling.occurred,
        6: telling.moment(at(payload, "written")),
        8: telling.moment(at(payload, "edited")),
        9: _author(at(payload, "author")),
        12: _own_number(telling),
        13: entity(at(payload, "parent")),
        14: entity(at(payload, "identifiers", "placer")),
        15: entity(at(payload, "identifiers", "filler")),
        16: leaf(at(payload, "digest")),
        17: _completion(payload, trigger),
        18: _confidentiality(telling),
        19: _availability(telling, trigger),
        21: leaf(at(payload, "change_reason")),
        25: leaf(at(payload, "title")) if telling.version >= (2, 6) else "",
    }
    yield Line("TXA", fields)


def _confidentiality(telling: Telling) -> Leaf:
    """Return TXA-18 (table 0272), which has the hub's codes for what is restricted."""
    level = telling.event.labels.confidentiality
    return level if person.restricted(telling) else ""


def _notice(telling: Telling, options: MdmOptions) -> Iterator[Line]:
    correction = telling.event.correction
    trigger = "T10" if correction else "T02"
    yield header(telling, "MDM", trigger, "MDM_T02")
    yield from _about(telling, trigger)
    own = telling.notice.hub
    fields: dict[int, Content] = {
        1: "1",
        2: options.notice_type,
        3: "TX",
        4: telling.occurred,
        12: entity(telling.event.id, own),
        13: entity(correction.of, own) if correction else "",
        17: "AU",
        18: _confidentiality(telling),
        19: "AV",
    }
    yield Line("TXA", fields)
    for number, text in enumerate(lines_of(telling), start=1):
        yield Line("OBX", {1: str(number), 2: "TX", 3: _OWN_TYPE, 5: text, 11: "F"})


def _about(telling: Telling, trigger: str) -> Iterator[Line]:
    yield event_line(telling, trigger)
    yield person.pid(telling)
    about_visit = telling.event.type.startswith("encounter.")
    yield visit.pv1(telling) if about_visit else visit.no_visit()


def _own_number(telling: Telling) -> Repetition:
    """Return TXA-12, which is required: the document's number, else the stream's."""
    stated = entity(at(telling.payload, "id"))
    return stated or entity(telling.event.entity.key, telling.notice.hub)


def _presentation(mime: Any) -> Leaf:
    """Return TXA-3 (table 0191) of a media type."""
    main, _, sub = (leaf(mime) or "").partition("/")
    known = {"text": "TEXT", "image": "Image", "audio": "Audio"}
    return known.get(main, "AP" if sub else "")


def _author(value: Any) -> Content:
    if isinstance(value, dict):
        return visit.clinician(value)
    if isinstance(value, list):
        return [visit.clinician(each) for each in tables(value)]
    name = leaf(value)
    return ("", name) if name else name


def _completion(payload: dict[str, Any], trigger: str) -> Leaf:
    """Return TXA-17, which is required; what nobody stated is "documented"."""
    stated = leaf(at(payload, "completion"))
    if stated in _COMPLETIONS:
        return stated
    return "DO" if trigger != "T11" else "LA"


def _availability(telling: Telling, trigger: str) -> Leaf:
    """Return TXA-19: cancelled, obsolete, or what was stated."""
    if trigger == "T11":
        return "CA"
    if telling.event.type == "document.replaced":
        return "OB"
    stated = leaf(at(telling.payload, "availability"))
    return stated if stated in _AVAILABILITIES else "AV"


MDM = RendererSpec(
    name="hl7-mdm",
    options=MdmOptions,
    render=render,
    summary="One notice as an HL7 v2 MDM message, of a document or as a text.",
)
