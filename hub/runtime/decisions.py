"""Decisions as a feed of the hub's own: from a message to the fact that it states.

Pure, as every normaliser is: when somebody decided stands in the message.
"""

from hub.contract import NormaliserSpec
from hub.coordination.identity.decisions import (
    FEED,
    MEDIA_TYPE,
    OWN_KEYS,
    Decision,
    control_id,
    read,
    written,
)
from hub.errors import HubError, Recovery
from hub.model.facts import (
    Fact,
    FactKind,
    IdentityChange,
    Normalised,
    Problem,
    Provenance,
    Subject,
)
from hub.model.identifiers import Identifier
from hub.model.message import RawMessage
from hub.model.times import exactly
from hub.settings import Settings


class NoDecisionError(HubError):
    """A message of the hub's own feed that states no decision."""

    code = "PIPE-008"
    summary = "A message of the feed `carehub` states no decision"
    remedy = "Let decisions be made by `hub reviews` or the admin API"
    recovery = Recovery.REJECT


def normalise(body: bytes, _profile: Settings) -> Normalised:
    """Return the fact that a decision states; what changes nothing is set aside."""
    decision = read(body)
    if decision is None:
        return Normalised(problem=Problem(NoDecisionError.code))
    provenance = Provenance(system=FEED, message_id=control_id(decision))
    if decision.operation in {"recommend", "defer"}:
        reason = f"decision.{decision.operation}"
        return Normalised(provenance=provenance, unmapped=reason)
    return Normalised(provenance=provenance, facts=(_fact(decision),))


def message_of(decision: Decision) -> RawMessage:
    """Return the message that carries a decision."""
    return RawMessage(
        body=written(decision),
        media_type=MEDIA_TYPE,
        received_at=decision.at,
        control_id=control_id(decision),
        message_type=f"decision.{decision.operation}",
    )


def _fact(decision: Decision) -> Fact:
    change = IdentityChange(
        "link" if decision.operation == "link" else "unlink",
        "person",
        prior=tuple(_own(key) for key in decision.others),
        decided_by=decision.by,
    )
    return Fact(
        kind=FactKind.IDENTITY,
        subject=Subject((_own(decision.identity),)),
        recorded=exactly(decision.at),
        identity=change,
        basis="manual",
    )


def _own(key: str) -> Identifier:
    return Identifier(OWN_KEYS, key)


#: How decisions become facts; no configuration names it.
NORMALISER = NormaliserSpec(
    name="carehub-decision",
    media_type=MEDIA_TYPE,
    profile=Settings,
    normalise=normalise,
    summary="What somebody decided about who is who.",
    stability="stable",
)
