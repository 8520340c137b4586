"""The record that events were told about the wrong patient. All of it is made up."""

import msgspec

from hub.coordination.incidents import INCIDENT_OPENED, announce_incident
from hub.model.events import CareEvent, Entity
from tests.coordination.walks import OCCASION

ENTITY = Entity("encounter", "enc_1", 4)


def incident(events=("evt_1",), destinations=("payer",), entity=ENTITY):
    return announce_incident(OCCASION, entity, events, destinations)


def test_an_incident_names_the_events_and_who_was_told():
    told = incident(["evt_2", "evt_1", "evt_2"], {"payer", "clinic"})

    assert told.type == INCIDENT_OPENED
    assert told.payload == {
        "events": ["evt_2", "evt_1"],
        "destinations": ["clinic", "payer"],
    }


def test_an_incident_is_of_the_stream_that_it_is_about():
    encounter = incident()
    person = incident(entity=Entity("person", "p_1", 9))

    assert (encounter.entity, encounter.trace.correlation) == (ENTITY, "enc_1")
    assert (person.entity.kind, person.entity.version) == ("person", 9)
    assert encounter.id != person.id


def test_an_incident_is_of_the_wrong_patient_without_their_numbers():
    subject = incident().subject

    assert OCCASION.subject.identifiers
    assert (subject.person, subject.identifiers) == ("p_1", ())


def test_an_incident_has_the_same_id_when_it_is_worked_out_again():
    assert incident() == incident()


def test_an_incident_is_stored_and_read_like_any_event():
    told = incident()

    body = msgspec.json.encode(told)

    assert msgspec.json.decode(body, type=CareEvent) == told
