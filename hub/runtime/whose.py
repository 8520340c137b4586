"""Whose an event is, as far as it matters who is told of it."""

from hub.model.events import CareEvent
from hub.runtime.entities import Entities
from hub.runtime.relations import Relations
from hub.runtime.routing import Whose


def whose_of(
    event: CareEvent, person: str, entities: Entities, relations: Relations
) -> Whose:
    """Return what is known now of who looks after a person and what they decided.

    `person` is whose the event is: by now, or as it says itself.
    """
    known = entities.person(person)
    identifiers = known.person.identifiers if known else ()
    keys = (event.entity.key, event.trace.correlation)
    return Whose(
        okey=person or event.entity.key,
        links=relations.links(identifiers, keys),
        consents=entities.consents(person) if person else (),
        generation=relations.generation,
        about=known.person.demographics if known else dict,
    )
