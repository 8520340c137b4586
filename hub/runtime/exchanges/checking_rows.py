"""What a reader yields, on its way into the staging file.

Nothing of it is trusted: what is no row, or cannot be kept, is said so.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from hashlib import blake2b

import msgspec

from hub.coordination.exchanges.findings import Counts
from hub.coordination.exchanges.membership import is_active
from hub.coordination.exchanges.names import with_name
from hub.coordination.exchanges.responses import MOST_LISTED, Listing
from hub.model.files import (
    Acknowledged,
    Heading,
    Item,
    Reply,
    Row,
    RowProblem,
    Totals,
)
from hub.runtime.exchanges.errors import (
    MixedFileError,
    NoHeadingError,
    TooManyAnswersError,
)
from hub.store.exchanges.stage import UNUSED, Stage, StagedRow

#: No key is longer, in characters.
LONGEST_KEY = 512
#: Nor is what people call a file.
LONGEST_KIND = 64
#: No row says more, in bytes.
LARGEST_BODY = 1024 * 1024
#: Acknowledgements that one file may hold, and bytes of answers that it may lead to.
MOST_ACKNOWLEDGED = 100_000
LARGEST_REPLIES = 16 * 1024 * 1024
MOST_REPLIES = 10_000
#: Rows with warnings that are listed, and things that are said of a file as a whole.
MOST_WARNED = 1000
#: So many rows, or bytes of them, are written at once.
_PORTION, _PORTION_BYTES = 256, 512 * 1024
_LARGEST_NUMBER = 2**63 - 1

_encode = msgspec.json.Encoder().encode
_NONE = "[]"


class Rows:
    """Takes in what a reader yields. `tick` is called now and then."""

    def __init__(
        self, stage: Stage, received_at: datetime, tick: Callable[[], None]
    ) -> None:
        self._stage = stage
        self._received_at = received_at
        self._tick = tick
        self._day = received_at.date()
        self._rows: list[StagedRow] = []
        self._bytes = 0
        self._listed: list[Listing] = []
        self._replies = 0
        self.places = 0
        self.heading: Heading | None = None
        self.read = 0
        self.wrong = 0
        self.nameless = 0
        self.rejected: Counter[str] = Counter()
        self.warned: Counter[str] = Counter()
        self.stated: int | None = None
        self.totals: dict[RowProblem, None] = {}
        self.problems: dict[RowProblem, None] = {}
        self.acknowledgements: list[Acknowledged] = []
        self.replies: list[Reply] = []

    @property
    def day(self) -> date:
        """As of when members are active: the day of the file, else that of its coming.

        One that is made out to be of the future is of the day when it came.
        """
        said = self.heading.said if self.heading else None
        return min(said.date(), self._day) if said else self._day

    def take(self, items: Iterable[Item], groups: dict[str, str]) -> None:
        """Take in what a reader says of one file.

        Raises what the reader raises, and NoHeadingError, MixedFileError and
        TooManyAnswersError.
        """
        begun = False
        for item in items:
            if type(item) is Row and begun:
                self._take_row(item)
                continue
            if isinstance(item, Heading):
                begun = True
                self._take_heading(item, groups)
            elif not begun:
                raise NoHeadingError
            else:
                self._take_rest(item)
        if not begun:
            raise NoHeadingError

    @property
    def room(self) -> int:
        """How many rows can still be listed."""
        return MOST_LISTED - self.places

    def list(self, number: int, key: str, code: str, column: str = "") -> None:
        """List a row for people, where there is room."""
        if self.places < MOST_LISTED:
            self.places += 1
            self._listed.append(Listing(self.places, number, key, code, column))

    def flush(self) -> None:
        """Write what was taken in so far."""
        self._stage.put(self._rows)
        self._stage.list(self._listed)
        self._rows, self._listed, self._bytes = [], [], 0
        self._tick()

    def counts(self) -> Counts:
        """Return what is known before the file is compared."""
        right = self.read - self.wrong
        return Counts(
            read=self.read,
            accepted=right,
            rejected=self.wrong,
            nameless=self.nameless,
        )

    def _take_heading(self, heading: Heading, groups: dict[str, str]) -> None:
        heading, problems = with_name(heading, groups, self._received_at)
        _note(self.problems, problems)
        self.heading = _joined(self.heading, heading) if self.heading else heading

    def _take_rest(self, item: Item) -> None:
        match item:
            case Totals():
                if item.stated is not None:
                    self.stated = (self.stated or 0) + item.stated
                _note(self.totals, item.problems)
            case Acknowledged():
                self.acknowledgements.append(item)
            case Reply():
                self.replies.append(item)
                self._replies += len(item.body)
            case _:
                raise TypeError(f"a reader yielded {type(item).__name__}")
        if (
            len(self.acknowledgements) > MOST_ACKNOWLEDGED
            or len(self.replies) > MOST_REPLIES
            or self._replies > LARGEST_REPLIES
        ):
            raise TooManyAnswersError

    def _take_row(self, row: Row) -> None:
        self.read += 1
        number = min(max(row.number, 0), _LARGEST_NUMBER)
        key = _key(row.key)
        problems = row.problems or _unusable(row, key)
        if row.warnings:
            self._warn(number, key, row.warnings)
        if problems:
            self._reject(number, key, problems)
        else:
            self._accept(row, number, key)
        if len(self._rows) >= _PORTION or self._bytes > _PORTION_BYTES:
            self.flush()

    def _accept(self, row: Row, number: int, key: str) -> None:
        memberships = _encode(row.memberships).decode() if row.memberships else _NONE
        said = blake2b(row.body, digest_size=16)
        # A line feed is in no JSON value that is written compactly.
        said.update(b"\n" + memberships.encode())
        active = row.op == "set" and is_active(row.memberships, self.day)
        digest = said.digest()
        self._rows.append(
            StagedRow(number, key, row.op, active, digest, memberships, row.body)
        )
        self._bytes += len(row.body)

    def _reject(self, number: int, key: str, problems: tuple[RowProblem, ...]) -> None:
        self.wrong += 1
        self.rejected.update({problem.code for problem in problems})
        for problem in problems:
            self.list(number, key, problem.code, problem.column)
        if key:  # so that its record counts as there
            self._rows.append(StagedRow(number, key, UNUSED, False, b"", _NONE, b""))  # noqa: FBT003
        else:
            self.nameless += 1

    def _warn(self, number: int, key: str, warnings: tuple[RowProblem, ...]) -> None:
        for warning in warnings:
            if self.warned.total() < MOST_WARNED:
                self.list(number, key, warning.code, warning.column)
            self.warned[warning.code] += 1


def _note(noted: dict[RowProblem, None], problems: Iterable[RowProblem]) -> None:
    """Note each problem of a file once, and not too many of them."""
    for problem in problems:
        if len(noted) < MOST_WARNED:
            noted.setdefault(problem)


def _key(key: str) -> str:
    """Return a key as it can be kept, "" where it cannot."""
    if len(key) > LONGEST_KEY or "\0" in key:
        return ""
    if not key.isascii():
        try:
            key.encode()
        except UnicodeEncodeError:
            return ""
    return key


def _unusable(row: Row, key: str) -> tuple[RowProblem, ...]:
    """Return what the gate itself has against a row that its reader lets through."""
    if not key and row.op != "once":
        code = "row.key_unusable" if row.key else "row.key_missing"
        return (RowProblem(code),)
    if len(row.body) > LARGEST_BODY:
        return (RowProblem("row.too_large"),)
    if row.op not in {"set", "end", "once"}:
        raise TypeError("a reader yielded a row that does nothing known")
    return ()


def _joined(one: Heading, other: Heading) -> Heading:
    """Return the heading of a file of two parts. Raises MixedFileError.

    Parts of changes go together, and so do two lists; a list and changes do not.
    """
    semantics = one.semantics
    if semantics != other.semantics:
        if {semantics, other.semantics} != {"delta", "append"}:
            raise MixedFileError
        semantics = "delta"
    kinds = (
        one.kind if other.kind in one.kind.split("+") else f"{one.kind}+{other.kind}"
    )
    return Heading(
        kind=kinds[:LONGEST_KIND],
        semantics=semantics,
        control=one.control or other.control,
        sequence=one.sequence if one.sequence is not None else other.sequence,
        period=one.period or other.period,
        said=one.said or other.said,
        test=one.test or other.test,
        note=one.note or other.note,
    )
