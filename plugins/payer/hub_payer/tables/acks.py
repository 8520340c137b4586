"""The normaliser ``ack-csv``: what a partner says of the files that it got from us."""

import re
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from pydantic import Field

from hub.sdk import (
    Acceptance,
    Acknowledged,
    FileContext,
    Item,
    Normalised,
    Row,
)
from hub_payer.tables.plan import Values
from hub_payer.tables.profile import Columns, TableProfile
from hub_payer.tables.reading import Shape, read_table

#: What is said of our file where a partner's word for it is not known.
UNKNOWN_WORD = "ack.status_unknown"
#: Words for how a file turned out.
WORDS: dict[str, Acceptance] = {
    **dict.fromkeys(
        (
            *("A", "AA", "ACK", "accepted", "accept", "ok", "success", "processed"),
            *("loaded", "complete", "completed", "applied", "angenommen", "0"),
        ),
        "accepted",
    ),
    **dict.fromkeys(
        (
            *("P", "E", "AE", "partial", "partly", "partially accepted"),
            *("accepted with errors", "warnings", "teilweise angenommen"),
        ),
        "partly",
    ),
    **dict.fromkeys(
        (
            *("R", "AR", "NAK", "rejected", "reject", "failed", "failure", "error"),
            *("refused", "abgelehnt", "fehler"),
        ),
        "rejected",
    ),
}
# Words may be about anybody: what has no digit in it is no code.
_CODE = re.compile(
    r"(?<![^\s,;|])(?=[^\s,;|]*[0-9])[A-Za-z0-9][A-Za-z0-9._:-]{0,39}(?![^\s,;|])"
)
_MOST_CODES = 50


class AckProfile(TableProfile):
    """What is to be known of a feed of acknowledgements.

    Its columns: `file`, the name of our file or its nine-digit number; `status`, the
    partner's word for what became of it; `codes`, why, with blanks, commas,
    semicolons or bars between them: what has no digit in it is a word and left out.
    """

    known: ClassVar[Columns] = {"file": "id", "status": "text", "codes": "text"}
    needed: ClassVar[tuple[str, ...]] = ("file", "status")

    words: dict[str, Acceptance] = Field(
        default=WORDS,
        description=(
            "What each word in `status` means, whatever its case. A word that is not"
            " here counts as `rejected`, so that somebody looks."
        ),
    )


def read(file: BinaryIO, profile: AckProfile, context: FileContext) -> Iterator[Item]:
    """Yield what became of our files. Raises NotTextError and errors of headers.

    A row with something wrong in it is a row with problems: it says nothing.
    """
    meanings = {word.casefold(): meaning for word, meaning in profile.words.items()}

    def make(read: Values, number: int) -> Item:
        said = read.values
        if read.problems:
            return Row(number=number, key="", op="once", problems=read.problems)
        acceptance = meanings.get(" ".join(said["status"].casefold().split()))
        codes = _CODE.findall(said.get("codes", ""))[:_MOST_CODES]
        known = () if acceptance else (UNKNOWN_WORD,)
        return Acknowledged(
            of=said["file"],
            kind="ack-csv",
            acceptance=acceptance or "rejected",
            codes=(*known, *codes),
        )

    return read_table(file, profile, context, Shape("ack", "append", {}, make))


def normalise(_body: bytes, _profile: AckProfile) -> Normalised:
    """Return that there is nothing for the core: acknowledgements are no rows."""
    return Normalised(unmapped="acknowledgement.is_no_row")
