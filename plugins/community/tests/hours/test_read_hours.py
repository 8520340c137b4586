"""Hours and remarks of whole packages; everything in them is made up."""

import json

from hub_community.hsds.spec import HSDS
from plugins.community.tests.hsds.making import reading

SERVICE = "6a3b2c1d-0000-4000-8000-000000000001"
PLACE = "6a3b2c1d-0000-4000-8000-000000000002"
SECRET = "17 Hidden Street"


def package(description, **service):
    """Return a package of one service with hours in words, at one location."""
    record = {
        "id": SERVICE,
        "name": "Made-up kitchen",
        "status": "active",
        "email": "desk@example.org",
        "schedules": [{"id": PLACE, "description": description}],
        "service_at_locations": [
            {
                "id": SERVICE,
                "location": {
                    "id": PLACE,
                    "location_type": "physical",
                    "addresses": [
                        {
                            "id": PLACE,
                            "address_1": SECRET,
                            "city": "Springfield",
                            "state_province": "IL",
                            "postal_code": "62701",
                            "country": "US",
                            "address_type": "physical",
                        }
                    ],
                },
            }
        ],
    }
    return json.dumps(record | service).encode()


def test_a_service_leaves_the_reader_with_its_hours():
    record = reading(package("Mon-Fri 9-5")).one("service", SERVICE)

    assert record["hours_text"] == "Mon-Fri 9-5"
    assert record["hours"] == [
        {
            "freq": "WEEKLY",
            "byday": ["MO", "TU", "WE", "TH", "FR"],
            "opens_at": "09:00",
            "closes_at": "17:00",
            "confidence": 0.9,
            "timezone": "America/Chicago",
        }
    ]


def test_hours_of_a_secret_place_do_not_give_it_away():
    found = reading(
        package(f"Mon-Fri 9-5 at {SECRET}", name="Domestic violence shelter")
    )

    assert found.restricted
    assert SECRET not in found.text
    assert found.one("service", SERVICE)["hours_text"]


def test_remarks_leave_the_reader_after_their_object_and_are_explained():
    found = reading(package("Mon-Fri 9-5", email="nobody"))
    checked = [each for each in found.remarks if each.code.startswith("check.")]

    assert {each.code for each in checked} >= {"check.email", "check.hours_in_words"}
    assert {each.code for each in checked} <= set(HSDS.row_codes)
    for each in checked:
        (place,) = (
            n
            for n, item in enumerate(found.items)
            if item in found.objects and (item.type, item.id) == (each.type, each.id)
        )
        assert found.items.index(each) > place
