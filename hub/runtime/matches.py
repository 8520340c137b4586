"""Proposals as a feed of the hub's own: what was found for somebody, as advice.

The message holds all of it, so that it can be read again: a proposal is a record of
the person like any other, and tells of nothing that somebody decided.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from hub.config.matching import MATCHES_FEED
from hub.contract import NormaliserSpec
from hub.coordination.needs.shown import with_labels
from hub.coordination.service_match.errors import NoProposalError
from hub.coordination.service_match.results import Matched, Matching
from hub.model.facts import (
    Fact,
    FactKind,
    Normalised,
    Problem,
    Provenance,
    RecordKey,
    Subject,
)
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.model.message import RawMessage
from hub.model.times import exactly
from hub.settings import Settings

MEDIA_TYPE = "application/vnd.carehub.match+json"
#: Who numbers the hub's own proposals.
MATCHES = "urn:carehub:match"


class Proposed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was proposed to whom, for which needs, and by whom it was asked for."""

    id: str
    at: datetime
    person: Identifier
    by: str = ""
    needs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    matcher: str
    version: str
    left_out: dict[str, int] = {}
    services: list[dict[str, Any]] = []


_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Proposed).decode


def message_of(
    person: Identifier,
    needs: Sequence[str],
    categories: Sequence[str],
    terms: Sequence[str],
    found: Matching,
    *,
    by: str,
    at: datetime,
) -> RawMessage:
    """Return the message that says what was proposed to somebody."""
    told = Proposed(
        id="",
        at=at,
        person=person,
        by=by,
        needs=tuple(needs),
        categories=tuple(categories),
        terms=tuple(terms),
        matcher=found.matcher,
        version=found.version,
        left_out=found.left_out,
        services=[_service(each) for each in found.items],
    )
    number = hashlib.sha256(_encode(told)).hexdigest()[:32]
    return RawMessage(
        body=_encode(msgspec.structs.replace(told, id=number)),
        media_type=MEDIA_TYPE,
        received_at=at,
        control_id=number,
        message_type="match.proposal",
    )


def normalise(body: bytes, _profile: Settings) -> Normalised:
    """Return the fact that a proposal is."""
    try:
        told = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Normalised(problem=Problem(NoProposalError.code))
    if not told.id or not told.person.value:
        return Normalised(problem=Problem(NoProposalError.code))
    details = msgspec.to_builtins(told)
    for name in ("id", "at", "person"):
        del details[name]
    labels = Labels()
    for category in told.categories:
        labels = with_labels(labels, category)
    at = exactly(told.at)
    fact = Fact(
        kind=FactKind.RECORD,
        subject=Subject((told.person,)),
        recorded=at,
        occurred=at,
        record=RecordKey("match", MATCHES, told.id),
        details={"status": "proposed", **details},
        labels=labels if labels != Labels() else None,
        basis="inferred",
    )
    return Normalised(provenance=Provenance(system=MATCHES_FEED), facts=(fact,))


def _service(each: Matched) -> dict[str, Any]:
    """Return a service as it is proposed, without what can be looked up."""
    told = {
        "service_id": each.service,
        "service": each.name,
        "organization": each.organization_name,
        "score": each.score,
        "reasons": [part.reason for part in each.parts if part.points and part.known],
        "unknowns": each.unknowns,
        "restricted": each.restricted,
    }
    return {name: value for name, value in told.items() if value not in ("", False)}


#: How proposals become facts; no configuration names it.
NORMALISER = NormaliserSpec(
    name="carehub-match",
    media_type=MEDIA_TYPE,
    profile=Settings,
    normalise=normalise,
    summary="Which services this hub proposed to a person.",
    stability="stable",
)
