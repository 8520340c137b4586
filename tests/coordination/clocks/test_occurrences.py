"""Care events as clocks see them, and which of them stand."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from hub.coordination.clocks.occurrences import History, occurrence
from hub.coordination.clocks.settings import setting_after
from hub.coordination.clocks.triggers import Trigger, values_at
from hub.model.events import (
    CareEvent,
    Correction,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
)
from hub.model.identifiers import Code
from tests.coordination.clocks.lives import amended, discharged, happened, local
from tests.coordination.scenarios import at

RECEIVED = datetime(2026, 3, 12, tzinfo=UTC)
EVENT = CareEvent(
    id="evt_1",
    type="encounter.discharged",
    schema="careevent/encounter/1.0",
    subject=EventSubject("p_1"),
    entity=Entity("encounter", "enc_1", 3),
    times=EventTimes(
        received=RECEIVED, emitted=RECEIVED, occurred=at(8), recorded=at(9)
    ),
    source=EventSource(feed="klinik"),
    causes=("msg_1",),
    payload={"class": Code("inpatient", original="I"), "period": {"end": at(8)}},
)


def test_an_event_happened_in_the_interval_that_its_sender_states():
    found = occurrence(EVENT)

    assert (found.at, found.latest) == (at(8).earliest, at(8).latest)
    assert (found.known, found.version) == (at(9).earliest, 3)
    assert found.payload["class"] == {"code": "inpatient", "original": "I"}


def test_an_event_without_a_time_happened_when_it_was_said_or_received():
    said = EventTimes(received=RECEIVED, emitted=RECEIVED, recorded=at(9))
    received = EventTimes(received=RECEIVED, emitted=RECEIVED)

    assert occurrence(replace(EVENT, times=said)).at == at(9).earliest
    assert occurrence(replace(EVENT, times=received)).latest == RECEIVED


def test_a_correction_keeps_what_it_corrects():
    found = occurrence(replace(EVENT, correction=Correction("evt_0", "amendment")))

    assert (found.corrects, found.correction) == ("evt_0", "amendment")


def test_an_amendment_of_a_time_stands_for_what_it_amends():
    first = discharged(local("03-02"))
    second = amended(first, "encounter.end_corrected", local("03-03"), local("03-04"))

    history = History([second, first])

    assert [each.at for each in history.of(["encounter.discharged"])] == [second.at]
    assert history.root(history.standing[0]) == first.id


def test_an_amendment_of_what_is_not_known_yet_stands_for_nothing():
    first = discharged(local("03-02"))
    second = amended(first, "encounter.end_corrected", local("03-03"), local("03-04"))

    history = History([second])

    assert history.of(["encounter.discharged"]) == []


def test_corrections_that_correct_each_other_all_fall():
    one = replace(discharged(local("03-02")), id="a", corrects="b")
    other = replace(one, id="b", corrects="a", correction="amendment")
    itself = replace(one, id="c", corrects="c", correction="amendment")

    assert History([one, other, itself]).standing == []


def test_what_is_taken_back_without_a_reference_is_the_newest_of_the_entity():
    died = [
        happened("person.deceased", local(day), entity="p_1")
        for day in ("03-02", "03-03")
    ]
    other = happened("person.deceased", local("03-04"), entity="p_2")
    alive = happened("person.deceased_retracted", local("03-05"), entity="p_1")

    history = History([alive, *died, other])

    assert history.of(["person.deceased"]) == [died[0], other]


def test_what_is_said_after_it_was_taken_back_stands():
    alive = happened("person.deceased_retracted", local("03-02"), entity="p_1")
    died = happened("person.deceased", local("03-03"), entity="p_1")

    assert History([died, alive]).of(["person.deceased"]) == [died]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", ["x"]),
        ("a.code", ["x"]),
        ("a.b", []),
        ("list.n", [1, 2]),
        ("flag", [True]),
        ("none", []),
        ("none.deeper", []),
        ("a.code.deeper", []),
    ],
)
def test_a_payload_is_asked_by_path(path, found):
    payload = {"a": {"code": "x"}, "list": [{"n": 1}, {"n": 2}], "flag": True}

    assert list(values_at(payload | {"none": None}, path)) == found


def test_what_is_not_stated_meets_no_condition_and_bars_nothing():
    event = happened("contact.completed", local("03-02"), payload={"count": 1})
    asked = Trigger(event="contact.completed", where={"automated": (False,)})
    barred = Trigger(event="contact.completed", unless={"automated": (True,)})
    one = Trigger(event="contact.completed", where={"count": (True,)})

    assert not asked.matches(event, frozenset())
    assert barred.matches(event, frozenset())
    assert not one.matches(event, frozenset())


def test_an_event_is_of_the_stay_or_of_elsewhere():
    event = happened("encounter.registered", local("03-02"), entity="enc_2")
    elsewhere = Trigger(event=event.type, scope="elsewhere")
    stay = Trigger(event=event.type, scope="stay")

    assert elsewhere.matches(event, frozenset({"enc_1"}))
    assert not stay.matches(event, frozenset({"enc_1"}))
    assert stay.matches(event, frozenset({"enc_2"}))


@pytest.mark.parametrize(
    ("disposition", "country", "setting"),
    [
        ("01", "US", "home"),
        ("1", "US", "home"),
        ("86", "US", "home_health"),
        ("103", "DE", "nursing_facility"),
        ("079", "DE", "deceased"),
        (" 092 ", "DE", "rehab"),
        ("99", "US", "other"),
        ("01", "FR", "other"),
        ("", "US", "unknown"),
    ],
)
def test_a_disposition_leads_to_a_setting_of_its_country(disposition, country, setting):
    payload = {"discharge": {"disposition": disposition}}

    assert setting_after(payload, country) == setting
