"""What a partner is told about a file of theirs: how it was taken, row by row.

Of what was in the file it repeats the sender's own key of a row, and nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from hub.coordination.exchanges.findings import Counts
from hub.coordination.exchanges.reasons import REASONS
from hub.coordination.exchanges.row_codes import ROW_CODES
from hub.errors import HubError
from hub.model.files import Acknowledged, ExchangeState, RowProblem

#: What holds a file, and the states in which that is still open.
_HOLDING = frozenset(
    code for code, words in REASONS.items() if words.summary.startswith("Held:")
)
_OPEN = frozenset({ExchangeState.RECEIVED.value, ExchangeState.HELD.value})
#: Rows that are listed; how many more there are is only counted.
MOST_LISTED = 100_000


class Listing(NamedTuple):
    """A row, or a record, that a person should look at, and why.

    `number` is 0 of a record that is not in the file.
    """

    place: int
    number: int
    key: str
    code: str
    column: str = ""


class ResponseFacts(Struct, frozen=True, kw_only=True):
    """What a response says.

    `status` is the state of the exchange, and `reason` and `error_code` say why.
    `stated` is how many rows the file says it has, where it does. `problems` are of
    the file as a whole, `rows` those listed, and `unlisted` counts the others.
    `meanings` says what codes of rows mean, of the reader and of the gate, and
    `warned` are the codes that keep no row from being used. Of a `plain` file each
    row is a message, and nothing is known of records. `answers` is how many answers
    to files of ours it has, and `unmatched` are those to what we did not send.
    """

    exchange: str
    name: str
    sha256: bytes
    received_at: datetime
    status: str
    reason: str = ""
    error_code: str = ""
    counts: Counts = Counts()
    stated: int | None = None
    problems: tuple[RowProblem, ...] = ()
    rows: Sequence[Listing] = ()
    unlisted: int = 0
    meanings: Mapping[str, str] = {}
    warned: frozenset[str] = frozenset()
    plain: bool = False
    answers: int = 0
    unmatched: Sequence[Acknowledged] = ()


def meanings(row_codes: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return what each code of a row or a file means, in a sentence.

    `row_codes` are those of the reader, see `NormaliserSpec`. What to do is written
    for the hub's own people (ask the partner, approve it, set `band`): the partner is
    not told.
    """
    of_rows = {**row_codes, **ROW_CODES}
    reasons = {code: sentences(words.summary) for code, words in REASONS.items()}
    return reasons | {code: sentences(words[0]) for code, words in of_rows.items()}


def is_said(code: str, state: str) -> bool:
    """Say whether a problem of a file as a whole still is one in a state.

    What only a person can decide about is none once the file is decided: it was
    approved, or something else speaks against it.
    """
    return state in _OPEN or code not in _HOLDING


def reason_in_words(reason: str, error_code: str = "") -> str:
    """Return why a file was taken as it was; empty where it is not catalogued.

    What to do about it is for the hub's own people, and is not told.
    """
    error = HubError.catalogue.get(error_code)
    if error is not None:
        return sentences(error.summary)
    known = REASONS.get(reason)
    return sentences(known.summary) if known else ""


def sentences(*parts: str) -> str:
    """Return `parts`, which end without a full stop, as sentences."""
    return " ".join(f"{part}." for part in parts if part)


def meaning_of(code: str, row_codes: Mapping[str, tuple[str, ...]]) -> str:
    """Return what a reason, or a code of a row or an error, means; empty if unknown.

    `row_codes` are those of the reader, see `NormaliserSpec`.
    """
    known = row_codes.get(code) or ROW_CODES.get(code)
    return sentences(*known) if known else reason_in_words(code, code)
