"""Files as partners exchange them: what is in one, and what becomes of it.

A normaliser that can `read` a file yields a `Heading` first, then each `Row`, and
what else the file states; the gate decides, and only then do rows become messages.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from msgspec import Raw, Struct

#: What a file says about the records that are not in it (domain 6.3). ``full``: they
#: are gone; ``cumulative``: they are settled; ``audit``: somebody should look at them
#: (R-PAY-01); ``delta`` and ``append``: nothing.
Semantics = Literal["full", "delta", "append", "cumulative", "audit"]

#: What a row does. ``set`` and ``end`` are about a record that the hub remembers by
#: its key; ``once`` is a statement that stands by itself.
RowOp = Literal["set", "end", "once"]

#: How a partner's answer to one of our files, or ours to theirs, turned out.
Acceptance = Literal["accepted", "partly", "rejected"]

#: What stands in the body of a reply or an artifact where its number is due: nine
#: digits, gap-free for each partner.
NUMBER_MARK = b"{carehub:number9}"


class ExchangeState(StrEnum):
    """Where a file is on its way."""

    RECEIVED = "received"  # here whole; waits to be checked
    HELD = "held"  # checked; waits for a person to approve it
    REJECTED = "rejected"  # nothing of it was or will be used
    DUPLICATE = "duplicate"  # was here before, byte for byte
    APPLYING = "applying"  # permitted; on its way into the store
    APPLIED = "applied"  # in force
    SENDING = "sending"  # ours: it has a number and is on its way out
    SENT = "sent"  # ours: the partner's server has it
    ACKNOWLEDGED = "acknowledged"  # ours: the partner said that it took it
    REFUSED = "refused"  # ours: the partner said that it did not take it
    OVERDUE = "overdue"  # ours: the partner should have answered by now


class Listed(Struct, frozen=True, kw_only=True):
    """A file as a server lists it.

    `path` is data: never a local path, and shown to nobody unasked. `modified` is in
    seconds by the server's clock, which is compared with nothing but itself.
    """

    path: str
    size: int
    modified: int


class Ticket(Struct, frozen=True, kw_only=True):
    """The right to fetch one file, which nobody else has for now.

    `spool` is the local path to write its bytes to, of which `offset` are there from
    an earlier try.
    """

    id: str
    listed: Listed
    spool: str
    offset: int = 0


class Reply(Struct, frozen=True, kw_only=True):
    """A file that answers another one: a response file, a TA1, a 999.

    `body` may hold `NUMBER_MARK`; the hub replaces it. `suffix` starts with a dot.
    """

    kind: str
    body: bytes
    suffix: str


class Answer(Struct, frozen=True, kw_only=True):
    """What a source still has to do about a file that it delivered.

    `replies` are names and bodies to put where the partner looks for answers; then
    the file is moved to `place`. `exchange` names the file to `ExchangeDesk.done`.
    """

    exchange: str
    listed: Listed
    place: Literal["processing", "archive", "error"]
    replies: tuple[tuple[str, bytes], ...] = ()


class RowProblem(Struct, frozen=True):
    """What is wrong with a row: a code of the catalogue and where, never what."""

    code: str
    column: str = ""


class Membership(Struct, frozen=True, kw_only=True):
    """That somebody is on the panel that a file feeds, under a number of theirs.

    Days include both ends; None is open. What ends before it begins never holds, and
    is stated all the same: without any membership a record counts as active.
    """

    system: str
    value: str
    patient_id: str = ""
    since: date | None = None
    until: date | None = None


class Heading(Struct, frozen=True, kw_only=True):
    """What a file says about itself before its rows.

    `kind` is what people call it (``roster``, ``834``), `control` the sender's number
    for it, `sequence` its place in a series, and `said` when it was made, None where
    it does not say. `test` is a file that is not to be used. `note` is how it says so
    (``BGN08=4``), for operators.
    """

    kind: str
    semantics: Semantics
    control: str = ""
    sequence: int | None = None
    period: str = ""
    said: datetime | None = None
    test: bool = False
    note: str = ""


class Row(Struct, frozen=True, kw_only=True):
    """One record of a file.

    `number` counts from 1 as people count them in that file. `key` makes it the same
    record in the next file. `body` is a JSON value that says all that the row does,
    and is the same whenever the row says the same. A row with `problems` is not used;
    `warnings` change nothing.
    """

    number: int
    key: str
    body: bytes = b"null"
    op: RowOp = "set"
    memberships: tuple[Membership, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    warnings: tuple[RowProblem, ...] = ()


class Totals(Struct, frozen=True, kw_only=True):
    """What a file says at its end about itself, and whether it is true.

    `stated` is None where it says nothing. `problems` are what does not agree.
    """

    stated: int | None = None
    problems: tuple[RowProblem, ...] = ()


class Acknowledged(Struct, frozen=True, kw_only=True):
    """A partner's answer to one of our files.

    `of` is our file's name or its nine-digit number; `codes` are the partner's.
    """

    of: str
    kind: str
    acceptance: Acceptance
    codes: tuple[str, ...] = ()


#: What a reader yields.
Item = Heading | Row | Totals | Acknowledged | Reply


class FileContext(Struct, frozen=True, kw_only=True):
    """What is known of a file besides its bytes.

    `groups` are the named groups of the source's pattern, as its name has them.
    """

    name: str
    received_at: datetime
    groups: dict[str, str] = {}


class RowMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of the message that a row becomes, once its file is applied.

    `row` is what the row said, or what it had said where it ended; `before` what the
    same record had said. `said` is when the file was made, else when it came.
    """

    op: RowOp
    key: str
    row: Raw
    said: datetime
    exchange: str
    number: int = 0
    before: Raw = Raw(b"null")


#: The media type of such a message.
ROW_MEDIA_TYPE = "application/vnd.carehub.row+json"
