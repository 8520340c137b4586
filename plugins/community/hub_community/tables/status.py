"""The normaliser ``referral-status-csv``: what a partner answers, row by row. Pure.

A row is one statement about one referral. Partners send the same list again with some
rows more: what a row has said it has said, and only what is new has an effect.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    Row,
    RowMessage,
    RowProblem,
    Shown,
    Totals,
    statement_fact,
)
from hub_community.tables.answers import (
    EXPLAINED,
    SPOKEN,
    Answer,
    key_of,
    statement_of,
)
from hub_community.tables.cutting import Cut, cuts, lines
from hub_community.tables.errors import StatusHeaderError, StatusRowError
from hub_community.tables.moments import day_of, when
from hub_community.tables.profile import StatusProfile
from hub_community.tables.words import ALIASES, OUTCOMES, folded, statuses

#: What no row can do without.
NEEDED = ("referral", "status")
_SEPARATORS = (",", ";", "\t", "|")
_LONGEST: Mapping[str, int] = {"referral": 100, "numbered_by": 200}
_LONGEST_NAME, _LONGEST_TEXT = 100, 2000
#: What stands in a row before anybody has answered in it.
_NO_ANSWER = frozenset({"referral", "numbered_by", "worker", "role"})
_NAMES = frozenset({"worker", "role"})
_ENDS = frozenset({"completed", "failed", "outcome_reported", "outcome_amended"})
_BOOKED = frozenset({"scheduled", "appointment_booked", "appointment_rescheduled"})
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]")
_LOST = re.compile("[\ud800-\udfff]")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(RowMessage).decode


class _Table(NamedTuple):
    places: Mapping[str, int]
    width: int
    rows: Iterator[Cut]


_read_answer = msgspec.json.Decoder(Answer).decode


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
        statement = statement_of(message, _read_answer(message.row), profile)
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
        answer = Answer(
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
        why = says in EXPLAINED and not (answer.reason or answer.explanation)
        warnings = (RowProblem("reason.missing", "reason"),) if why else ()
        return Row(
            number=number, key=key_of(answer), body=_encode(answer), warnings=warnings
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
        if says in SPOKEN and not (said.get("message") or said.get("explanation")):
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
