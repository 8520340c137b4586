"""What a row of an 834 says, and the facts that it becomes (R-PAY-01)."""

from typing import Any

import msgspec
from msgspec import structs

from hub.sdk import Fact, FactKind, Normalised, Provenance, RowMessage
from hub_payer.members import Member, normalise_member
from hub_payer.moments import instant
from hub_payer.people import Somebody, subject_of
from hub_payer.x12.profile import X12Profile


class Enrolled(Member, frozen=True, kw_only=True, omit_defaults=True, tag="member"):
    """What a row of an 834 says: a `Member`, and who else covers that person."""

    other_coverage: tuple[dict[str, str], ...] = ()


class Details(
    Somebody,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="member_details",
):
    """A change of name, address or the like, that leaves coverage as it is."""


_plain = msgspec.json.decode
_details = msgspec.json.Decoder(Details).decode


def normalise(message: RowMessage, profile: X12Profile) -> Normalised:
    """Return the facts of a row whose body is an `Enrolled`.

    What a change does not repeat, it leaves as it was.
    """
    said = normalise_member(message, profile.time_zone)
    now, before = _plain(message.row), _plain(message.before) or {}
    facts = tuple(_stated(fact, now, before) for fact in said.facts)
    return structs.replace(said, facts=facts)


def _stated(fact: Fact, now: dict[str, Any], before: dict[str, Any]) -> Fact:
    """Return a fact without what the row does not state."""
    details = {name: value for name, value in fact.details.items() if value is not None}
    period = details.get("period")
    if period and "start" not in period and before.get("since"):
        details["period"] = {"start": before["since"], **period}
    if "period" in fact.details and now.get("other_coverage"):
        details["other_coverage"] = now["other_coverage"]
    return structs.replace(fact, details=details)


def normalise_details(message: RowMessage, profile: X12Profile) -> Normalised:
    """Return the fact of a row whose body is `Details`."""
    del profile  # there are no times in it but the file's own
    fact = Fact(
        kind=FactKind.PERSON,
        subject=subject_of(_details(message.row)),
        recorded=instant(message.said),
    )
    name = f"{message.exchange}:{message.number}"
    return Normalised(provenance=Provenance(message_id=name), facts=(fact,))
