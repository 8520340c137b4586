"""Statements as a feed of the hub's own: what it, and its users, say of referrals.

Said again it is the same message, so that whoever says something may say it again
where it is not known whether it was heard.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

from hub.contract import NormaliserSpec
from hub.errors import HubError, Recovery
from hub.model.facts import Normalised, Problem, Provenance, RecordKey
from hub.model.message import RawMessage
from hub.model.referral_facts import read_statement, statement_fact
from hub.model.referrals import REFERRALS_FEED, STATEMENT_MEDIA_TYPE, Statement
from hub.settings import Settings

_encode = msgspec.json.Encoder(order="sorted").encode


class NoStatementError(HubError):
    """A message of the hub's own feed that says nothing of a referral."""

    code = "PIPE-023"
    summary = "A message of the feed `carehub-referrals` says nothing of a referral"
    remedy = "State it by `hub referrals` or the admin API, which check it"
    recovery = Recovery.REJECT


def normalise(body: bytes, _profile: Settings) -> Normalised:
    """Return the fact that a statement is."""
    try:
        fact = statement_fact(read_statement(body))
    except HubError:
        return Normalised(problem=Problem(NoStatementError.code))
    return Normalised(provenance=Provenance(system=REFERRALS_FEED), facts=(fact,))


def message_of(statement: Statement, at: datetime, control_id: str = "") -> RawMessage:
    """Return the message that makes a statement, the same whenever it is made again.

    `control_id` is that of what it answers, if anything; else it follows from what is
    said. `at` is when it is received.
    """
    body = _encode(statement)
    return RawMessage(
        body=body,
        media_type=STATEMENT_MEDIA_TYPE,
        received_at=at,
        control_id=control_id or hashlib.sha256(body).hexdigest()[:32],
        message_type=f"referral.{statement.says or 'details'}",
    )


def by_the_hub(
    referral: RecordKey,
    says: str,
    at: datetime,
    *,
    by: Literal["hub", "requester"] = "hub",
    party: str = "",
) -> Statement:
    """Return what the hub itself says, or says for a requester who left it to it."""
    said = at.isoformat().replace("+00:00", "Z")
    return Statement(referral=referral, by=by, says=says, at=said, party=party)


#: How statements become facts; no configuration names it.
NORMALISER = NormaliserSpec(
    name="carehub-referral",
    media_type=STATEMENT_MEDIA_TYPE,
    profile=Settings,
    normalise=normalise,
    summary="What this hub, or somebody who uses it, says of a referral.",
    stability="stable",
)
