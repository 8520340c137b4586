"""Whose an event is, as far as it matters who is told of it."""

from collections.abc import Mapping
from typing import NamedTuple

from hub.coordination.consents import Consent
from hub.coordination.filters import Demographics
from hub.coordination.panels import Member
from hub.model.events import CareEvent
from hub.runtime.entities import Entities
from hub.runtime.referrals.linking import links_of
from hub.runtime.relations import Relations


class Whose(NamedTuple):
    """Whom an event is about, as far as it matters who is told.

    `links` are the entries for them by panel, `consents` what they decided. Notices
    with one `okey` go to a destination in their order. `generation` says as of when
    this is known. `about` tells what is known of the person, where it matters.
    """

    okey: str
    links: Mapping[str, tuple[Member, ...]] = {}
    consents: tuple[Consent, ...] = ()
    generation: int = 0
    about: Demographics = dict


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
    if partly := links_of(event, entities, relations.partners):
        links = {**links, **partly}
    return Whose(
        okey=person or event.entity.key,
        links=links,
        consents=entities.consents(person) if person else (),
        generation=relations.generation,
        about=known.person.demographics if known else dict,
    )
