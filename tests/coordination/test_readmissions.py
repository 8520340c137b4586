"""Readmissions: who comes back within 30 days, and what is no readmission."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from hub.coordination.readmissions import (
    local_date,
    readmission_differences,
    readmissions,
)
from hub.coordination.stays import stitch
from hub.model.facts import FactKind
from tests.coordination.scenarios import at, cancel, end, plan, start
from tests.coordination.stay_walks import US, contact, going, stroll, visit

INDEX = visit("index", at(8), at(14, day=3), left="01")
AGAIN = visit("again", at(9, day=9), facility="H2", source="other")


def found(*contacts, zones=None):
    return [
        (each.index_stay, each.stay, each.days)
        for each in readmissions(stitch(contacts, US), US, zones)
    ]


def index(left="01", ended=None, **given):
    return visit("index", at(8), ended or at(14, day=3), left=left, **given)


def again(day, hour=9, **given):
    return visit("again", at(hour, day=day), **({"facility": "H2"} | given))


CASES = {
    "after six days": ([INDEX, AGAIN], [("index", "again", 6)]),
    "on the day of discharge, elsewhere": (
        [INDEX, again(3, 20)],
        [("index", "again", 0)],
    ),
    "on the same day, on the same campus, is the same stay": (
        [INDEX, again(3, 20, facility="H1")],
        [],
    ),
    "on the 30th day": ([INDEX, again(33, 23)], [("index", "again", 30)]),
    "on the 31st day": ([INDEX, again(34, 0)], []),
    "after death, by mistake": ([index("20"), AGAIN], []),
    "after leaving against advice": ([index("07"), AGAIN], []),
    "after a transfer to acute care": ([index("02"), AGAIN], []),
    "after a transfer to a nursing home": (
        [index("03"), AGAIN],
        [("index", "again", 6)],
    ),
    "while the first stay goes on": ([visit("index", at(8)), again(40)], []),
    "as an observation": (
        [INDEX, again(9, code="observation")],
        [],
    ),
    "in the emergency room alone": ([INDEX, again(9, code="emergency")], []),
    "for rehabilitation": ([INDEX, again(9, code="rehab")], []),
    "after rehabilitation": ([index(code="rehab"), AGAIN], []),
    "after an observation": ([index(code="observation"), AGAIN], []),
    "after an emergency visit": ([index(code="emergency"), AGAIN], []),
    "somebody else": ([INDEX, again(9, person="p_2")], []),
    "the first of two, and the second is that of the first": (
        [
            INDEX,
            visit("second", at(9, day=9), at(9, day=10)),
            visit("third", at(9, day=20), at(9, day=21)),
        ],
        [("index", "second", 6), ("second", "third", 10)],
    ),
    "an observation in between ends nothing": (
        [INDEX, visit("obs", at(9, day=5), at(20, day=5), "observation"), AGAIN],
        [("index", "again", 6)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_readmission_is_found_or_is_none(name):
    contacts, expected = CASES[name]

    assert all(found(*order) == expected for order in permutations(contacts))


def test_a_stay_through_the_emergency_room_counts_from_the_admission():
    ed = visit("ed", at(23, day=9), at(1, day=10), "emergency", facility="H2")

    assert found(INDEX, ed, again(10, 1)) == [("index", "ed", 7)]


def test_after_a_transfer_the_last_discharge_is_the_index():
    away = index("02")
    other = visit("other", at(16, day=3), at(9, day=8), facility="H2", left="01")

    assert found(away, other, again(10)) == [("index", "again", 2)]


@pytest.mark.parametrize(
    ("contacts", "planned"),
    [
        ([INDEX, AGAIN], False),
        ([index("81"), AGAIN], True),
        ([INDEX, again(9, kind="C")], True),
        ([INDEX, contact("again", [plan(at(9, day=9), at(8)), start(at(9, day=9))])],
            True),
    ],
)  # fmt: skip
def test_what_was_announced_is_possibly_planned(contacts, planned):
    (each,) = readmissions(stitch(contacts, US), US)

    assert each.possibly_planned is planned


@pytest.mark.parametrize(("facility", "same"), [("H1", True), ("H2", False)])
def test_a_readmission_says_whether_it_is_to_the_same_facility(facility, same):
    (each,) = readmissions(stitch([INDEX, again(9, facility=facility)], US), US)

    assert each.same_facility is same


def test_the_facility_that_counts_is_the_one_that_discharged():
    away = index("02")
    other = visit("other", at(16, day=3), at(9, day=8), facility="H2", left="01")
    (each,) = readmissions(stitch([away, other, again(10)], US), US)

    assert each.same_facility


def in_utc(moment):
    """Return a time of which the sender stated UTC."""
    return at(0, (moment - at(0).earliest) // timedelta(minutes=1))


def test_the_date_is_that_of_the_facility():
    """23:30 in New York is the next day in UTC."""
    left = in_utc(datetime(2026, 3, 14, 3, 30, tzinfo=UTC))

    assert local_date(left, "America/New_York") == date(2026, 3, 13)
    assert local_date(left) == date(2026, 3, 14)


def test_days_are_counted_by_the_dates_at_the_two_facilities():
    left = in_utc(datetime(2026, 3, 14, 3, 30, tzinfo=UTC))
    came = in_utc(datetime(2026, 4, 12, 15, 0, tzinfo=UTC))
    stay = [index(ended=left), visit("again", came, facility="H2")]
    new_york = dict.fromkeys(["H1", "H2"], "America/New_York")

    assert found(*stay) == [("index", "again", 29)]
    assert found(*stay, zones=new_york) == [("index", "again", 30)]


def test_a_night_without_an_hour_is_a_day_like_any_other():
    berlin = dict.fromkeys(["H1", "H2"], "Europe/Berlin")
    left = in_utc(datetime(2026, 3, 28, 22, 30, tzinfo=UTC))
    came = in_utc(datetime(2026, 3, 29, 22, 30, tzinfo=UTC))

    stays = [index(ended=left), visit("again", came, facility="H2")]
    assert found(*stays, zones=berlin) == [("index", "again", 2)]


def test_where_only_the_month_is_known_there_is_no_date_and_no_readmission():
    month = replace(at(0, day=3), precision="month", local="2026-03")

    assert local_date(month, "Europe/Berlin") is None
    assert found(index(ended=month), AGAIN) == []


def test_dates_by_two_clocks_that_are_the_wrong_way_round_are_one_day():
    """The hospital stated its own clock, the next one UTC."""
    left = replace(at(23, day=3), local="2026-03-14T00:00")

    stays = [index(ended=left), visit("again", at(23, 30, day=3), facility="H2")]
    assert found(*stays) == [("index", "again", 0)]


def test_a_date_without_a_time_is_the_date_that_was_sent():
    day = replace(at(0, day=3), precision="day", local="2026-03-13")

    assert local_date(day, "America/New_York") == date(2026, 3, 13)


DISCHARGED = [start(at(8)), end(at(14, day=3), details=going("01"))]

#: What becomes of a readmission that was told, and what is told then.
CORRECTIONS = {
    "the discharge is cancelled": (
        [
            contact(
                "index",
                [*DISCHARGED, cancel(FactKind.END, at(14, day=3), at(10, day=9))],
            ),
            AGAIN,
        ],
        ["retraction readmission_detected"],
    ),
    "the second admission is cancelled": (
        [INDEX],
        ["retraction readmission_detected"],
    ),
    "the first admission is cancelled": (
        [AGAIN],
        ["retraction readmission_detected"],
    ),
    "the patient had left against advice": (
        [index("07"), AGAIN],
        ["retraction readmission_detected"],
    ),
    "the discharge was a day later": (
        [index(ended=at(14, day=4)), AGAIN],
        ["amendment readmission_detected"],
    ),
    "it was planned": (
        [index("81"), AGAIN],
        ["amendment readmission_detected"],
    ),
    "another stay in between is heard of late": (
        [INDEX, AGAIN, visit("between", at(9, day=5), at(9, day=6))],
        ["new readmission_detected", "amendment readmission_detected"],
    ),
    "nothing is new": ([INDEX, AGAIN], []),
}


@pytest.mark.parametrize("name", CORRECTIONS)
def test_a_readmission_is_taken_back_or_amended(name):
    later, expected = CORRECTIONS[name]
    told = stroll([[INDEX, AGAIN], later])

    types = [each for each in told.types if each.endswith("readmission_detected")]
    assert types[0] == "new readmission_detected"
    assert sorted(types[1:]) == sorted(expected)


def test_a_readmission_is_told_in_the_stream_of_the_second_stay():
    after = readmissions(stitch([INDEX, AGAIN], US), US)

    (change,) = readmission_differences((), after)
    assert (change.stay, change.slot) == ("again", "readmission")
    assert change.occurred == at(9, day=9)
    assert change.payload == {
        "index_stay": "index",
        "days": 6,
        "same_facility": False,
        "possibly_planned": False,
        "rules": US.label,
    }


def test_an_amendment_names_what_changed():
    before = readmissions(stitch([INDEX, AGAIN], US), US)
    after = readmissions(stitch([index("81", at(14, day=4)), AGAIN], US), US)

    (change,) = readmission_differences(before, after)
    assert change.fields == ("days", "possibly_planned")
