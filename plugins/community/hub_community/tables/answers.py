"""One answer of a partner, as a row states it, and the statement that it is. Pure."""

import hashlib
from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec

from hub.sdk import Reason, RecordKey, ReferralOutcome, Reported, RowMessage, Statement
from hub_community.tables.moments import happened, instant
from hub_community.tables.profile import StatusProfile
from hub_community.tables.words import REASONS, folded

#: What is said in words, and what must be given a reason (R-REF-04).
SPOKEN = frozenset({"information_requested", "message_added"})
EXPLAINED = frozenset({"rejected", "on_hold", "failed", "cancelled"})


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a row: what it says, with times as the partner wrote them."""

    system: str
    referral: str
    says: str
    at: str = ""
    reason: str = ""
    explanation: str = ""
    outcome: str = ""
    appointment: str = ""
    message: str = ""
    worker: str = ""
    role: str = ""


def key_of(answer: Answer) -> str:
    """Return what makes a row the same answer in the next file."""
    spoken = answer.says in SPOKEN
    text = answer.message or answer.explanation if spoken else ""
    what = hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
    parts = (answer.system, answer.referral, answer.says, answer.at, what)
    return "|".join(parts)


def statement_of(
    message: RowMessage, answer: Answer, profile: StatusProfile
) -> Statement:
    """Return what an answer says, as a performer, of the referral that it names.

    Without a day it happened when the file was made, or came.
    """
    told = message.said
    told = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    zone = ZoneInfo(profile.time_zone)
    at, meeting = happened(answer.at, told, zone), _met(answer, zone)
    coded = REASONS.get(folded(answer.reason), "other" if answer.reason else "")
    words = answer.explanation or answer.reason
    why = Reason(coded, words) if coded or answer.says in EXPLAINED else None
    known = msgspec.convert(answer.outcome, ReferralOutcome) if answer.outcome else None
    used = why is not None or known is not None
    return Statement(
        referral=RecordKey("referral", answer.system, answer.referral),
        by="performer",
        says=answer.says,
        at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        party=profile.party,
        name=answer.worker,
        role=answer.role,
        reason=why if why and (why.code or why.text) else None,
        outcome=Reported(known, answer.explanation) if known else None,
        appointment=meeting,
        text=answer.message or ("" if used else answer.explanation),
    )


def _met(answer: Answer, zone: ZoneInfo) -> str:
    at = instant(answer.appointment, zone) if answer.appointment else None
    return at.isoformat(timespec="minutes") if at else ""
