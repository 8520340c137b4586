"""Who is in house. Every person is made up."""

import csv
import io

import pytest

from hub.testing.samples import (
    NOTICES,
    admitted,
    care_event,
    discharged,
    notice,
    retraction,
    transferred,
)
from hub_payer.census import CensusOptions, latest, render
from hub_payer.presence import presence


def read(rendered):
    text = rendered.body.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def of_stay(key, event, version):
    changed = type(event.entity)("encounter", key, version)
    return notice(type(event)(**{**_fields(event), "entity": changed}))


def _fields(event):
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_a_stay_has_one_row_that_says_where_it_is_now():
    told = [notice(admitted()), notice(transferred()), notice(discharged())]

    (row,) = read(render(told, CensusOptions()))
    assert row["CensusState"] == "discharged"
    assert row["EventType"] == "encounter.discharged"


def test_the_newest_version_holds_whatever_the_order():
    told = [notice(discharged()), notice(admitted()), notice(transferred())]

    assert [each.event.type for each in latest(told)] == ["encounter.discharged"]


def test_a_discharge_taken_back_leaves_the_person_in_house():
    told = [notice(admitted()), notice(discharged()), notice(retraction())]

    (row,) = read(render(told, CensusOptions()))
    assert row["CensusState"] == "in_house"


def test_stays_come_in_the_order_in_which_they_are_first_told_of():
    told = [
        of_stay("b", admitted(), 1),
        of_stay("a", admitted(), 1),
        of_stay("b", discharged(), 2),
    ]

    rows = read(render(told, CensusOptions()))
    assert [(row["StayID"], row["CensusState"]) for row in rows] == [
        ("b", "discharged"),
        ("a", "in_house"),
    ]


def test_only_those_in_house_are_listed_where_that_is_wanted():
    told = [of_stay("a", admitted(), 1), of_stay("b", discharged(), 1)]

    rows = read(render(told, CensusOptions(stays="in_house")))
    assert [row["StayID"] for row in rows] == ["a"]


def test_nobody_in_house_is_a_file_with_a_header():
    rendered = render([notice(discharged())], CensusOptions(stays="in_house"))

    assert rendered.body.decode().startswith("StayID,CensusState")
    assert read(rendered) == []
    assert rendered.kind == "census"


def test_a_partner_chooses_columns_and_dates():
    options = CensusOptions(
        columns={"Nr": "SubscriberPatientID", "Stand": "CensusState"}, separator=";"
    )

    body = render([notice(admitted())], options).body.decode()
    assert body == "Nr;Stand\r\nM-00042;in_house\r\n"


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("preadmitted", "expected"),
        ("ed_arrived", "in_house"),
        ("leave_started", "on_leave"),
        ("leave_ended", "in_house"),
        ("ended", "discharged"),
        ("admit_cancelled", "cancelled"),
        ("admission_reversed", "cancelled"),
        ("tracking", "unknown"),
    ],
)
def test_a_notice_without_a_status_tells_by_its_type(kind, state):
    """A retraction may say nothing but that it is one."""
    assert presence(notice(care_event(kind))) == state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("planned", "expected"),
        ("in-progress", "in_house"),
        ("onleave", "on_leave"),
        ("finished", "discharged"),
        ("cancelled", "cancelled"),
    ],
)
def test_the_status_counts_more_than_the_type(status, state):
    told = notice(care_event("updated", payload={"status": status}))

    assert presence(told) == state


def test_what_is_no_stay_is_of_unknown_state():
    event = care_event("opened")

    other = type(event)(**{**_fields(event), "type": "stay.opened"})
    assert presence(notice(other)) == "unknown"


def test_every_notice_can_be_in_a_census():
    assert len(read(render(NOTICES, CensusOptions()))) == 1
