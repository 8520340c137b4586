"""What the store shows of files that are exchanged. The field names are a contract."""

from typing import Any

import msgspec
from msgspec import Struct

from hub.coordination.exchanges.gate import History
from hub.coordination.exchanges.responses import is_said
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.exchanges.replies import ReplyRow
from hub.store.journal import moment
from hub.store.views import Instant


class ProblemView(Struct, frozen=True, kw_only=True):
    """What is wrong with a file as a whole, or speaks against it."""

    code: str
    column: str


class ExchangeView(Struct, frozen=True, kw_only=True):
    """A file that came from a partner (``in``) or went to one (``out``).

    `state` is where it is on its way, and `reason` and `error_code` say why. `feed` is
    the source or destination, `kind` what such files are called, `control` the
    sender's number for it and `number` ours. `rows` is how many changes it makes, of
    which `fed` became messages. `actor` is who decided about it, "" where nobody had
    to. `kept` says whether its bytes are there. Times are null until they come.
    """

    id: str
    direction: str
    feed: str
    partner: str
    kind: str
    name: str
    state: str
    reason: str
    error_code: str
    size: int
    sha256: str
    control: str
    number: int
    rows: int
    fed: int
    actor: str
    received_at: Instant
    checked_at: Instant | None
    settled_at: Instant | None
    answered_at: Instant | None
    due_at: Instant | None
    kept: bool


class RowView(Struct, frozen=True, kw_only=True):
    """A row that somebody should look at: not taken, or a record that is missing.

    `number` is the row in the file, 0 of a record that is not in it, `key` the
    sender's own, and `code` says what is wrong.
    """

    place: int
    number: int
    key: str
    code: str
    column: str


class ReplyView(Struct, frozen=True, kw_only=True):
    """A reply to a file; `given_at` is when its partner could find it."""

    place: int
    kind: str
    name: str
    number: int
    size: int
    given_at: Instant | None


class ActView(Struct, frozen=True, kw_only=True):
    """What happened to a file, as the audit has it: who did what, and why."""

    at: Instant
    action: str
    actor: str
    role: str
    why: str


class CodeView(Struct, frozen=True, kw_only=True):
    """A reason or a code, and what it means."""

    code: str
    meaning: str


class BeforeView(Struct, frozen=True, kw_only=True):
    """What was before a file in its feed, as its gate would see it now.

    Exchanges with the same bytes, and with the same name or control number and other
    bytes; empty where there is none. `rows` are how many the last files had.
    """

    same_bytes: str
    same_name: str
    same_control: str
    last_sequence: int | None
    rows: list[int]


class AnswerView(Struct, frozen=True, kw_only=True):
    """The partner's file that answered one of ours."""

    id: str
    name: str


class ExchangeDetail(ExchangeView, frozen=True, kw_only=True):
    """A file with what it says of itself, how much is in it, and how it was answered.

    `heading` is what stands before its rows, `counts` numbers by name, `problems` are
    of the file as a whole, without those that held it, once it is held no more.
    `rejected_rows` are the first of those that are listed.
    `answer` is where its partner finds it, or is to find it, "" while nobody moves it.
    `before` is null of a file of ours, and `answered_by` is the file that last changed
    what is known of it, null where none did. `history` is what was done, oldest first,
    and `meanings` say what the codes in here mean.
    """

    heading: dict[str, Any]
    counts: dict[str, int | None]
    problems: list[ProblemView]
    rejected_rows: list[RowView]
    replies: list[ReplyView]
    answer: str
    before: BeforeView | None = None
    answered_by: AnswerView | None = None
    history: list[ActView] = []
    meanings: list[CodeView] = []


class FeedView(Struct, frozen=True, kw_only=True):
    """How far a feed of files is: its version in force, and how many records it has.

    `stated` is how many its partner said there are, at `said_at`.
    """

    feed: str
    version: int
    active: int
    stated: int | None
    said_at: Instant | None


_problems = msgspec.json.Decoder(list[ProblemView]).decode
_decode = msgspec.json.decode


def exchange_view(row: ExchangeRow) -> ExchangeView:
    """Return a file as it is shown."""
    return ExchangeView(**_shown(row))


def exchange_detail(
    row: ExchangeRow,
    rows: list[RowView],
    replies: list[ReplyRow],
    acts: list[ActView],
    before: History | None,
    answered_by: AnswerView | None = None,
) -> ExchangeDetail:
    """Return a file as it is shown in full."""
    return ExchangeDetail(
        heading=_decode(row.heading),
        counts=_decode(row.counts),
        problems=[
            each for each in _problems(row.problems) if is_said(each.code, row.state)
        ],
        rejected_rows=rows,
        replies=[_reply(each) for each in replies],
        answer=row.answer,
        before=before and BeforeView(**before._asdict() | {"rows": [*before.rows]}),
        answered_by=answered_by,
        history=acts,
        **_shown(row),
    )


def codes_of(detail: ExchangeDetail) -> list[str]:
    """Return the reasons and codes that stand in what is shown of a file, each once."""
    found = [detail.reason, detail.error_code]
    found += [each.code for each in detail.problems]
    found += [each.code for each in detail.rejected_rows]
    return [code for code in dict.fromkeys(found) if code]


def instant(microseconds: int | None) -> Instant | None:
    """Return a stored time as it is shown."""
    return None if microseconds is None else moment(microseconds)


def _shown(row: ExchangeRow) -> dict[str, Any]:
    names = ExchangeView.__struct_fields__
    shown = {name: getattr(row, name) for name in names}
    times = {name: instant(shown[name]) for name in names if name.endswith("_at")}
    return shown | times | {"sha256": row.sha256.hex(), "kept": bool(row.kept)}


def _reply(each: ReplyRow) -> ReplyView:
    return ReplyView(
        place=each.place,
        kind=each.kind,
        name=each.name,
        number=each.number,
        size=len(each.body),
        given_at=instant(each.given_at),
    )
