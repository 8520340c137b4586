"""Rows of a 27x, an 835 or an 837 become facts: authorisations, coverages, claims.

They are records, never encounters: nothing here opens or closes a stay. Claims and
what was paid of them are restricted, and no event tells of them unless it is asked for
by its name (domain 6.1).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hub.sdk import (
    Fact,
    FactKind,
    FuzzyTime,
    Labels,
    Normalised,
    Provenance,
    RecordKey,
    RowMessage,
)
from hub_payer.moments import has_room, instant, whole_day
from hub_payer.people import Somebody, subject_of
from hub_payer.x12.profile import X12Profile
from hub_payer.x12_services.claims import VOIDS, Claim
from hub_payer.x12_services.eligibility import Eligibility, Inquiry
from hub_payer.x12_services.remittances import Payment, Remittance, Unattributed
from hub_payer.x12_services.reviews import Review

Body = Review | Eligibility | Inquiry | Claim | Remittance | Payment | Unattributed

_decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)
#: What a row is that says nothing of anybody's care.
_UNMAPPED: Mapping[type[Body], str] = {
    Payment: "remittance.payment",
    Unattributed: "remittance.nobody",
    Inquiry: "eligibility.inquiry",
}
_RESTRICTED = Labels("R", derived_by=("x12:claim",))
_DAY = len("2026-03-10")
#: Where in a second a statement was made, which nobody writes down.
_AT_ONCE, _ANSWERED = timedelta(), timedelta(microseconds=500_000)
_MOST_ROWS = 499_999


def normalise_service(message: RowMessage, profile: X12Profile) -> Normalised:
    """Return the facts of a row that `reviews`, `eligibility`, `claims` … wrote.

    Raises msgspec.ValidationError for a body that is none of theirs.
    """
    provenance = Provenance(message_id=f"{message.exchange}:{message.number}")
    body = _decoder.decode(message.row)
    facts = _facts(body, _Said(message, profile))
    if not facts:
        return Normalised(provenance=provenance, unmapped=_UNMAPPED[type(body)])
    return Normalised(provenance=provenance, facts=facts)


def _facts(body: Body, said: "_Said") -> tuple[Fact, ...]:
    match body:
        case Review():
            return (_review(body, said),)
        case Eligibility():
            return (_eligibility(body, said),)
        case Claim():
            return tuple(_claim(body, said))
        case Remittance():
            return (_remittance(body, said),)
        case Payment() | Unattributed() | Inquiry():
            return ()


class _Said:
    """When it was said, and where the payer's days begin."""

    def __init__(self, message: RowMessage, profile: X12Profile) -> None:
        self._at = _bounded(message.said)
        self._number = message.number
        self.zone = profile.time_zone
        self._later = _AT_ONCE

    def made(self, local: datetime | None, *, answers: bool = False) -> None:
        """Take the time at which the transaction set was made, if it says so.

        Within a second a row comes after those before it, and an answer after what
        it answers.
        """
        if local is not None:
            self._at = _bounded(local.replace(tzinfo=ZoneInfo(self.zone)))
        self._later = _ANSWERED if answers else _AT_ONCE

    def fact(
        self,
        person: Somebody,
        record: RecordKey,
        details: Mapping[str, Any],
        *,
        day: str = "",
        labels: Labels | None = None,
    ) -> Fact:
        """Return a fact about a record of somebody, `day` being when it happened."""
        occurred: FuzzyTime | None = whole_day(day[:_DAY], self.zone) if day else None
        recorded = instant(self._at)
        row = max(0, min(self._number, _MOST_ROWS))
        place = timedelta(microseconds=row) + self._later
        return Fact(
            kind=FactKind.RECORD,
            subject=subject_of(person),
            recorded=recorded,
            sent=msgspec.structs.replace(
                recorded, earliest=recorded.earliest + place, precision="fraction"
            ),
            occurred=occurred or recorded,
            record=record,
            details=dict(details),
            labels=labels,
        )


def _bounded(at: datetime) -> datetime:
    """Return a time with which one can reckon; what has no zone is in UTC."""
    if not has_room(at):
        raise msgspec.ValidationError("a time is out of bounds")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _review(body: Review, said: _Said) -> Fact:
    """Return what is known of an authorisation; what is left out says nothing."""
    details = _given(
        status=body.status,
        decision=body.decision,
        authorization_ref=body.number,
        reason=body.reason,
        reference=body.reference,
        review_type=body.review_type,
        certification=body.certification,
        service_type=body.service_type,
        setting=body.setting,
        period=_given(start=body.since, end=body.until),
        expires=body.expires,
        admitted=body.admitted,
        discharged=body.discharged,
        units=body.units,
        unit=body.unit,
        requester=_given(name=body.requester, id=body.requester_id),
        payer=_given(name=body.payer, id=body.payer_id),
        diagnoses=_listed(body.diagnoses),
        services=_listed(body.services),
        rejections=list(body.rejections),
    )
    said.made(body.made, answers=body.answers)
    key = RecordKey("authorization", f"278:{body.trace_system}", body.trace)
    return said.fact(body, key, details)


def _eligibility(body: Eligibility, said: _Said) -> Fact:
    """Return what a payer answered; each answer replaces the one before.

    It is a record beside the coverage that the payer's member list makes.
    """
    details = _replacing(
        status="verified" if body.active is not None else "",
        active=body.active,
        payer=_given(system="payer", value=body.payer_id, name=body.payer),
        plan=body.plan,
        member_id=body.member_id,
        subscriber_id=body.subscriber_id,
        relationship=body.relationship,
        period=_given(start=body.since, end=body.until),
        benefits=_listed(body.benefits),
        rejections=list(body.rejections),
        change_kind="verified",
    )
    said.made(body.made, answers=True)
    number = f"271:{body.payer_id}:{body.member_id}"
    return said.fact(body, RecordKey("coverage", body.system, number), details)


def _claim(body: Claim, said: _Said) -> list[Fact]:
    """Return what a claim says: it is there, in place of another one, or void."""
    system = _provider(body.provider_system, body.provider_id, body.system)
    key = RecordKey("claim", system, body.claim)
    facts = []
    if body.frequency == VOIDS:
        void = {"status": "retracted", "frequency": body.frequency}
        facts.append(said.fact(body, key, void, labels=_RESTRICTED))
    else:
        day = body.admitted or body.since
        told = _of_claim(body)
        facts.append(said.fact(body, key, told, day=day, labels=_RESTRICTED))
    if body.replaces and body.replaces != body.claim and body.frequency in "78":
        earlier = RecordKey("claim", system, body.replaces)
        gone = {"status": "retracted", "replaced_by": body.claim}
        facts.append(said.fact(body, earlier, gone, labels=_RESTRICTED))
    return facts


def _of_claim(body: Claim) -> dict[str, Any]:
    return _replacing(
        status="observed",
        form=body.form,
        charged=body.charged,
        facility_type=body.facility_type,
        frequency=body.frequency,
        replaces=body.replaces,
        period=_given(start=body.since, end=body.until),
        admitted=body.admitted,
        discharge_hour=body.discharge_hour,
        admission=_given(type=body.admission_type, source=body.admission_source),
        patient_status=body.patient_status,
        provider=_given(name=body.provider, id=body.provider_id),
        payer=_given(name=body.payer, id=body.payer_id),
        diagnoses=_listed(body.diagnoses),
        procedures=_listed(body.procedures),
        lines=body.lines,
    )


def _remittance(body: Remittance, said: _Said) -> Fact:
    """Return what was paid of a claim: it says nothing of the claim's status."""
    outcome = _given(
        status=body.status,
        charged=body.charged,
        paid=body.paid,
        patient_owes=body.patient_owes,
        payer_claim=body.payer_claim,
        paid_on=body.paid_on,
        adjustments=_listed(body.adjustments),
    )
    system = _provider(body.provider_system, body.provider_id, body.system)
    key = RecordKey("claim", system, body.claim)
    details = {"outcome": {**outcome, "balanced": body.balanced}}
    return said.fact(body, key, details, labels=_RESTRICTED)


def _provider(system: str, number: str, otherwise: str) -> str:
    """Return who numbers the claims: a provider is known by the same number in both."""
    return f"claims:{system}:{number}" if number else f"claims:{otherwise}"


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _replacing(**values: Any) -> dict[str, Any]:
    """Return values that take the place of all that was said before."""
    empty: tuple[Any, ...] = ("", {}, [])
    return {name: None if value in empty else value for name, value in values.items()}


def _listed(values: tuple[msgspec.Struct, ...]) -> list[Any]:
    return [msgspec.to_builtins(each) for each in values]
