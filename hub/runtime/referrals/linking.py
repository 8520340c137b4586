"""Linking: which partners have to do with what an event is about, at this moment.

A referral says itself who asks and who acts. That is read each time, from what is
known now: where it went to another performer, or turned out to be a mistake, the
link of before is none any more. One that is over holds on for a while, for what
comes late.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.coordination.labels.labeller import Labeller
from hub.coordination.panels import Member
from hub.coordination.partners import (
    SERVICE_EVENTS,
    Partners,
    Party,
    look_of,
    panel_of,
)
from hub.coordination.referrals.acting import acts_in
from hub.coordination.standing import Witness
from hub.model.events import CareEvent
from hub.model.labels import Labels
from hub.model.referrals import REFERRALS_FEED, Loop
from hub.runtime.entities import Entities
from hub.runtime.kept import KeptRecord
from hub.store.referral_services import referrals_at

Links = Mapping[str, tuple[Member, ...]]

REFERRAL_KIND = "referral"
#: So long after a loop is closed its sides are still told what comes late.
GRACE = timedelta(days=30)
_MISTAKE = "entered_in_error"
#: What the performer of before is told of as well: that it is another one now.
_LEAVING = frozenset({"referral.redirected"})
_NOBODY: Links = {}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def links_of(
    event: CareEvent,
    entities: Entities,
    partners: Partners,
    labeller: Labeller | None = None,
) -> Links:
    """Return the links of partners to what an event is about, by their panels.

    `labeller` says how sensitive it is what a requester said; without one it is not
    known what they did.
    """
    if not partners:
        return _NOBODY
    if event.entity.kind == REFERRAL_KIND:
        return _of_referral(event, entities, partners, labeller)
    if event.type in SERVICE_EVENTS and event.payload.get("material", True):
        return _of_service(event, entities, partners)
    return _NOBODY


def looks_of(
    event: CareEvent,
    entities: Entities,
    partners: Partners,
    labeller: Labeller | None = None,
) -> Links:
    """Return the links by which the sides of a referral may look at how it stands."""
    kept = entities.record(event.entity.key)
    if event.entity.kind != REFERRAL_KIND or kept is None:
        return _NOBODY
    until = _until(kept, event)
    parties = parties_of(kept, partners)
    found: dict[str, tuple[Member, ...]] = {}
    for each in parties:
        panel = panel_of(each.partner)
        member = Member("", valid_to=until, programme=look_of(each.side))
        if stated := _stated(each, kept, event, partners, labeller):
            member = member._replace(stated=stated)
        found[panel] = (*found.get(panel, ()), member)
    return found


def parties_of(kept: KeptRecord, partners: Partners) -> tuple[Party, ...]:
    """Return the partners that are the sides of a referral now."""
    details = kept.record.details if kept.record else {}
    return partners.parties(details, first_feeds(kept.witnesses))


def first_feeds(witnesses: Iterable[Witness]) -> dict[str, str]:
    """Return by which feed each side spoke first."""
    found: dict[str, str] = {}
    for each in sorted(witnesses, key=lambda one: (one.recorded, one.digest)):
        details = each.fact.details
        side, feed = details.get("by"), details.get("via")
        if isinstance(side, str) and isinstance(feed, str):
            found.setdefault(side, feed)
    return found


def _of_referral(
    event: CareEvent,
    entities: Entities,
    partners: Partners,
    labeller: Labeller | None,
) -> Links:
    kept = entities.record(event.entity.key)
    if kept is None or kept.record is None:
        return _NOBODY
    parties = parties_of(kept, partners)
    left = _performers_before(kept, partners).difference(parties)
    until = _until(kept, event)
    over = None if event.type in _LEAVING else date.min
    found: dict[str, tuple[Member, ...]] = {}
    for each, last in [
        *((each, until) for each in parties),
        *((each, over) for each in sorted(left)),
    ]:
        panel = panel_of(each.partner)
        member = Member("", valid_to=last, programme=each.side)
        if stated := _stated(each, kept, event, partners, labeller):
            member = member._replace(stated=stated)
        found[panel] = (*found.get(panel, ()), member)
    return found


def _stated(
    party: Party,
    kept: KeptRecord,
    event: CareEvent,
    partners: Partners,
    labeller: Labeller | None,
) -> Labels | None:
    """Return how sensitive it is what a requester said itself of its referral.

    None where nothing of the event is, or the party is not the requester.
    """
    sensitive = party.side == "requester" and event.labels.sensitivity
    if labeller is None or not sensitive:
        return None
    facts = (each.fact for each in kept.witnesses)
    return labeller.of_all(
        each for each in facts if _says(party.partner, each.details, partners)
    )


def _says(partner: str, details: Mapping[str, Any], partners: Partners) -> bool:
    """Say whether a statement is a partner's own, as the requester.

    The hub's own feed speaks for whoever uses the hub. A feed that is nobody's speaks
    for those that have none.
    """
    if details.get("by") != "requester" or (details.get("party") or partner) != partner:
        return False
    feed = details.get("via") or REFERRALS_FEED
    if feed == REFERRALS_FEED:
        return True
    spoken_for = partners.speaking(feed)
    nobodys = not spoken_for and not partners.by_name[partner].sources
    return partner in spoken_for or nobodys


def _performers_before(kept: KeptRecord, partners: Partners) -> set[Party]:
    """Return who was named as the performer by whoever asked, at any time."""
    stated = [
        each.fact.details.get("performer")
        for each in kept.witnesses
        if each.fact.details.get("by") == "requester"
    ]
    names = {partners.named("performer", one) for one in stated} - {""}
    return {Party(name, "performer") for name in names}


def _until(kept: KeptRecord, event: CareEvent) -> date | None:
    """Return the last day on which the sides of a referral hear of an event.

    None where that is open; a day of the past where it was a mistake, of which only
    that is told.
    """
    details: Mapping[str, Any] = kept.record.details if kept.record else {}
    if details.get("state") == _MISTAKE:
        return None if event.type.endswith(_MISTAKE) else date.min
    if details.get("loop", Loop.OPEN) in {Loop.OPEN, Loop.OUTCOME_RECEIVED}:
        return None
    marks = kept.record.marks if kept.record else {}
    times = [each.recorded for each in kept.witnesses]
    times += [each.at for each in acts_in(marks)]
    return (max(times, default=_LONG_AGO) + GRACE).date()


def _of_service(event: CareEvent, entities: Entities, partners: Partners) -> Links:
    """Return who has an open referral at the service that changed."""
    service = event.payload.get("object")
    key = service.get("key") if isinstance(service, Mapping) else None
    found: dict[str, tuple[Member, ...]] = {}
    for referral in referrals_at(entities.connection, str(key or event.entity.key)):
        kept = entities.record(referral)
        for each in parties_of(kept, partners) if kept else ():
            found[panel_of(each.partner)] = (Member("", programme=each.side),)
    return found
