"""What would only say again what was told. Everything here is made up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.suppression import (
    Deferral,
    Past,
    Storm,
    deferral,
    duplicate_of,
    fields_of,
    freed,
    hushed,
    is_update,
    occurred,
    taken_back,
)
from hub.testing.samples import admitted, minimal

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HALF = 30 * MINUTE
WITHINS = {"s": HALF}


def past(event, feed="nord", minute=0, *, told=True, **given):
    """Return an admission that was told, unless something else is given."""
    time = NOON + minute * MINUTE
    standard = {
        "type": "encounter.admitted",
        "entity": f"enc_{feed}",
        "feed": feed,
        "occurred": time,
        "at": time if told else None,
        "queued": told,
    }
    return Past(event, **(standard | given))


def suppressed(event, feed="sued", minute=0, **given):
    return past(event, feed, minute, told=False, suppressed_for="s", **given)


FIRST, SECOND = past("e1"), past("e2", "sued", 10)
BACK = past("r1", type="encounter.admit_cancelled", retracts="e1")


def test_what_another_feed_told_is_a_duplicate():
    assert duplicate_of(SECOND, [FIRST], HALF) == "e1"
    assert duplicate_of(SECOND._replace(occurred=NOON - HALF), [FIRST], HALF) == "e1"


@pytest.mark.parametrize(
    "other",
    [
        FIRST._replace(feed="sued"),
        FIRST._replace(entity="enc_sued"),
        FIRST._replace(type="encounter.discharged"),
        FIRST._replace(occurred=NOON - 21 * MINUTE),
        FIRST._replace(occurred=None),
        FIRST._replace(at=None),
        FIRST._replace(amends="e0"),
        SECOND,
    ],
    ids=["feed", "entity", "type", "time", "timeless", "untold", "amends", "itself"],
)
def test_what_is_not_the_same_is_no_duplicate(other):
    assert duplicate_of(SECOND, [other], HALF) == ""


@pytest.mark.parametrize(
    "event",
    [
        SECOND._replace(occurred=None),
        SECOND._replace(retracts="e0"),
        SECOND._replace(amends="e0"),
    ],
)
def test_a_correction_is_no_duplicate(event):
    assert duplicate_of(event, [FIRST], HALF) == ""


def test_what_was_taken_back_has_no_duplicates():
    amended = past("e1b", amends="e1", type="encounter.start_corrected")
    back = BACK._replace(retracts="e1b")

    assert duplicate_of(SECOND, [FIRST, BACK], HALF) == ""
    assert duplicate_of(SECOND, [FIRST, amended, back], HALF) == ""
    assert taken_back([FIRST, amended, back]) == {"e1", "e1b"}


def test_the_duplicate_stands_alone_once_the_first_is_taken_back():
    second = suppressed("e2", minute=10)

    assert freed([FIRST, second], WITHINS) == []
    assert freed([FIRST, second, BACK], WITHINS) == [second]


def test_of_several_duplicates_one_is_told():
    second, third = suppressed("e2"), suppressed("e3", "west")

    assert freed([FIRST, second, third, BACK], WITHINS) == [second]


@pytest.mark.parametrize(
    "second",
    [
        suppressed("e2")._replace(queued=True),
        suppressed("e2")._replace(suppressed_for=""),
        suppressed("e2")._replace(suppressed_for="other"),
    ],
)
def test_what_was_told_or_never_suppressed_is_not_told_again(second):
    assert freed([FIRST, second, BACK], WITHINS) == []


def test_a_duplicate_that_was_taken_back_too_is_not_told():
    gone = past("r2", "sued", retracts="e2", type="encounter.admit_cancelled")

    assert freed([FIRST, suppressed("e2"), gone, BACK], WITHINS) == []


def test_nobody_hears_that_what_they_were_not_told_is_taken_back():
    back = past("r2", "sued", retracts="e2")

    assert hushed(back, [FIRST, suppressed("e2")])
    assert not hushed(back, [FIRST, suppressed("e2")._replace(at=NOON)])
    assert not hushed(back._replace(retracts="e1"), [FIRST, suppressed("e2")])
    assert not hushed(SECOND, [FIRST, suppressed("e2")])


@pytest.mark.parametrize(
    ("event_type", "storms"),
    [
        ("encounter.updated", True),
        ("person.demographics_changed", True),
        ("careteam.changed", True),
        ("encounter.admitted", False),
        ("encounter.class_changed", False),
    ],
)
def test_updates_come_in_storms(event_type, storms):
    assert is_update(event_type) is storms


def update(event, minute=0, *, entity="enc_1", **given):
    standard = {
        "type": "encounter.updated",
        "entity": entity,
        "subscription": "s",
        "at": NOON + minute * MINUTE,
    }
    return past(event, minute=minute, **(standard | given))


TEN = [update(f"u{minute}", minute) for minute in range(10)]
STORM = Storm(10, HOUR)


def put_off(event, known, minute, storm=STORM):
    return deferral(event, known, "s", storm, NOON + minute * MINUTE)


def test_the_next_update_of_a_storm_waits_until_there_is_room():
    assert put_off(update("n", 9), TEN[:9], 9) is None
    assert put_off(update("n", 10), TEN, 10) == Deferral(NOON + HOUR, ())
    assert put_off(update("n", 59), TEN, 59) == Deferral(NOON + HOUR, ())
    assert put_off(update("n", 60), TEN, 60) is None


def test_only_the_newest_of_what_waits_is_told():
    waiting = update("u10", 60, waits=True)

    assert put_off(update("n", 11), [*TEN, waiting], 11) == Deferral(
        NOON + HOUR, ("u10",)
    )


def test_what_is_about_something_else_waits_longer():
    waiting = update("u10", 60, waits=True)
    other = update("n", 11, entity="enc_2")

    assert put_off(other, [*TEN, waiting], 11) == Deferral(NOON + MINUTE + HOUR, ())


def test_of_what_states_only_changes_none_is_lost():
    name = {"type": "person.demographics_changed", "entity": "p_1"}
    waiting = update("u10", 60, waits=True, fields=frozenset({"names"}), **name)
    known = [*TEN, waiting]

    other = update("n", 11, fields=frozenset({"addresses"}), **name)
    both = update("n", 11, fields=frozenset({"addresses", "names"}), **name)

    assert put_off(other, known, 11).stands_for == ()
    assert put_off(both, known, 11).stands_for == ("u10",)


@pytest.mark.parametrize(
    "event",
    [
        update("n", 10, type="encounter.admitted"),
        update("n", 10, amends="u1"),
        update("n", 10, retracts="u1"),
    ],
)
def test_news_and_corrections_do_not_wait(event):
    assert put_off(event, TEN, 10) is None


def test_a_storm_at_another_subscription_is_none_here():
    others = [each._replace(subscription="t") for each in TEN]

    assert put_off(update("n", 10), others, 10) is None


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["a", "b"])), max_size=40),
    st.integers(1, 4),
)
def test_in_no_hour_are_more_told_and_the_newest_is_never_lost(steps, most):
    storm, known, minute = Storm(most, HOUR), [], 0
    for place, (wait, entity) in enumerate(steps):
        minute += wait
        now = NOON + minute * MINUTE
        known = [each._replace(waits=each.waits and each.at > now) for each in known]
        event = update(f"u{place}", minute, entity=entity)
        found = deferral(event, known, "s", storm, now)
        gone = found.stands_for if found else ()
        known = [each for each in known if each.event not in gone]
        known.append(event._replace(at=found.until, waits=True) if found else event)

    times = sorted(each.at for each in known)
    for begin in times:
        assert sum(begin <= each < begin + HOUR for each in times) <= most
    newest = {entity: f"u{place}" for place, (_, entity) in enumerate(steps)}
    assert set(newest.values()) <= {each.event for each in known}


def test_reads_when_an_event_happened_and_what_changed():
    event = admitted(payload={"changed_fields": ["location"]})

    assert occurred(event) == event.times.occurred.earliest
    assert fields_of(event) == {"location"}
    assert (occurred(minimal()), fields_of(minimal())) == (None, frozenset())
