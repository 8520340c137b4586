"""835: what was paid of claims. Pure.

Each claim (CLP) is a row, and so is the payment. Source: X12 005010X221A1, as far as
it is public.
"""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from hub.sdk import Item, Row, RowProblem
from hub_payer.people import Somebody
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.balancing import (
    Adjustment,
    Books,
    adjustments,
    unbalanced,
    written,
)
from hub_payer.x12_services.legible import MARK
from hub_payer.x12_services.parties import Found, find, party_of, system_of
from hub_payer.x12_services.units import MOST_SEGMENTS
from hub_payer.x12_services.values import amount_of, plain

_MOST_ADJUSTMENTS = 50
_encode = msgspec.json.Encoder().encode


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


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield a row for each claim of an 835, and one for the payment."""
    books, claim = Books(), list[Segment]()
    for segment in segments:
        if segment.id in {"CLP", "LX", "PLB"} and claim:
            yield _row(claim, books, profile, place)
            claim = []
        if segment.id == "CLP":
            claim = [segment]
        elif segment.id == "PLB":
            books.adjust(segment)
        elif segment.id != "LX":
            part = claim or books.header
            if len(part) < MOST_SEGMENTS:
                part.append(segment)
    if claim:
        yield _row(claim, books, profile, place)
    yield _payment(books, place)


def _payment(books: Books, place: Place) -> Row:
    bpr, trn = find(books.header, "BPR"), find(books.header, "TRN")
    total = amount_of(bpr[2]) if bpr else None
    problems = [] if bpr else [RowProblem("x12.segment_missing", "BPR")]
    warnings = []
    if bpr and total is None:
        problems.append(RowProblem("x12.amount", "BPR02"))
    balanced = books.balance(total)
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
        key=place.key(),
        op="once",
        body=b"null" if problems else _encode(said),
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def _row(
    claim: Sequence[Segment], books: Books, profile: X12Profile, place: Place
) -> Row:
    clp = claim[0]
    books.pay(clp)
    found = _patient(claim, system_of(profile, place, payer_sends=True))
    problems = [*found.problems, *_check(clp)]
    warnings = list(found.warnings)
    body = b"null" if problems else _encode(Unattributed())
    if found.person and not problems:
        wrong = unbalanced(claim)
        warnings += wrong
        body = _encode(_remittance(claim, books, found, balanced=not wrong))
    return Row(
        number=next(place.rows),
        key=place.key(clp.place),
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


def _remittance(
    claim: Sequence[Segment], books: Books, found: Found, *, balanced: bool
) -> Remittance:
    clp = claim[0]
    payee, payer = find(books.header, "N1", "PE"), find(books.header, "N1", "PR")
    provider = party_of(payee) if payee else None
    insurer = party_of(payer) if payer else None
    return Remittance(
        **found.fields,
        claim=clp[1].strip(),
        status=clp[2].strip(),
        charged=written(clp[3]),
        paid=written(clp[4]),
        patient_owes=written(clp[5]),
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
        adjustments=tuple(adjustments(claim))[:_MOST_ADJUSTMENTS],
    )
