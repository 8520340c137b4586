"""Whose an event is, as far as it matters who is told of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from hub.coordination.consents import Consent
from hub.coordination.filters import Demographics
from hub.coordination.panels import Member
from hub.model.events import CareEvent
from hub.runtime.entities import Entities
from hub.runtime.referrals.linking import links_of
from hub.runtime.relations import Relations
from hub.store.referral_rows import OPEN_LOOPS


class Whose(NamedTuple):
    """Whom an event is about, as far as it matters who is told.

    `links` are the entries for them by panel, `consents` what they decided. Notices
    with one `okey` go to a destination in their order. `generation` says as of when
    this is known. `about` tells what is known of the person, where it matters, and
    `endangered` whether contact could put them in danger.
    """

    okey: str
    links: Mapping[str, tuple[Member, ...]] = {}
    consents: tuple[Consent, ...] = ()
    generation: int = 0
    about: Demographics = dict
    endangered: Callable[[], bool] = bool


def whose_of(
    event: CareEvent, person: str, entities: Entities, relations: Relations
) -> Whose:
    """Return what is known now of who looks after a person and what they decided.

    `person` is whose the event is: by now, or as it says itself.
    """
    known = entities.person(person)
    identifiers = known.person.identifiers if known else ()
    keys = (event.entity.key, event.trace.correlation)
    links = relations.links(identifiers, keys)
    if partly := links_of(event, entities, relations.partners, relations.labeller):
        links = {**links, **partly}
    return Whose(
        okey=person or event.entity.key,
        links=links,
        consents=entities.consents(person) if person else (),
        generation=relations.generation,
        about=known.person.demographics if known else dict,
        endangered=partial(is_endangered, entities, person) if known else bool,
    )


def is_endangered(entities: Entities, person: str) -> bool:
    """Say whether an open referral of a person says that nobody may contact them.

    One to several says so in its parts, which end; it stays a draft itself.
    """
    stated = (each.record.details for each in entities.referrals(person) if each.record)
    return any(
        each.get("loop") in OPEN_LOOPS
        and not each.get("children")
        and isinstance(safety := each.get("safety"), Mapping)
        and safety.get("contact_prohibited") is True
        for each in stated
    )
