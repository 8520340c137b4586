"""What reads the transaction sets of a kind. The kinds are in `registry`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from hub.sdk import FileContext, Item, Normalised, RowMessage
from hub_payer.x12.events import GroupBegin, Isa, TransactionBegin
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment


class Place(Struct, frozen=True):
    """Where a transaction set stands in its file.

    `rows` counts the rows of the whole file: each row takes its number from it.
    `said` is when the file was made by its own account, else when it came.
    """

    isa: Isa
    group: GroupBegin
    transaction: TransactionBegin
    context: FileContext
    rows: Iterator[int]
    said: datetime | None = None

    def key(self, *at: int) -> str:
        """Return the key of a row that is told once; `at` is where its segment is."""
        return ":".join(
            (
                self.transaction.kind,
                self.isa.control,
                self.transaction.control,
                *map(str, at),
            )
        )


class Handler(Protocol):
    """Reads one transaction set that has no fault in its envelope."""

    def __call__(
        self, segments: Iterator[Segment], profile: X12Profile, place: Place, /
    ) -> Iterator[Item]:
        """Yield rows (and `Acknowledged`) of what stands between ST and SE.

        Memory does not grow with the transaction set. Never raises for content:
        what is wrong with a row is in the row. The body of a row is a JSON object
        with a ``kind``, by which `registry.NORMALISERS` finds what understands it.
        """


class NormaliseRow(Protocol):
    """Turns the message of a row into facts."""

    def __call__(self, message: RowMessage, profile: X12Profile, /) -> Normalised:
        """Return facts and warnings. Pure; never raises for content."""
