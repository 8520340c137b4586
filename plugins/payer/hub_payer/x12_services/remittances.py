"""835: what was paid of claims. It is compared, never corrected. Pure.

    BPR02           = Σ CLP04 - Σ PLB
    CLP03 - Σ CAS   = CLP04    of the claim and of its lines
    SVC02 - Σ CAS   = SVC03    of a line

Source: X12 005010X221A1, balancing, as far as it is public; bad input 3.2, number 19.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from hub.sdk import Item, Row, RowProblem
from hub_payer.people import Somebody
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.legible import MARK
from hub_payer.x12_services.parties import Found, find, party_of, system_of
from hub_payer.x12_services.units import MOST_SEGMENTS
from hub_payer.x12_services.values import amount_of, day_of, plain

_ZERO = Decimal(0)
#: Reason, amount and quantity come six times in a CAS, the first at its second place.
_ADJUSTMENTS = range(2, 20, 3)
_MOST_ADJUSTMENTS = 50
_encode = msgspec.json.Encoder().encode


class Adjustment(Struct, frozen=True):
    """What was taken off, for which group and reason (CAS)."""

    group: str
    reason: str
    amount: str


class Remittance(
    Somebody, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind",
    tag="remittance",
):  # fmt: skip
    """What an 835 says of one claim: the body of a row. `status` is CLP02."""

    claim: str
    status: str
    charged: str = ""
    paid: str = ""
    patient_owes: str = ""
    payer_claim: str = ""
    provider: str = ""
    provider_id: str = ""
    provider_system: str = ""
    payer: str = ""
    payer_id: str = ""
    paid_on: str = ""
    facility_type: str = ""
    frequency: str = ""
    balanced: bool = True
    adjustments: tuple[Adjustment, ...] = ()


class Payment(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind",
    tag="payment",
):  # fmt: skip
    """What an 835 says of itself; there is nobody in it."""

    trace: str = ""
    amount: str = ""
    paid_on: str = ""
    claims: int = 0
    balanced: bool = True


class Unattributed(Struct, frozen=True, tag_field="kind", tag="unattributed"):
    """That a claim was paid of somebody who cannot be known."""


class _Books:
    """What has been paid so far, and what stands above the claims."""

    def __init__(self) -> None:
        self.header: list[Segment] = []
        self.paid = _ZERO
        self.claims = 0
        self.provider_adjustments = _ZERO
        self.readable = True

    @property
    def paid_on(self) -> str:
        bpr = find(self.header, "BPR")
        return day_of(bpr[16]) if bpr else ""


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield a row for each claim of an 835, and one for the payment."""
    books, claim = _Books(), list[Segment]()
    for segment in segments:
        if segment.id in {"CLP", "LX", "PLB"} and claim:
            yield _row(claim, books, profile, place)
            claim = []
        if segment.id == "CLP":
            claim = [segment]
        elif segment.id == "PLB":
            _adjust(books, segment)
        elif segment.id != "LX":
            part = claim or books.header
            if len(part) < MOST_SEGMENTS:
                part.append(segment)
    if claim:
        yield _row(claim, books, profile, place)
    yield _payment(books, place)


def _adjust(books: _Books, plb: Segment) -> None:
    """Add the amounts of a PLB; an amount that is none makes the sum unknown."""
    for number in range(4, len(plb) + 1, 2):
        amount = amount_of(plb[number]) if plb[number] else _ZERO
        books.readable &= amount is not None
        books.provider_adjustments += amount or _ZERO


def _payment(books: _Books, place: Place) -> Row:
    bpr, trn = find(books.header, "BPR"), find(books.header, "TRN")
    total = amount_of(bpr[2]) if bpr else None
    problems = [] if bpr else [RowProblem("x12.segment_missing", "BPR")]
    warnings = []
    if bpr and total is None:
        problems.append(RowProblem("x12.amount", "BPR02"))
    expected = books.paid - books.provider_adjustments
    balanced = books.readable and total == expected
    if not problems and not balanced:
        warnings.append(RowProblem("x835.payment_balance", "BPR02"))
    if bpr and bpr[16] and not books.paid_on:
        warnings.append(RowProblem("x12.date", "BPR16"))
    said = Payment(
        trace=trn[2] if trn else "",
        amount=plain(total) if total is not None else "",
        paid_on=books.paid_on,
        claims=books.claims,
        balanced=balanced,
    )
    return Row(
        number=next(place.rows),
        key=f"835:{place.isa.control}:{place.transaction.control}",
        op="once",
        body=b"null" if problems else _encode(said),
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def _row(
    claim: Sequence[Segment], books: _Books, profile: X12Profile, place: Place
) -> Row:
    clp = claim[0]
    books.claims += 1
    paid = amount_of(clp[4])
    books.readable &= paid is not None
    books.paid += paid or _ZERO
    found = _patient(claim, system_of(profile, place, payer_sends=True))
    problems = [*found.problems, *_check(clp)]
    warnings = list(found.warnings)
    body = b"null" if problems else _encode(Unattributed())
    if found.person and not problems:
        wrong = _unbalanced(claim)
        warnings += wrong
        body = _encode(_remittance(claim, books, found, balanced=not wrong))
    return Row(
        number=next(place.rows),
        key=f"835:{place.isa.control}:{place.transaction.control}:{clp.place}",
        op="once",
        body=body,
        problems=tuple(dict.fromkeys(problems)),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _patient(claim: Sequence[Segment], system: str) -> Found:
    """Return who was treated (NM1 QC), or nobody where a number would be another's.

    A dependent without a number is not the insured, and without a day of birth is
    nobody who can be known.
    """
    patient, insured = find(claim, "NM1", "QC"), find(claim, "NM1", "IL")
    who = patient or insured
    if who is None:
        return Found(problems=(RowProblem("x12.member_missing", "NM109"),))
    number = who[9].strip()
    if not number and insured and (who[3], who[4]) == (insured[3], insured[4]):
        number = insured[9].strip()
    corrected = find(claim, "NM1", "74")
    if corrected and corrected[9].strip() and who[9].strip():
        number = corrected[9].strip()
    if MARK in number:
        return Found(problems=(RowProblem("x12.charset", "NM109"),))
    if not number:
        return Found(warnings=(RowProblem("x12.member_missing", "NM109"),))
    person = Somebody(
        system=system,
        member_id=number,
        family_name=who[3],
        given_name=who[4],
        middle_name=who[5],
    )
    return Found(person)


def _check(clp: Segment) -> Iterator[RowProblem]:
    for number, name in ((1, "CLP01"), (2, "CLP02")):
        if not clp[number].strip():
            yield RowProblem("x12.element_missing", name)
    for number, name in ((3, "CLP03"), (4, "CLP04")):
        if amount_of(clp[number]) is None:
            yield RowProblem("x12.amount", name)
    if clp[5] and amount_of(clp[5]) is None:
        yield RowProblem("x12.amount", "CLP05")


def _unbalanced(claim: Sequence[Segment]) -> list[RowProblem]:
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


def _remittance(
    claim: Sequence[Segment], books: _Books, found: Found, *, balanced: bool
) -> Remittance:
    clp = claim[0]
    payee, payer = find(books.header, "N1", "PE"), find(books.header, "N1", "PR")
    provider = party_of(payee) if payee else None
    insurer = party_of(payer) if payer else None
    person = msgspec.structs.asdict(found.person) if found.person else {}
    return Remittance(
        **person,
        claim=clp[1].strip(),
        status=clp[2].strip(),
        charged=_amount(clp[3]),
        paid=_amount(clp[4]),
        patient_owes=_amount(clp[5]),
        payer_claim=clp[7],
        facility_type=clp[8],
        frequency=clp[9],
        provider=provider.name if provider else "",
        provider_id=provider.number if provider else "",
        provider_system=provider.system if provider else "",
        payer=insurer.name if insurer else "",
        payer_id=insurer.number if insurer else "",
        paid_on=books.paid_on,
        balanced=balanced,
        adjustments=tuple(_adjustments(claim))[:_MOST_ADJUSTMENTS],
    )


def _adjustments(claim: Sequence[Segment]) -> Iterator[Adjustment]:
    for segment in claim:
        if segment.id != "CAS":
            continue
        for place in _ADJUSTMENTS:
            if segment[place]:
                yield Adjustment(
                    segment[1], segment[place], _amount(segment[place + 1])
                )


def _amount(text: str) -> str:
    found = amount_of(text)
    return plain(found) if found is not None else ""
