"""The normaliser ``referral-status-csv``: what a partner answers, row by row. Pure.

A row is one statement about one referral. Partners send the same list again with some
rows more: what a row has said it has said, and only what is new has an effect.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from itertools import chain
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from hub.sdk import (
    FileContext,
    Heading,
    HubError,
    Item,
    Normalised,
    Problem,
    Reason,
    RecordKey,
    ReferralOutcome,
    Reported,
    Row,
    RowMessage,
    RowProblem,
    Shown,
    Statement,
    Totals,
    statement_fact,
)
from hub_community.tables.cutting import Cut, cuts, lines
from hub_community.tables.errors import StatusHeaderError, StatusRowError
from hub_community.tables.moments import day_of, happened, instant, when
from hub_community.tables.profile import StatusProfile
from hub_community.tables.words import ALIASES, OUTCOMES, REASONS, folded, statuses

#: What no row can do without.
NEEDED = ("referral", "status")
_SEPARATORS = (",", ";", "\t", "|")
_LONGEST: Mapping[str, int] = {"referral": 100, "numbered_by": 200}
_LONGEST_NAME, _LONGEST_TEXT = 100, 2000
#: What stands in a row before anybody has answered in it.
_NO_ANSWER = frozenset({"referral", "numbered_by", "worker", "role"})
_NAMES = frozenset({"worker", "role"})
_ENDS = frozenset({"completed", "failed", "outcome_reported", "outcome_amended"})
_EXPLAINED = frozenset({"rejected", "on_hold", "failed", "cancelled"})
_BOOKED = frozenset({"scheduled", "appointment_booked", "appointment_rescheduled"})
_SPOKEN = frozenset({"information_requested", "message_added"})
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]")
_LOST = re.compile("[\ud800-\udfff]")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(RowMessage).decode

#: What each code of a row means, and what to do.
ROW_CODES: Mapping[str, tuple[str, str]] = {
    "row.too_long": (
        "A row has more than 65,000 characters",
        "Look for a missing line end, or for another kind of file inside this one",
    ),
    "row.quote": (
        "A quote stands where none can be, or is never closed",
        "Ask the partner to save the table anew; a quote inside of a cell is doubled",
    ),
    "row.width": (
        "A row has more cells than the header",
        "Ask the partner to quote cells that hold separators",
    ),
    "row.encoding": (
        "A row has bytes that are no text in the character set of the feed",
        "Ask the partner to save the table as UTF-8; or set `charset`",
    ),
    "row.control_character": (
        "A row has control characters, such as NUL",
        "Ask the partner to save the table anew",
    ),
    "column.empty": (
        "A cell is empty that no row may leave empty",
        "Ask the partner to fill it in",
    ),
    "value.too_long": (
        "A value is longer than this column's can be",
        "Ask the partner to shorten it",
    ),
    "status.unknown": (
        "A word for the status of a referral is not known",
        "Add it to `statuses`; the row is not used before",
    ),
    "outcome.unknown": (
        "A word for the outcome of a referral is not known",
        "Tell the partner which words there are",
    ),
    "outcome.missing": (
        "A referral has ended, and nobody says how",
        "Ask the partner to fill in `outcome`",
    ),
    "reason.missing": (
        "A referral was declined, held, or has failed, and nobody says why",
        "Ask the partner to fill in `reason` or `explanation`",
    ),
    "date.invalid": (
        "A day or time is not written as 2026-03-24 or 24.3.2026, and 14:30",
        "Ask the partner to correct it",
    ),
    "date.future": (
        "A day has not come yet on which something is said to have happened",
        "Ask the partner to correct it",
    ),
    "appointment.missing": (
        "An appointment was made, and nobody says when it is",
        "Ask the partner to fill in the day and the time",
    ),
}


class _Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a row: what it says, with times as the partner wrote them."""

    system: str
    referral: str
    says: str
    at: str = ""
    reason: str = ""
    explanation: str = ""
    outcome: str = ""
    appointment: str = ""
    message: str = ""
    worker: str = ""
    role: str = ""


class _Table(NamedTuple):
    places: Mapping[str, int]
    width: int
    rows: Iterator[Cut]


_read_answer = msgspec.json.Decoder(_Answer).decode


def read(
    file: BinaryIO, profile: StatusProfile, context: FileContext
) -> Iterator[Item]:
    """Yield a heading, the rows in their order, and the end.

    Raises NotATableError and StatusHeaderError.
    """
    yield Heading(kind="referral-status", semantics="append")
    table = _opened(lines(file, profile.charset), profile)
    reading = _Reading(profile, context)
    for cut in table.rows:
        if row := reading.row(cut, table):
            yield row
    yield Totals()


def normalise(body: bytes, profile: StatusProfile) -> Normalised:
    """Return the fact of one row; a problem where it is no row of such a table."""
    try:
        message = _decode(body)
        statement = _statement(message, _read_answer(message.row), profile)
        return Normalised(facts=(statement_fact(statement),))
    except (msgspec.MsgspecError, ValueError, OverflowError, HubError):
        return Normalised(problem=Problem(StatusRowError.code))


def outline(body: bytes, profile: StatusProfile) -> Sequence[Shown]:
    """Return what a row says, column by column; nothing where it is unreadable."""
    try:
        answer = _read_answer(_decode(body).row)
    except (msgspec.MsgspecError, ValueError):
        return []
    said = msgspec.structs.asdict(answer)
    return [
        Shown(path=name, name=profile.columns.get(name, ""), value=value)
        for name, value in sorted(said.items())
        if value
    ]


def _opened(source: Iterator[str | None], profile: StatusProfile) -> _Table:
    # Rows are numbered as a spreadsheet does: with the lines above them.
    first, above = next(source, None), 1
    while first is not None and not first.strip(" \t\u00a0,;|"):
        first, above = next(source, None), above + 1
    if first is None:
        raise StatusHeaderError("there is none")
    wanted = [profile.separator] if profile.separator else _SEPARATORS
    for separator in wanted:
        header = next(cuts(iter([first]), separator), Cut(1))
        places = _places(header.cells, profile)
        if all(name in places for name in NEEDED):
            rows = cuts(chain([""] * above, source), separator)
            return _Table(places, len(header.cells), rows)
    lacks = " and ".join(NEEDED)
    raise StatusHeaderError(f"it lacks {lacks}, or the separator is another one")


def _places(header: Sequence[str], profile: StatusProfile) -> dict[str, int]:
    cells = [folded(each) for each in header]
    places: dict[str, int] = {}
    for name, aliases in ALIASES.items():
        own = profile.columns.get(name)
        wanted = map(folded, [own] if own else aliases)
        found = (cells.index(each) for each in wanted if each in cells)
        place = next(found, None)
        if place is not None and place not in places.values():
            places[name] = place
    return places


class _Reading:
    """Reads the rows of one file."""

    def __init__(self, profile: StatusProfile, context: FileContext) -> None:
        self._profile = profile
        self._says = statuses(profile.statuses)
        zone = ZoneInfo(profile.time_zone)
        self._today = context.received_at.astimezone(zone).date()

    def row(self, cut: Cut, table: _Table) -> Row | None:
        """Return a row; None where a partner has not yet answered in it."""
        if cut.fault:
            return _wrong(cut.number, RowProblem(cut.fault))
        if any(each.strip() for each in cut.cells[table.width :]):
            return _wrong(cut.number, RowProblem("row.width"))
        whole = "".join(cut.cells)
        if _LOST.search(whole):
            return _wrong(cut.number, RowProblem("row.encoding"))
        if _CONTROL.search(whole):
            return _wrong(cut.number, RowProblem("row.control_character"))
        said = {
            name: cut.cells[place].strip(" \u00a0\t\n").removeprefix("'")
            for name, place in table.places.items()
            if place < len(cut.cells)
        }
        given = {name: value for name, value in said.items() if value}
        if not given.keys() - _NO_ANSWER:
            return None
        if "message" in given:
            # Who only writes a message has said what there is to say.
            given.setdefault("status", "message_added")
        return self._answer(cut.number, given)

    def _answer(self, number: int, said: Mapping[str, str]) -> Row:
        says = self._says.get(folded(said.get("status", "")), "")
        at = when(said["date"], said.get("time", "")) if "date" in said else ""
        meeting = self._meeting(said)
        outcome = OUTCOMES.get(folded(said.get("outcome", "")), "")
        problems = [
            *_unfit(said),
            *self._unsaid(said, says, at),
            *_unended(said, says, outcome),
            *_unmet(says, meeting),
        ]
        if problems:
            return _wrong(number, *problems)
        answer = _Answer(
            system=said.get("numbered_by", self._profile.system),
            referral=said["referral"],
            says=says,
            at=at or "",
            reason=said.get("reason", ""),
            explanation=said.get("explanation", ""),
            outcome=outcome,
            appointment=meeting or "",
            message=said.get("message", ""),
            worker=said.get("worker", ""),
            role=said.get("role", ""),
        )
        why = says in _EXPLAINED and not (answer.reason or answer.explanation)
        warnings = (RowProblem("reason.missing", "reason"),) if why else ()
        return Row(
            number=number, key=_key(answer), body=_encode(answer), warnings=warnings
        )

    def _meeting(self, said: Mapping[str, str]) -> str | None:
        if "appointment" not in said:
            return ""
        return when(said["appointment"], said.get("appointment_time", ""))

    def _unsaid(
        self, said: Mapping[str, str], says: str, at: str | None
    ) -> Iterator[RowProblem]:
        if "status" in said and not says:
            yield RowProblem("status.unknown", "status")
        if at is None:
            yield RowProblem("date.invalid", "date")
        elif at and day_of(at) > self._today:
            yield RowProblem("date.future", "date")
        if says in _SPOKEN and not (said.get("message") or said.get("explanation")):
            yield RowProblem("column.empty", "message")


def _unfit(said: Mapping[str, str]) -> Iterator[RowProblem]:
    for name in NEEDED:
        if name not in said:
            yield RowProblem("column.empty", name)
    for name, value in said.items():
        longest = _LONGEST_NAME if name in _NAMES else _LONGEST_TEXT
        if len(value) > _LONGEST.get(name, longest):
            yield RowProblem("value.too_long", name)


def _unended(said: Mapping[str, str], says: str, outcome: str) -> Iterator[RowProblem]:
    if "outcome" in said and not outcome:
        yield RowProblem("outcome.unknown", "outcome")
    elif says in _ENDS and not outcome:
        yield RowProblem("outcome.missing", "outcome")


def _unmet(says: str, meeting: str | None) -> Iterator[RowProblem]:
    if meeting is None:
        yield RowProblem("date.invalid", "appointment")
    elif says in _BOOKED and "T" not in meeting:
        yield RowProblem("appointment.missing", "appointment_time")


def _wrong(number: int, *problems: RowProblem) -> Row:
    return Row(number=number, key="", op="once", problems=problems)


def _key(answer: _Answer) -> str:
    """Return what makes a row the same answer in the next file."""
    spoken = answer.says in _SPOKEN
    text = answer.message or answer.explanation if spoken else ""
    what = hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
    parts = (answer.system, answer.referral, answer.says, answer.at, what)
    return "|".join(parts)


def _statement(
    message: RowMessage, answer: _Answer, profile: StatusProfile
) -> Statement:
    told = message.said
    told = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    zone = ZoneInfo(profile.time_zone)
    at, meeting = happened(answer.at, told, zone), _met(answer, zone)
    coded = REASONS.get(folded(answer.reason), "other" if answer.reason else "")
    words = answer.explanation or answer.reason
    why = Reason(coded, words) if coded or answer.says in _EXPLAINED else None
    known = msgspec.convert(answer.outcome, ReferralOutcome) if answer.outcome else None
    used = why is not None or known is not None
    return Statement(
        referral=RecordKey("referral", answer.system, answer.referral),
        by="performer",
        says=answer.says,
        at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        party=profile.party,
        name=answer.worker,
        role=answer.role,
        reason=why if why and (why.code or why.text) else None,
        outcome=Reported(known, answer.explanation) if known else None,
        appointment=meeting,
        text=answer.message or ("" if used else answer.explanation),
    )


def _met(answer: _Answer, zone: ZoneInfo) -> str:
    at = instant(answer.appointment, zone) if answer.appointment else None
    return at.isoformat(timespec="minutes") if at else ""
