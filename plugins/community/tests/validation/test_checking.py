"""What is said of records, by level; every record is made up."""

from datetime import date

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.hsds.checking import remarks_for
from hub_community.hsds.profile import HsdsProfile
from hub_community.validation import links, phones
from hub_community.validation.codes import CODES, ROW_CODES
from hub_community.validation.nearby import Nearby

UUID = "ac148810-d857-441c-9679-408f346de14b"
PROFILE = HsdsProfile(country="US")
GERMAN = HsdsProfile(country="DE")
TODAY = date(2026, 4, 6)
SERVICE = {
    "id": UUID,
    "name": "Made-up pantry",
    "status": "active",
    "email": "desk@example.org",
    "assured_date": "2026-01-31",
}
LOCATION = {
    "id": UUID,
    "location_type": "physical",
    "latitude": 41.88,
    "longitude": -87.63,
    "addresses": [
        {
            "id": UUID, "address_1": "1 Example Street", "city": "Chicago",
            "state_province": "IL", "postal_code": "60601", "country": "US",
            "address_type": "physical",
        }
    ],
}  # fmt: skip


def said(kind, record, profile=PROFILE, nearby=None):
    """Return the remarks on a record as code, field and severity."""
    nearby = nearby or Nearby(profile, TODAY)
    record = nearby.completed(kind, record)
    found = remarks_for(kind, record, profile, nearby)
    for each in found:
        assert each.code in ROW_CODES
        assert (each.type, each.id) == (kind, record.get("id", ""))
    return [(each.code.removeprefix("check."), each.field) for each in found]


def of_service(profile=PROFILE, **more):
    record = {name: each for name, each in (SERVICE | more).items() if each is not None}
    return said("service", record, profile)


def of_location(profile=PROFILE, postcode="60601", **more):
    address = LOCATION["addresses"][0] | {"postal_code": postcode}
    return said("location", LOCATION | {"addresses": [address]} | more, profile)


def test_nothing_is_said_of_what_is_right():
    assert of_service() == []
    assert of_location() == []


@pytest.mark.parametrize(
    ("field", "severity"),
    [("name", "error"), ("status", "error"), ("phones.number", "warning")],
)
def test_only_what_makes_a_record_useless_keeps_it_out(field, severity):
    record = SERVICE | {"phones": [{"id": UUID}]}
    found = remarks_for("service", {**record, "name": 7, "status": 7}, PROFILE)

    levels = {each.field: (each.level, each.severity) for each in found}
    assert levels[field] == (1, severity)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"id": "17"}, ("uuid", "id")),
        ({"status": "paused"}, ("enum", "status")),
        ({"email": "Jo <jo@example.org>"}, ("email", "email")),
        ({"url": "www.example.org"}, ("uri", "url")),
        ({"email": None}, ("no_contact", "")),
        ({"minimum_age": 65, "maximum_age": 18}, ("ages_reversed", "minimum_age")),
        ({"minimum_age": -1}, ("age_unlikely", "minimum_age")),
        ({"maximum_age": 999}, ("age_unlikely", "maximum_age")),
        ({"cost_options": [{"id": UUID}]}, ("amount_missing", "cost_options.amount")),
        (
            {"cost_options": [{"id": UUID, "amount": -5}]},
            ("amount_negative", "cost_options.amount"),
        ),
        ({"description": "<script>x()</script>"}, ("text_active", "description")),
        ({"description": "[a](javascript:x())"}, ("text_active", "description")),
        ({"description": "x" * 1_000_000}, ("text_long", "description")),
        (
            {"languages": [{"id": UUID, "code": "Deutsch!"}]},
            ("language_unknown", "languages.code"),
        ),
        ({"assured_date": "2025-01-01"}, ("stale", "assured_date")),
        ({"assured_date": None}, ("not_assured", "assured_date")),
        ({"assured_date": "2027-01-01"}, ("date_future", "assured_date")),
        ({"last_modified": "2031-01-01T00:00:00Z"}, ("date_future", "last_modified")),
    ],
)
def test_what_is_wrong_with_a_service_is_said_once(more, expected):
    assert of_service(**more) == [expected]


@pytest.mark.parametrize("text", ["<b>Free</b> food", "See data: here", "a < b"])
def test_markup_that_runs_nothing_is_let_be(text):
    assert of_service(description=text) == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"latitude": 0, "longitude": 0}, "coordinates_zero"),
        ({"latitude": -87.63, "longitude": 41.88}, "coordinates_swapped"),
        ({"latitude": 541.88}, "coordinates_range"),
        ({"latitude": 52.5, "longitude": 13.4}, "coordinates_abroad"),
        ({"postcode": "94103"}, "coordinates_far"),
        ({"longitude": None}, "coordinates_half"),
    ],
)
def test_coordinates_are_held_against_their_address(more, problem):
    more = dict(more)
    expected = [(problem, "latitude")]
    if more.get("longitude", 0) is None:
        expected.insert(0, ("type", "longitude"))

    assert of_location(**more) == expected


@pytest.mark.parametrize("postcode", ["", "00000", "K1A 0B1", "60601-1234"])
def test_a_postcode_nobody_knows_says_nothing(postcode):
    assert of_location(postcode=postcode) == []


def test_a_secret_place_is_not_missed():
    masked = {"id": UUID, "location_type": "physical"}

    assert said("location", masked) == []


@pytest.mark.parametrize(
    ("more", "problem", "field"),
    [
        ({"opens_at": "early"}, "time_unreadable", "opens_at"),
        ({"closes_at": None}, "time_missing", "closes_at"),
        ({"closes_at": "09:00"}, "times_equal", "closes_at"),
        ({"byday": "lundi"}, "days_unreadable", "byday"),
        ({"byday": "Mo,Di"}, "days_in_words", "byday"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "dates_reversed",
         "valid_to"),
        ({"dtstart": "2026-02-01", "until": "2026-01-01"}, "dates_reversed", "until"),
        ({"count": 10**9}, "count_unlikely", "count"),
        ({"count": 0}, "count_unlikely", "count"),
        ({"interval": 0}, "interval_unlikely", "interval"),
        ({"interval": 2}, "start_missing", "dtstart"),
        ({"timezone": 5}, "zone_differs", "timezone"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_schedule_is_said(more, problem, field):
    row = {"id": UUID, "freq": "WEEKLY", "byday": "MO", "opens_at": "09:00",
           "closes_at": "17:00"} | more  # fmt: skip
    row = {name: each for name, each in row.items() if each is not None}

    assert of_service(HsdsProfile(time_zone="Europe/Berlin"), schedules=[row]) == [
        (problem, f"schedules.{field}")
    ]


@pytest.mark.parametrize("closes", ["02:00", "23:59", "24:00"])
def test_over_midnight_is_no_mistake(closes):
    row = {"id": UUID, "freq": "WEEKLY", "byday": "FR", "opens_at": "22:00",
           "closes_at": closes}  # fmt: skip

    assert of_service(GERMAN, schedules=[row]) == []


def test_hours_in_words_and_without_a_zone_are_said():
    words = [{"id": UUID, "description": "Mon-Fri 9-5"}]
    riddle = [{"id": UUID, "description": "when the lamp is lit"}]

    assert of_service(schedules=words) == [
        ("hours_in_words", "schedules"),
        ("zone_unknown", "schedules.timezone"),
    ]
    assert of_service(GERMAN, schedules=riddle) == [("hours_unreadable", "schedules")]


def test_a_service_keeps_the_time_and_the_hours_of_its_location():
    nearby = Nearby(PROFILE, TODAY)
    row = {"id": UUID, "byday": "MO", "opens_at": "9", "closes_at": "12"}
    nearby.completed("location", LOCATION | {"schedules": [row]})
    offered = {"service_at_locations": [{"id": UUID, "location_id": UUID}]}

    theirs = nearby.completed("service", SERVICE | offered)
    own = nearby.completed("service", SERVICE | offered | {"schedules": [row]})

    assert theirs["hours"][0]["location"] == UUID
    assert theirs["hours"][0]["timezone"] == "America/Chicago"
    assert own["hours"][0]["timezone"] == "America/Chicago"
    assert "location" not in own["hours"][0]
    assert "hours" not in SERVICE


@pytest.mark.parametrize(
    ("organization", "codes"),
    [
        ({"phones": [{"id": UUID, "number": "217-555-0100"}]}, []),
        ({"contacts": [{"id": UUID, "email": "a@b.example"}]}, []),
        ({}, [("no_contact", "")]),
        (None, []),
    ],
)
def test_a_service_may_be_reached_by_its_organization(organization, codes):
    nearby = Nearby(PROFILE, TODAY)
    if organization is not None:
        nearby.completed("organization", {"id": "o", "name": "x"} | organization)
    service = {k: v for k, v in SERVICE.items() if k != "email"}
    record = service | {"organization_id": UUID}
    if organization is not None:
        nearby.completed("organization", {"id": UUID} | organization)

    assert said("service", record, nearby=nearby) == codes


def test_the_british_profile_asks_for_more_and_has_less():
    profile = HsdsProfile(uk=True, country="GB")

    assert of_service(profile, wait_time="2 weeks") == [
        ("profile_required", "url"),
        ("profile_dropped", "wait_time"),
    ]


@pytest.mark.parametrize(
    ("number", "country", "problem"),
    [
        ("+1 217 555 0100", "US", ""),
        ("(217) 555-0100 ext. 12", "US", ""),
        ("1-800-FLOWERS", "US", ""),
        ("911", "US", ""),
        ("116 117", "DE", ""),
        ("0221 123456", "DE", ""),
        ("+49 (0)221 / 12 34 56", "DE", ""),
        ("+44 20 7946 0958", "DE", ""),
        ("900-555-0100", "US", "phone_premium"),
        ("0900 123456", "DE", "phone_premium"),
        ("+49 900 1234567", "GB", "phone_premium"),
        ("call the desk", "US", "phone"),
        ("555", "US", ""),
        ("12345678", "US", "phone"),
        ("☎", "US", "phone"),
        ("ask for Robin: 217-555-0100", "US", "phone_words"),
        ("", "US", "phone"),
    ],
)
def test_numbers_are_held_against_what_can_be_dialled(number, country, problem):
    assert phones.problem_of(number, country) == problem


@pytest.mark.parametrize("country", ["US", "DE"])
@given(data=st.data())
def test_quick_verdicts_are_those_of_libphonenumber(country, data):
    quick = phones._AMERICAN if country == "US" else phones._GERMAN
    number = data.draw(st.from_regex(quick, fullmatch=True))

    parsed = phonenumbers.parse(number, country)

    assert phonenumbers.is_possible_number(parsed)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("https://www.example.org/a?b#c", ""),
        ("mailto:desk@example.org", ""),
        ("tel:+12175550100", ""),
        ("www.example.org", ""),
        ("example.org:8080/a", ""),
        ("javascript:alert(1)", "link_scheme"),
        (" java\nscript:alert(1)", "link_scheme"),
        ("data:text/html,x", "link_scheme"),
        ("file:///etc/passwd", "link_scheme"),
        ("http://localhost/", "link_host"),
        ("http://10.0.0.7/x", "link_host"),
        ("http://169.254.169.254/latest", "link_host"),
        ("http://[::1]/", "link_host"),
        ("http://2130706433/", "link_host"),
        ("http://0x7f.1/", "link_host"),
        ("http://wiki.intranet/", "link_host"),
        ("http://wiki/", "link_host"),
        ("http://[broken/", "link_host"),
        ("https://user:secret@example.org/", "link_credentials"),
        ("https://example.org\\@10.0.0.1/", ""),
    ],
)
def test_links_lead_where_people_may_go(link, problem):
    assert links.problem_of(link) == problem


def test_what_is_said_of_one_record_is_bounded():
    rows = [{"id": str(n), "number": "call us"} for n in range(500)]
    found = remarks_for("service", SERVICE | {"phones": rows}, PROFILE)

    assert len(found) <= 50


def test_ids_of_a_directory_without_uuids_are_not_remarked_for_ever():
    nearby = Nearby(PROFILE, TODAY)
    remarks = [
        each
        for n in range(1100)
        for each in remarks_for("service", SERVICE | {"id": f"{n}"}, PROFILE, nearby)
    ]

    assert [each.code for each in remarks] == ["check.uuid"] * 1000


def test_every_code_is_explained_in_sentences():
    for code in CODES.values():
        assert 0 <= code.level <= 4
        for words in (code.what, code.remedy):
            assert words[0].isupper()
            assert not words.endswith(".")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "number", "closed", "opens_at", "url", "location_id"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(
    st.sampled_from(["service", "location", "organization", "taxonomy_term"]),
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "status",
                "phones",
                "schedules",
                "service_at_locations",
                "latitude",
                "longitude",
                "addresses",
                "minimum_age",
                "maximum_age",
                "cost_options",
                "languages",
                "url",
                "email",
                "contacts",
                "assured_date",
                "last_modified",
                "description",
                "organization_id",
            ]
        ),
        _JSON,
    ),
)
def test_whatever_a_record_holds_is_judged(kind, record):
    nearby = Nearby(PROFILE, TODAY)
    record = nearby.completed(kind, record | {"id": "x"})

    found = remarks_for(kind, record, PROFILE, nearby)

    assert {each.code for each in found} <= set(ROW_CODES)
