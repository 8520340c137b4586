"""Whether the amounts of an 835 add up. They are compared, never corrected. Pure.

    BPR02           = Σ CLP04 - Σ PLB
    CLP03 - Σ CAS   = CLP04    of the claim and of its lines
    SVC02 - Σ CAS   = SVC03    of a line

Source: X12 005010X221A1, balancing, as far as it is public; bad input 3.2, number 19.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from hub.sdk import RowProblem
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.parties import find
from hub_payer.x12_services.values import amount_of, day_of, plain

_ZERO = Decimal(0)
#: Reason, amount and quantity come six times in a CAS, the first at its second place.
_ADJUSTMENTS = range(2, 20, 3)


class Adjustment(Struct, frozen=True):
    """What was taken off, for which group and reason (CAS)."""

    group: str
    reason: str
    amount: str


class Books:
    """What has been paid so far, and what stands above the claims."""

    def __init__(self) -> None:
        self.header: list[Segment] = []
        self.claims = 0
        self._sum = _ZERO
        self._readable = True

    @property
    def paid_on(self) -> str:
        """The day of the payment, ISO 8601; "" where it is none."""
        bpr = find(self.header, "BPR")
        return day_of(bpr[16]) if bpr else ""

    def pay(self, clp: Segment) -> None:
        """Count a claim, and add what was paid of it."""
        self.claims += 1
        self._add(clp[4])

    def adjust(self, plb: Segment) -> None:
        """Take off the amounts of a PLB."""
        for number in range(4, len(plb) + 1, 2):
            self._add(plb[number] or "0", sign=-1)

    def balance(self, total: Decimal | None) -> bool:
        """Say whether the claims and what was taken off them come to `total`."""
        return self._readable and total == self._sum

    def _add(self, text: str, sign: int = 1) -> None:
        """Add an amount; one that is none makes the sum unknown."""
        amount = amount_of(text)
        self._readable &= amount is not None
        self._sum += sign * (amount or _ZERO)


def unbalanced(claim: Sequence[Segment]) -> list[RowProblem]:
    """Return what does not add up, of the claim and of its lines."""
    wrong: dict[RowProblem, None] = {}
    total, line = _ZERO, None
    for segment in claim:
        if segment.id == "SVC":
            _check_line(line, wrong)
            line = _Line(segment)
        elif segment.id == "CAS":
            taken = _taken(segment)
            if taken is None:
                wrong[RowProblem("x12.amount", "CAS")] = None
                continue
            total += taken
            if line is not None:
                line.taken += taken
    _check_line(line, wrong)
    clp = claim[0]
    charged, paid = amount_of(clp[3]), amount_of(clp[4])
    if charged is not None and paid is not None and charged - total != paid:
        wrong[RowProblem("x835.claim_balance", "CLP04")] = None
    return list(wrong)


class _Line:
    """A service line, and what was taken off it so far."""

    def __init__(self, svc: Segment) -> None:
        self.charged = amount_of(svc[2])
        self.paid = amount_of(svc[3]) if svc[3] else _ZERO
        self.taken = _ZERO


def _check_line(line: _Line | None, wrong: dict[RowProblem, None]) -> None:
    if line is None:
        return
    if line.charged is None or line.paid is None:
        wrong[RowProblem("x12.amount", "SVC")] = None
    elif line.charged - line.taken != line.paid:
        wrong[RowProblem("x835.line_balance", "SVC03")] = None


def _taken(cas: Segment) -> Decimal | None:
    """Return the sum of a CAS, None where an amount of it is none."""
    total = _ZERO
    for place in _ADJUSTMENTS:
        if cas[place + 1]:
            amount = amount_of(cas[place + 1])
            if amount is None:
                return None
            total += amount
    return total


def adjustments(claim: Sequence[Segment]) -> Iterator[Adjustment]:
    """Yield what was taken off a claim and its lines."""
    for segment in claim:
        if segment.id != "CAS":
            continue
        for place in _ADJUSTMENTS:
            if segment[place]:
                yield Adjustment(
                    segment[1], segment[place], written(segment[place + 1])
                )


def written(text: str) -> str:
    """Return an amount as JSON holds it, "" where it is none."""
    found = amount_of(text)
    return plain(found) if found is not None else ""
