"""Incidents: the wrong people may have been told of somebody (R-ENC-07)."""

from collections.abc import Iterable

from hub.coordination.announcements import Occasion
from hub.coordination.ids import event_id
from hub.model.events import CareEvent, Entity, EventSubject, Trace

INCIDENT_OPENED = "privacy.incident_opened"
INCIDENT_SCHEMA = "careevent/privacy/1.0"


def announce_incident(
    occasion: Occasion,
    entity: Entity,
    events: Iterable[str],
    destinations: Iterable[str],
) -> CareEvent:
    """Return the record that `events` were told about the wrong patient.

    `entity` is the encounter or the person that they were about, at the version of
    the incident: one after the newest event of its stream. `occasion` is the message
    that showed the mistake, and its `person` the wrong patient. `destinations` are
    those who were told, or may be yet. The payload holds ``events`` in the order in
    which they are given, ``destinations`` by name, and each once. It is for the hub's
    own history: routing lets it go nowhere.
    """
    return CareEvent(
        id=event_id(occasion.message, entity.key, entity.version),
        type=INCIDENT_OPENED,
        schema=INCIDENT_SCHEMA,
        subject=EventSubject(occasion.person),
        entity=entity,
        times=occasion.times,
        source=occasion.source,
        causes=(occasion.message,),
        basis="inferred",
        labels=occasion.labels,
        payload={
            "events": list(dict.fromkeys(events)),
            "destinations": sorted(set(destinations)),
        },
        trace=Trace(correlation=entity.key),
    )
