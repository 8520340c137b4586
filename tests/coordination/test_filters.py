"""Filters, on made-up events."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.filter_doubts import CLASSES, doubts
from hub.coordination.filters import READERS, Filter, filter_rule, mismatch
from hub.model.events import Correction
from hub.model.identifiers import Code, Location
from hub.model.labels import Labels
from hub.testing.samples import admitted, care_event, discharged, encounter_payload

PAYLOAD = {
    "class": Code("inpatient", original="I"),
    "location": Location(unit="INN1", facility="NORD"),
    "service": "MED",
    "diagnoses": [{"code": "I50.1"}, {"code": {"code": "E11.9"}}],
    "discharge": {"disposition": {"code": "home", "original": "01"}},
    "person": {"birth_date": "1961-04-07", "sex": "F"},
    "level": "high",
}
EVENT = admitted(payload=PAYLOAD, labels=Labels("R"))


def one(key, *values):
    return Filter(((key, values),))


def misses(where, event=EVENT, about=dict):
    return mismatch(where, event, about)


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("class", "inpatient", "emergency"),
        ("class", "I", "E"),
        ("facility", "NORD", "SUED"),
        ("facility", "KLINIK_TEST", ""),
        ("unit", "INN1", "INN"),
        ("service", "MED", "SUR"),
        ("sex", "F", "M"),
        ("risk", "high", "low"),
        ("diagnosis", "I50", "I51"),
        ("diagnosis", "I501", "I50.12"),
        ("diagnosis", "e11", "E12"),
        ("disposition", "01", "02"),
        ("disposition", "home", "hospice"),
        ("confidentiality", "R", "N"),
        ("source", "klinik-test", "klinik"),
    ],
)
def test_an_event_has_one_of_the_values_of_a_condition(key, right, wrong):
    assert misses(one(key, wrong, right)) == ""
    assert misses(one(key, wrong)) == key


def test_all_conditions_must_hold():
    where = Filter((("class", ("inpatient",)), ("unit", ("ITS",))), age_min=200)

    assert misses(where) == "unit"
    assert where.keys == ("class", "unit", "age_min")


def test_a_filter_without_conditions_lets_everything_through():
    assert misses(Filter()) == ""


def test_an_empty_list_lets_nothing_through():
    assert misses(one("class")) == "class"


@pytest.mark.parametrize("key", [*READERS, "sex"])
def test_what_is_not_stated_meets_no_condition(key):
    bare = care_event("updated", 1, payload={})

    assert misses(one(key, "zz"), bare) == key


def test_a_stored_event_passes_as_the_same_event_did():
    stored = discharged(payload=encounter_payload(discharge={"disposition": "01"}))

    assert misses(one("class", "IMP"), stored) == ""
    assert misses(one("disposition", "01"), stored) == ""
    assert misses(one("facility", "KLINIK_TEST"), stored) == ""


def test_a_stay_is_of_each_of_its_facilities():
    stay = care_event("updated", 1, payload={"facilities": ["NORD", "SUED"]})

    assert misses(one("facility", "SUED"), stay) == ""


@pytest.mark.parametrize(
    ("born", "age_min", "age_max", "missed"),
    [
        ("1961-03-16", 65, 65, ""),  # 65 on the day
        ("1961-03-17", 65, None, "age_min"),
        ("1961-03-17", None, 64, ""),
        ("1961-03-16", None, 64, "age_max"),
        ("19610316", 65, 65, ""),
        ("2008-02-29", 18, None, ""),
        # Of a year alone both ends must do.
        ("1961", 65, None, "age_min"),
        ("1961", 64, 65, ""),
        ("1961-03", 64, 65, ""),
        ("1961-02", 65, 65, ""),
        ("1961-13", 0, None, "age_min"),
        ("unknown", None, 200, "age_max"),
        (None, 0, None, "age_min"),
    ],
)
def test_ages_are_in_whole_years_on_the_day(born, age_min, age_max, missed):
    event = admitted(payload={"person": {"birth_date": born}})

    assert event.times.occurred.earliest.date().isoformat() == "2026-03-16"
    assert misses(Filter((), age_min, age_max), event) == missed


def test_where_nobody_said_when_the_day_is_that_of_the_telling():
    event = care_event("updated", 1, payload={})
    about = {"birth_date": "1961-04-07", "sex": "F"}

    assert misses(Filter((), 18), event, lambda: about) == ""
    assert misses(one("sex", "F"), event, lambda: about) == ""


def test_corrections_can_be_asked_for_or_left_out():
    correction = admitted(correction=Correction("evt-1", "amendment"))
    only, none = Filter(correction=True), Filter(correction=False)

    assert [misses(only, correction), misses(only)] == ["", "correction"]
    assert [misses(none, correction), misses(none)] == ["correction", ""]


def test_the_rule_names_the_key():
    assert filter_rule("class") == "filter:class@1"


texts = st.text(max_size=4)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda each: st.lists(each, max_size=2) | st.dictionaries(texts, each, max_size=2),
    max_leaves=6,
)
payloads = st.dictionaries(
    st.sampled_from([*PAYLOAD, "facility", "facilities", "risk"]), values, max_size=6
)
filters = st.builds(
    Filter,
    st.lists(
        st.tuples(
            st.sampled_from([*READERS, "sex"]), st.lists(texts, max_size=2).map(tuple)
        ),
        max_size=3,
    ).map(tuple),
    st.none() | st.integers(0, 150),
    st.none() | st.integers(0, 150),
    st.none() | st.booleans(),
)


@given(filters, payloads)
def test_no_payload_breaks_a_filter(where, payload):
    assert misses(where, admitted(payload=payload)) in {"", *where.keys}


@given(filters, filters)
def test_more_conditions_let_no_more_through(one, other):
    both = one._replace(among=one.among + other.among)

    if misses(one):
        assert misses(both)


ADMITTED = frozenset({"encounter.admitted"})
DISCHARGED = frozenset({"encounter.discharged"})


@pytest.mark.parametrize(
    ("where", "types", "key", "text"),
    [
        (Filter(), ADMITTED, "", "everything passes"),
        (one("class"), ADMITTED, "class", "empty list"),
        (Filter((), 65, 18), ADMITTED, "age_min", "nothing passes"),
        (Filter((), 0), ADMITTED, "age_min", "excludes nobody"),
        (Filter((), None, 150), ADMITTED, "age_max", "excludes nobody"),
        (one("class", *CLASSES), DISCHARGED, "class", "lists all"),
        (one("sex", *"FMOUAN"), ADMITTED, "sex", "lists all"),
        (one("class", "stationaer"), DISCHARGED, "class", "no class"),
        (one("class", "emergency"), ADMITTED, "class", "do not happen"),
        (one("disposition", "01"), ADMITTED, "disposition", "nothing passes"),
        (
            one("disposition", "01"),
            ADMITTED | DISCHARGED,
            "disposition",
            "not stated by encounter.admitted, which",
        ),
        (one("risk", "high"), ADMITTED, "risk", "nothing passes"),
        (one("unit", "W1"), {"person.merged"}, "unit", "nothing passes"),
    ],
)
def test_doubts_a_filter_that_lets_nothing_or_everything_through(
    where, types, key, text
):
    found = list(doubts(where, types))

    assert [(each.key, text in each.text) for each in found][:1] == [(key, True)]


@pytest.mark.parametrize(
    ("where", "types"),
    [
        (one("class", "inpatient"), ADMITTED),
        (one("class", "emergency"), {"encounter.ed_arrived"}),
        (one("disposition", "01"), DISCHARGED),
        (one("disposition", "01"), {"stay.closed"}),
        (one("risk", "high"), {"risk.stratified"}),
        (one("confidentiality", "N"), ADMITTED),
        (Filter((), 18, 64), ADMITTED),
        (Filter((), 65), ADMITTED),
        (Filter(correction=True), ADMITTED),
    ],
)
def test_has_no_doubts_about_a_filter_that_tells_apart(where, types):
    assert list(doubts(where, types)) == []


def test_the_day_of_the_samples_is_known():
    assert EVENT.times.emitted >= datetime(2026, 3, 16, tzinfo=UTC)
