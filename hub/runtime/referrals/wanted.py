"""What somebody wants who sends a referral, and the statements that this makes.

Whoever was sent one referral to several gets a part of it each, under a number of its
own; the referral itself stays a draft, which waits for nobody (domain 4.1).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from hub.coordination.ids import Keys
from hub.coordination.referral_wishes import Wanted
from hub.model.facts import RecordKey
from hub.model.referrals import OWN_REFERRALS, Statement

_encode = msgspec.json.Encoder(order="sorted").encode
_NUMBER_DIGITS = 20


class Performer(NamedTuple):
    """Who shall act: how a referral names them."""

    stated: dict[str, Any]


class Draft(NamedTuple):
    """One referral to be stated: its key in the hub, and what is said."""

    key: str
    statement: Statement
    name: str


def number_of(secret: str) -> str:
    """Return the number of a referral that is sent under a name."""
    digest = hashlib.blake2b(secret.encode(), digest_size=_NUMBER_DIGITS // 2)
    return digest.hexdigest().upper()


def drafts_of(
    wanted: Wanted,
    performers: Sequence[Performer],
    person: tuple[dict[str, str], ...],
    *,
    number: str,
    by: str,
    at: datetime,
    keys: Keys,
) -> list[Draft]:
    """Return what is to be stated: the referral, or it and its parts after it.

    The control id of each begins with its number, so that what was sent before is
    known again, and has a digest of what was wanted.
    """
    draft = partial(_draft, wanted, person, by=by, at=at, keys=keys)
    details = _details(wanted)
    if len(performers) == 1:
        return [draft(number, "requested", details | _to(performers[0]))]
    parts = [
        draft(f"{number}-{place}", "requested", details | _to(each))
        for place, each in enumerate(performers, 1)
    ]
    whole = draft(number, "draft", {**details, "children": [p.key for p in parts]})
    return [whole, *(_part_of(whole, each) for each in parts)]


def sent_as(number: str) -> str:
    """Return how the control ids of what is sent under a number begin."""
    # A part is numbered as the whole is, and a hyphen: that must not begin alike.
    return f"sent-{number}."


def _draft(
    wanted: Wanted,
    person: tuple[dict[str, str], ...],
    number: str,
    says: str,
    details: dict[str, Any],
    *,
    by: str,
    at: datetime,
    keys: Keys,
) -> Draft:
    record = RecordKey("referral", OWN_REFERRALS, number)
    same = hashlib.blake2b(_encode(wanted), digest_size=8).hexdigest()
    statement = Statement(
        referral=record,
        by="requester",
        says=says,
        at=at.isoformat().replace("+00:00", "Z"),
        party=wanted.requester,
        person=person,
        name=by,
        reason=wanted.reason,
        text=wanted.note,
        details=details,
    )
    return Draft(keys.record("", record), statement, f"{sent_as(number)}{same}")


def _part_of(whole: Draft, part: Draft) -> Draft:
    details = {**part.statement.details, "parent": whole.key}
    return part._replace(statement=replace(part.statement, details=details))


def _to(performer: Performer) -> dict[str, Any]:
    return {"performer": performer.stated}


def _details(wanted: Wanted) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "person": wanted.about,
        "category": wanted.category,
        "need_refs": list(wanted.need_refs),
        "service_requested": wanted.service_requested,
        "priority": wanted.priority,
        "desired_by": wanted.desired_by,
        "language": wanted.language,
        "safety": wanted.safety,
        "accessibility": list(wanted.accessibility),
        "program": wanted.program,
        "replaces": wanted.replaces,
        "consent_ref": wanted.consent_ref,
    }
    if wanted.requester:
        stated["requester"] = {"party": wanted.requester}
    return {name: value for name, value in stated.items() if value}
