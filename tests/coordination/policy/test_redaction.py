"""What is too sensitive is taken out so that nobody sees that it was there."""

import pytest

from hub.coordination.policy import project
from hub.coordination.policy.marks import Mark, marks_of
from hub.model.delivery import Terms
from hub.model.events import Correction
from hub.model.labels import Labels
from tests.coordination.policy.cases import ask, event, labelled

MARKS = (
    "ARV-3:PSY",
    "department:SUCHT:ETH",
    "diagnosis:F10.2:ETH",
)
PAYLOAD = {
    "status": "in-progress",
    "location": {"facility": "NORD", "unit": "SUCHT", "bed": "1"},
    "service": "SUCHT",
    "careteam": [{"role": "attending"}],
    "diagnoses": [{"code": "F10.20"}, {"code": "I10"}, {"text": "drinks"}],
    "admission": {"type": "E", "reason": "withdrawal"},
    "procedures": [{"code": "8-985"}],
    "clocks": [{"name": "fua-7"}],
    "changed_fields": ["status", "diagnoses", "note"],
}
BY_DIAGNOSIS = Labels("R", ("ETH",), (), ("diagnosis:F10.2:ETH",))
BY_WARD = Labels("R", ("ETH",), (), ("department:SUCHT:ETH",))


def redacted(labels, payload=PAYLOAD, codes=("ETH",), **fields):
    what = event(labels, payload=payload, **fields)
    return project(what, Terms(redacted=codes))


def test_only_the_diagnosis_goes_and_what_could_say_as_much():
    told = redacted(BY_DIAGNOSIS)

    assert told.payload == {
        "status": "in-progress",
        "location": PAYLOAD["location"],
        "service": "SUCHT",
        "careteam": PAYLOAD["careteam"],
        "diagnoses": [{"code": "I10"}],
        "admission": {"type": "E"},
        "changed_fields": ["status"],
    }


def test_labels_that_were_taken_out_leave_no_trace():
    assert redacted(BY_DIAGNOSIS).labels == Labels()


def test_what_else_is_confidential_stays_so():
    labels = Labels("R", ("ETH", "PSY"), ("NORDSCLCD",), MARKS)

    told = redacted(labels)

    assert told.labels == Labels("R", ("PSY",), ("NORDSCLCD",), ("ARV-3:PSY",))


def test_what_a_field_restricts_stays_restricted():
    labels = Labels("R", ("ETH",), (), ("PD1-12", "diagnosis:F10.2:ETH"))

    assert redacted(labels).labels == Labels("R", derived_by=("PD1-12",))


def test_a_label_under_its_other_name_is_taken_out_too():
    labels = Labels("R", ("SUD",), (), ("diagnosis:F10.2:SUD",))

    assert redacted(labels).labels == Labels()
    assert redacted(labels).payload["diagnoses"] == [{"code": "I10"}]


def test_a_list_that_would_be_empty_is_not_there():
    told = redacted(BY_DIAGNOSIS, {"diagnoses": [{"code": "F10.2"}]})

    assert told.payload == {}


@pytest.mark.parametrize(
    "entry",
    [{"code": "f102"}, {"code": {"code": "F10.2"}}, {"text": "drinks"}, "F10.2", None],
)
def test_a_diagnosis_is_known_in_whatever_way_it_is_written(entry):
    told = redacted(BY_DIAGNOSIS, {"diagnoses": [entry, {"code": "I10"}]})

    assert told.payload == {"diagnoses": [{"code": "I10"}]}


def test_a_ward_goes_with_who_works_there():
    told = redacted(BY_WARD, participants=({"role": "attending"},))

    assert told.payload == {
        "status": "in-progress",
        "location": {"facility": "NORD"},
        "diagnoses": PAYLOAD["diagnoses"],
        "admission": {"type": "E"},
        "changed_fields": ["status", "diagnoses"],
    }
    assert told.participants == ()


def test_a_correction_does_not_name_what_was_taken_out():
    correction = Correction("evt_0", "amendment", ("diagnoses", "status"))

    told = redacted(BY_DIAGNOSIS, correction=correction)

    assert told.correction == Correction("evt_0", "amendment", ("status",))


def test_a_change_of_nothing_that_is_left_is_not_told():
    """A notice in which nothing changed says that there is a secret."""
    change = {"diagnoses": [{"code": "F10.2"}], "changed_fields": ["diagnoses"]}
    what = event(BY_DIAGNOSIS, kind="encounter.updated", version=2, payload=change)

    assert ask(about=what).verdict == "deny"


def test_a_change_of_something_else_is_told():
    change = PAYLOAD | {"changed_fields": ["diagnoses", "location"]}
    what = event(BY_DIAGNOSIS, kind="encounter.updated", version=2, payload=change)

    assert ask(about=what).verdict == "permit_redacted"


@pytest.mark.parametrize(
    "labels",
    [
        labelled("ETH", by="sender:x"),
        labelled("ETH", by="programme:x"),
        labelled("ETH", by="ARV-3"),
        Labels("R", ("ETH",)),
        Labels("R", ("ETH",), (), ("ARV-3", "diagnosis:F10.2:ETH")),
        Labels("R", ("ETH",), (), ("diagnosis:F10.2:ETH", "sender:x:ETH")),
        Labels("R", ("ETH",), (), ("rule",)),
    ],
)
def test_what_does_not_come_from_a_part_cannot_be_taken_out(labels):
    assert ask(labels).verdict == "deny"


def test_a_part_may_be_taken_out_beside_fields_that_only_restrict():
    labels = Labels(
        "R", ("ETH",), (), ("MSH-27", "PD1-12", "PV1-16", "diagnosis:F10.2:ETH")
    )

    assert ask(labels).terms.redacted == ("ETH",)


@pytest.mark.parametrize(
    ("entry", "mark"),
    [
        ("diagnosis:F10.2:ETH", Mark("diagnosis", "F10.2", "ETH")),
        ("diagnosis:F10.2:SUD", Mark("diagnosis", "F10.2", "ETH")),
        ("department:A:B:PSY", Mark("department", "A:B", "PSY")),
        ("PV1-16:VIP", Mark("", "", "VIP", "PV1-16")),
        ("PV1-16:R", Mark("", "", "R", "PV1-16")),
        ("PV1-16", Mark("", "", "VIP", "PV1-16")),
        ("PD1-12", Mark("", "", "", "PD1-12")),
        ("programme:ETH", Mark("programme", "", "ETH")),
        ("rule", Mark("", "", "")),
    ],
)
def test_an_entry_says_from_where_a_label_comes(entry, mark):
    assert marks_of(Labels(derived_by=(entry,))) == [mark]


@pytest.mark.parametrize(
    ("entry", "confidential"),
    [
        ("PD1-12", True),
        ("ARV-3", True),
        ("rule", True),
        ("PV1-16:R", True),
        ("MSH-27", False),
        ("ARV-3:PSY", False),
        ("PV1-16", False),
    ],
)
def test_a_mark_says_whether_it_may_restrict_by_itself(entry, confidential):
    (mark,) = marks_of(Labels(derived_by=(entry,)))

    assert mark.confidential is confidential
