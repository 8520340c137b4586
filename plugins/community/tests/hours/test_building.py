"""From schedules to rules; every schedule is made up."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.hours.building import hours_of
from hub_community.hours.zones import country_of, offsets_of, zone_of

BERLIN = "Europe/Berlin"


def row(**more):
    return {"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00",
            "closes_at": "17:00"} | more  # fmt: skip


def rules(*rows, zone=BERLIN):
    return hours_of(rows, zone).rules


def test_days_with_the_same_hours_become_one_rule():
    days = [row(byday=day) for day in ("FR", "MO", "TU")]

    assert rules(*days, row(byday="SA", closes_at="12:00")) == [
        {"freq": "WEEKLY", "byday": ["MO", "TU", "FR"], "opens_at": "09:00",
         "closes_at": "17:00", "timezone": BERLIN},
        {"freq": "WEEKLY", "byday": ["SA"], "opens_at": "09:00",
         "closes_at": "12:00", "timezone": BERLIN},
    ]  # fmt: skip


def test_a_zone_is_believed_before_a_number():
    assert rules(row(timezone=-6))[0]["timezone"] == BERLIN
    assert "offset" not in rules(row(timezone=-6))[0]
    assert rules(row(timezone=-6), zone="")[0]["offset"] == -360
    assert rules(row(timezone=99), zone="")[0].keys().isdisjoint({"offset", "timezone"})


@pytest.mark.parametrize("suffix", ["+01:00", "+0200"])
def test_an_offset_that_a_zone_has_is_that_of_the_zone(suffix):
    (rule,) = rules(row(opens_at=f"09:00{suffix}", closes_at=f"17:00{suffix}"))

    assert rule["timezone"] == BERLIN


@pytest.mark.parametrize(("suffix", "offset"), [("Z", 0), ("-05:30", -330)])
def test_an_offset_that_a_zone_never_has_is_kept(suffix, offset):
    (rule,) = rules(row(opens_at=f"09:00{suffix}", closes_at=f"17:00{suffix}"))

    assert rule["offset"] == offset
    assert "timezone" not in rule


def test_a_holiday_takes_the_place_of_other_rules():
    (shut,) = rules({"closed": True, "valid_from": "2026-12-25"})
    (short,) = rules(
        {"closed": False, "valid_from": "2026-12-24", "valid_to": "2026-12-24",
         "opens_at": "9", "closes_at": "12"}
    )  # fmt: skip

    assert (shut["exception"], shut["closed"]) == (True, True)
    assert (shut["valid_from"], shut["valid_to"]) == ("2026-12-25", "2026-12-25")
    assert (short["opens_at"], short["closes_at"]) == ("09:00", "12:00")
    assert rules({"closed": True}) == []


def test_words_are_read_and_kept():
    found = hours_of([{"description": "Mo-Fr 8-12 Uhr", "freq": "WEEKLY"}], BERLIN)

    assert found.text == "Mo-Fr 8-12 Uhr"
    assert found.rules[0]["confidence"] < 1
    assert hours_of([{"description": "ring the bell"}], BERLIN) == ([], "ring the bell")


def test_a_note_beside_stated_hours_is_no_hours():
    assert hours_of([row(description="24 hours")], BERLIN).text == ""


def test_days_in_words_are_less_sure_and_unreadable_ones_no_rule():
    assert rules(row(byday="Mo,Di"))[0]["confidence"] == 0.9
    assert rules(row(byday="lundi")) == []


def test_times_that_cannot_be_read_leave_the_days():
    (rule,) = rules(row(opens_at="early"))

    assert rule["byday"] == ["MO"]
    assert "opens_at" not in rule
    assert "opens_at" not in rules(row(closes_at="09:00"))[0]


def test_turns_are_counted_from_where_the_rule_begins():
    (rule,) = rules(row(interval=2, valid_from="2026-01-05"))

    assert (rule["interval"], rule["dtstart"]) == (2, "2026-01-05")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"count": 10**12}, {"count": 10**9}),
        ({"count": -1}, {"count": 0}),
        ({"interval": 0}, {}),
        ({"wkst": "SU"}, {"wkst": "SU"}),
        ({"until": "2026-02-31"}, {}),
        ({"until": "2026-02-28"}, {"until": "2026-02-28"}),
        ({"freq": "monthly", "byday": "1MO"}, {"freq": "MONTHLY", "byday": ["1MO"]}),
        (
            {"freq": "MONTHLY", "byday": "", "bymonthday": "1,15"},
            {"bymonthday": [1, 15]},
        ),
    ],
)
def test_what_a_schedule_says_besides_is_kept_where_it_makes_sense(more, expected):
    (rule,) = rules(row(**more))

    assert expected.items() <= rule.items()


@pytest.mark.parametrize(
    "more", [{"freq": "YEARLY"}, {"bymonthday": "first"}, {"byday": ""}]
)
def test_a_schedule_that_is_not_understood_is_no_rule(more):
    assert rules(row(**more)) == []


def test_hours_without_days_are_of_each_day_and_less_sure():
    (rule,) = rules({"opens_at": "09:00", "closes_at": "17:00"})

    assert (rule["freq"], rule["confidence"]) == ("DAILY", 0.6)


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(["WEEKLY", "MO,TU", "09:00", "24:00", "2026-01-01", "2MO", "1,2"]),
    st.just([]), st.just({}),
)  # fmt: skip
_NAMES = st.sampled_from(
    [
        "freq",
        "byday",
        "bymonthday",
        "byweekno",
        "byyearday",
        "interval",
        "count",
        "wkst",
        "opens_at",
        "closes_at",
        "valid_from",
        "valid_to",
        "dtstart",
        "until",
        "timezone",
        "closed",
        "description",
    ]
)


@given(st.lists(st.dictionaries(_NAMES, _VALUES), max_size=4))
def test_whatever_a_schedule_holds_gives_rules_of_json(rows):
    found = hours_of(rows, BERLIN)

    assert msgspec.json.decode(msgspec.json.encode(found.rules)) == found.rules


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ({"country": "US", "state_province": "IL"}, "America/Chicago"),
        ({"state_province": "ny"}, "America/New_York"),
        ({"state_province": "IN", "postal_code": "46402"}, "America/Chicago"),
        ({"state_province": "AZ", "postal_code": "85001"}, "America/Phoenix"),
        ({"state_province": "IN"}, ""),
        ({"country": "Deutschland"}, BERLIN),
        ({"country": "UK"}, "Europe/London"),
        ({"country": "AU"}, ""),
    ],
)  # fmt: skip
def test_a_location_keeps_the_time_of_its_address(address, zone):
    assert zone_of({"addresses": [address]}, "US") == zone


def test_a_location_without_addresses_keeps_no_time_that_is_known():
    assert zone_of({}, "US") == ""
    assert country_of({"country": " "}, "DE") == "DE"
    assert offsets_of("") == frozenset()
    assert offsets_of(BERLIN) == {60, 120}
