"""Notices about referrals: REF for whoever shall act, RRI for whoever asked.

What the requester says (a request, a change of it, the wish to cancel it) goes out
as REF, what the performer says as RRI: only the side that was referred to may accept,
reject or alter a referral. The trigger is that of the exchange: I12 asks and answers,
I13 changes, I14 cancels, I15 asks how things stand. RF1-1 has the status of table
0283 as far as that goes, and beside it (CE.4) the hub's own state, which says more.
Source: HL7 v2.5.1, sections 11.3, 11.4 and 11.6.1; domain 2.12 and 4.3.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from hub.sdk import Notice, Rendered, RendererSpec
from hub_hl7.outbound import person_lines as person
from hub_hl7.outbound import visit_lines as visit
from hub_hl7.outbound.building import Content, Formatted, Line, Repetition
from hub_hl7.outbound.errors import NoEquivalentError
from hub_hl7.outbound.findings import findings
from hub_hl7.outbound.outbound import MessageOptions, Telling, header, message, only
from hub_hl7.outbound.party_lines import providers
from hub_hl7.outbound.statements import at, coded, entity, leaf, texts, worded

Family = Literal["REF", "RRI"]


class Exchange(NamedTuple):
    """Which message says what an event says: its type, trigger, and RF1-1."""

    family: Family
    trigger: str
    status: str = ""


#: Source: domain 4.3. Where table 0283 has no code that is true the status is "".
EXCHANGES: Mapping[str, Exchange] = {
    "requested": Exchange("REF", "I12", "P"),
    "redirected": Exchange("REF", "I13"),
    "cancel_requested": Exchange("REF", "I14"),
    "entered_in_error": Exchange("REF", "I14"),
    "escalated": Exchange("REF", "I15"),
    "loop_closed": Exchange("REF", "I13"),
    "received": Exchange("RRI", "I12"),
    "accepted": Exchange("RRI", "I12", "A"),
    "rejected": Exchange("RRI", "I12", "R"),
    "on_hold": Exchange("RRI", "I12", "P"),
    "expired": Exchange("RRI", "I12", "E"),
    "reopened": Exchange("RRI", "I12"),
    "resumed": Exchange("RRI", "I13", "A"),
    "scheduled": Exchange("RRI", "I13", "A"),
    "appointment_cancelled": Exchange("RRI", "I13", "A"),
    "no_show": Exchange("RRI", "I13", "A"),
    "started": Exchange("RRI", "I13", "A"),
    "outcome_reported": Exchange("RRI", "I13"),
    "outcome_amended": Exchange("RRI", "I13"),
    "completed": Exchange("RRI", "I13"),
    "failed": Exchange("RRI", "I13"),
    "cancel_declined": Exchange("RRI", "I14", "R"),
    "cancelled": Exchange("RRI", "I14"),
}
#: What both sides can say, by which of them does. What the hub adds is no answer.
EITHER_SAYS: Mapping[tuple[str, str], Exchange] = {
    ("information_requested", "requester"): Exchange("REF", "I15"),
    ("information_requested", "performer"): Exchange("RRI", "I12", "P"),
    ("information_provided", "requester"): Exchange("REF", "I13"),
    ("information_provided", "performer"): Exchange("RRI", "I13"),
    ("information_provided", "hub"): Exchange("REF", "I13"),
}
_STATUS_TEXTS = {"A": "Accepted", "P": "Pending", "R": "Rejected", "E": "Expired"}
#: From the hub's and FHIR's words to table 0280.
_PRIORITIES = {
    "stat": "S", "emergency": "S", "urgent": "A", "asap": "A", "routine": "R",
    "s": "S", "a": "A", "r": "R",
}  # fmt: skip
_OWN_TABLE = "99CAREHUB"
_SIDES = frozenset({"requester", "performer", "hub"})
#: Who says what both can say, where that is not told.
_SPEAKER = {"information_requested": "performer", "information_provided": "requester"}


class RriOptions(MessageOptions):
    """Options of ``hl7-rri``."""

    message: Literal["auto", "REF", "RRI"] = Field(
        default="auto",
        description=(
            "Type of message: auto follows who made the statement; a recipient that "
            "only ever refers, or is only ever referred to, may want one type."
        ),
    )


def render(notices: Sequence[Notice], options: RriOptions) -> Rendered:
    """Return the only notice of `notices` as one REF or RRI message.

    Raises NoEquivalentError and UnmappableError.
    """
    telling = Telling(only(notices), options)
    exchange = exchange_of(telling.event.type, leaf(at(telling.payload, "by")) or "")
    if options.message != "auto":
        exchange = exchange._replace(family=options.message)
    return message(telling, _lines(telling, exchange))


def exchange_of(kind: str, by: str = "") -> Exchange:
    """Return the message of a type of event that `by` caused.

    Where nobody says by whom, the performer asks and the requester answers. A draft, a
    dispute and what belongs to the past have none: raises NoEquivalentError.
    """
    family, _, name = kind.partition(".")
    exchange = EXCHANGES.get(name) if family == "referral" else None
    if exchange is None and family == "referral":
        spoken = by if by in _SIDES else _SPEAKER.get(name, "")
        exchange = EITHER_SAYS.get((name, spoken))
    if exchange is None:
        raise NoEquivalentError(f"hl7-rri, {kind}")
    return exchange


def _lines(telling: Telling, exchange: Exchange) -> Iterator[Line]:
    family, trigger = exchange.family, exchange.trigger
    yield header(telling, family, trigger, f"{family}_I12")
    yield _referral(telling, exchange)
    yield from _authorisation(telling)
    yield from providers(telling)
    yield person.pid(telling)
    yield from person.beside(telling)
    yield from person.restriction(telling)
    if family == "REF":
        yield from person.relatives(telling)
        yield from visit.coverage(telling)
    yield from visit.diagnoses(telling)
    yield from _service(telling, family)
    yield from _notes(telling, family)


def _referral(telling: Telling, exchange: Exchange) -> Line:
    payload = telling.payload
    fields: dict[int, Content] = {
        1: _status(telling, exchange),
        2: _priority(at(payload, "priority")),
        3: coded(at(payload, "type")),
        4: coded(at(payload, "disposition")),
        5: coded(at(payload, "category")),
        6: _number(telling, "placer"),
        7: telling.moment(at(payload, "effective")),
        8: telling.moment(at(payload, "expiry")),
        9: telling.occurred,
        10: _reason(telling, exchange.family),
        11: _number(telling, "filler"),
    }
    return Line("RF1", fields)


def _reason(telling: Telling, family: Family) -> Repetition:
    """Return RF1-10: why it is asked for, or why the performer answers so."""
    if telling.event.type == "referral.entered_in_error":
        return ("entered-in-error", "Entered in error", _OWN_TABLE)
    name = "reason" if family == "REF" else "status_reason"
    return worded(at(telling.payload, name))


def _status(telling: Telling, exchange: Exchange) -> Repetition:
    name = telling.event.type.partition(".")[2]
    state = leaf(at(telling.payload, "state")) or name
    status = exchange.status
    known = (status, _STATUS_TEXTS[status], "HL70283") if status else ("", "", "")
    return (*known, state, state.replace("_", " "), _OWN_TABLE)


def _priority(value: Any) -> Repetition:
    stated = leaf(value)
    code = _PRIORITIES.get(stated.lower()) if stated else None
    return (code, stated, "HL70280") if code else coded(value)


def _number(telling: Telling, who: str) -> Repetition:
    """Return a referral's number (EI); RF1-6 is required, so the hub's own may do."""
    stated = entity(at(telling.payload, "identifiers", who))
    if stated or who != "placer":
        return stated
    return entity(telling.event.entity.key, telling.notice.hub)


def _authorisation(telling: Telling) -> Iterator[Line]:
    number = at(telling.payload, "authorization_ref")
    if not number:
        return
    stated = at(telling.payload, "authorization")
    payer = at(stated, "payer")
    named = isinstance(payer, str)
    fields: dict[int, Content] = {
        1: coded(at(stated, "plan")),
        2: "" if named else coded(payer),
        3: leaf(payer) if named else "",
        4: telling.moment(at(stated, "effective")),
        5: telling.moment(at(stated, "expiry")),
        6: entity(number),
        8: leaf(at(stated, "requested")),
        9: leaf(at(stated, "authorized")),
    }
    yield Line("AUT", fields)


def _service(telling: Telling, family: Family) -> Iterator[Line]:
    """Yield OBR, what is asked for, by when and for when, and OBX, what was found.

    Whoever answers says when they see the person (OBR-36, Scheduled Date/Time).
    """
    wanted = at(telling.payload, "service_requested")
    desired = telling.moment(at(telling.payload, "desired_by"))
    found = findings(telling, at(telling.payload, "observations"))
    met = at(telling.payload, "appointment", "at") if family == "RRI" else None
    if not (wanted or desired or found or met):
        return
    # Before 2.7 the requester's wish had a field of its own.
    place = 6 if telling.version < (2, 7) else 36
    fields: dict[int, Content] = {
        1: "1",
        2: _number(telling, "placer"),
        3: _number(telling, "filler"),
        4: worded(wanted),
        place: desired,
    }
    if met:
        fields[36] = telling.moment(met)
    yield Line("OBR", fields)
    yield from found


#: What RF1 has no place for, as notes a person can read.
_NOTES = (
    ("Status reason", "status_reason", "REF"),
    ("Reason", "reason", "RRI"),
    ("Outcome", "outcome", ""),
    ("", "note", ""),
)


def _notes(telling: Telling, family: Family) -> Iterator[Line]:
    stated = [
        f"{label}: {text}" if label else text
        for label, name, only_in in _NOTES
        if only_in in {"", family} and (text := texts(at(telling.payload, name)))
    ]
    if at(telling.payload, "safety", "contact_prohibited") is True:
        stated.append("Safety: Do not contact the person directly")
    for number, text in enumerate(stated, start=1):
        yield Line("NTE", {1: str(number), 3: Formatted(text)})


RRI = RendererSpec(
    name="hl7-rri",
    options=RriOptions,
    render=render,
    summary="One notice about a referral as an HL7 v2 REF or RRI message.",
    unspoken=frozenset(
        {"referral.drafted", "referral.conflict", "referral.history_added"}
    ),
)
