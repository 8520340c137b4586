"""Each event has its place in its stream, and what it takes back was said before."""

import msgspec
import pytest
from hypothesis import given, settings

from hub.coordination.announcements import announce_person, encounter_payload
from hub.coordination.fold import fold
from hub.coordination.ids import event_id
from hub.model.events import CareEvent
from hub.model.facts import FactKind, Subject
from hub.model.identifiers import Code
from tests.coordination.scenarios import (
    PATIENT,
    VISIT,
    WARDS,
    at,
    cancel,
    end,
    move,
    start,
)
from tests.coordination.walks import OCCASION, many_facts, walk

RETRACTIONS = frozenset(
    {
        "discharge_cancelled",
        "admit_cancelled",
        "transfer_cancelled",
        "admission_reversed",
        "preadmit_cancelled",
        "leave_start_cancelled",
        "leave_end_cancelled",
        "admit_pending_cancelled",
        "transfer_pending_cancelled",
        "discharge_pending_cancelled",
    }
)


@settings(max_examples=300)
@given(many_facts)
def test_versions_have_no_gap_and_ids_are_unique(arriving):
    told = walk(arriving)

    versions = [event.entity.version for event in told.events]
    assert versions == list(range(1, len(versions) + 1))
    assert told.announced.version == len(versions)
    assert len({event.id for event in told.events}) == len(versions)


@settings(max_examples=300)
@given(many_facts)
def test_a_correction_is_of_an_event_that_was_told_and_stands(arriving):
    standing = set()
    for event in walk(arriving).events:
        if event.correction is not None:
            assert event.correction.of in standing
            if event.correction.kind == "retraction":
                standing.remove(event.correction.of)
        standing.add(event.id)


@settings(max_examples=300)
@given(many_facts)
def test_what_nobody_heard_of_is_not_retracted(arriving):
    for event in walk(arriving).events:
        retracts = event.correction is not None and (
            event.correction.kind == "retraction"
        )
        assert retracts == (event.type.partition(".")[2] in RETRACTIONS)


@settings(max_examples=300)
@given(many_facts)
def test_what_is_remembered_was_told_and_not_taken_back(arriving):
    told = walk(arriving)
    taken_back = {
        event.correction.of
        for event in told.events
        if event.correction and event.correction.kind == "retraction"
    }

    remembered = {key for keys in told.announced.slots.values() for key in keys}
    assert remembered <= {event.id for event in told.events} - taken_back


@given(many_facts)
def test_telling_it_again_gives_the_same_events(arriving):
    assert walk(arriving) == walk(arriving)


@given(many_facts)
def test_an_event_survives_the_store(arriving):
    for event in walk(arriving).events:
        kept = msgspec.json.decode(msgspec.json.encode(event), type=CareEvent)

        assert msgspec.json.encode(kept) == msgspec.json.encode(event)


#: What arrives; then of the last event: its type, and the place of what it corrects.
CORRECTIONS = {
    "a discharge is taken back": (
        [start(at(8)), end(at(9)), cancel(FactKind.END, at(9), at(10))],
        "discharge_cancelled",
        "retraction",
        1,
    ),
    "an admission is taken back": (
        [start(at(8)), cancel(FactKind.START, at(8), at(9))],
        "admit_cancelled",
        "retraction",
        0,
    ),
    "a transfer is taken back": (
        [
            start(at(8)),
            move(at(9)),
            cancel(FactKind.MOVE, at(9), at(10), prior_location=WARDS["W2"]),
        ],
        "transfer_cancelled",
        "retraction",
        1,
    ),
    "an admission from the emergency room is taken back": (
        [
            start(at(8), code="emergency"),
            start(at(9)),
            cancel(FactKind.START, at(9), at(10)),
        ],
        "admit_cancelled",
        "retraction",
        2,
    ),
    "an admission is reversed": (
        [start(at(8)), start(at(9), code="outpatient")],
        "admission_reversed",
        "retraction",
        0,
    ),
    "an end is amended": (
        [start(at(8)), end(at(9)), end(at(10))],
        "end_corrected",
        "amendment",
        1,
    ),
    "an amended end is taken back": (
        [
            start(at(8)),
            end(at(9)),
            end(at(10)),
            cancel(FactKind.END, at(10), at(11)),
            cancel(FactKind.END, at(9), at(11)),
        ],
        "discharge_cancelled",
        "retraction",
        3,
    ),
    "a start is amended": (
        [start(at(8)), start(at(7), at(9))],
        "start_corrected",
        "amendment",
        0,
    ),
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_a_correction_names_what_it_corrects(name):
    arriving, kind, correction, place = CORRECTIONS[name]

    *before, last = walk(arriving).events

    assert last.type == f"encounter.{kind}"
    assert last.correction.kind == correction
    assert last.correction.of == before[place].id


def test_what_was_never_told_becomes_a_matter_of_history():
    """A move that was heard of after the end was no transfer to anybody."""
    arriving = [
        start(at(8)),
        end(at(9)),
        move(at(8, 30), at(10)),
        cancel(FactKind.MOVE, at(8, 30), at(11)),
    ]

    events = walk(arriving).events

    assert [event.type for event in events[2:]] == ["encounter.history_corrected"] * 2
    assert [event.correction for event in events[2:]] == [None, None]


def test_an_event_says_when_what_and_why():
    (event,) = walk([start(at(8), at(9))]).events

    assert event.id == event_id("msg_1", "enc_1", 1)
    assert event.times.occurred == at(8)
    assert event.causes == ("msg_1",)
    assert event.subject.person == "p_1"
    assert event.subject.identifiers == PATIENT.identifiers
    assert event.trace.correlation == "enc_1"
    assert event.quality.warnings == ("charset.fallback",)
    assert event.payload["class"] == Code("inpatient")
    assert event.payload["changed_fields"] == []


def test_what_is_inferred_says_so():
    observed, ended = walk([end(at(9))]).events

    assert (observed.basis, ended.basis) == ("inferred", "explicit")
    assert observed.quality.anomalies == ("end_without_start",)


def test_a_payload_has_what_is_known_and_no_more():
    encounter = fold([start(at(8)), move(at(9))])

    payload = encounter_payload(encounter, VISIT, {"name": "SYNTHETIC"})

    assert payload == {
        "identifiers": [{"system": "TESTKLINIK", "value": "V-1", "type": "VN"}],
        "status": "in-progress",
        "period": {"start": at(8), "end": None},
        "class": Code("inpatient"),
        "location": WARDS["W2"],
        "prior_location": WARDS["W1"],
        "person": {"name": "SYNTHETIC"},
    }
    assert "location" not in encounter_payload(fold([end(at(9))]), VISIT, {})


def test_a_person_event_holds_what_changed_and_nothing_else():
    subject = Subject(PATIENT.identifiers, {"name": "NEW", "sex": None, "city": "X"})
    occasion = OCCASION._replace(subject=subject)

    event = announce_person("demographics_changed", ("name", "sex"), 3, occasion)

    assert event.type == "person.demographics_changed"
    assert event.payload == {
        "name": "NEW",
        "sex": None,
        "changed_fields": ["name", "sex"],
    }
    assert (event.entity.key, event.entity.version) == ("p_1", 3)
