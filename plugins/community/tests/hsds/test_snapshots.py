"""Snapshots of an API as the hub's own sources write them."""

from datetime import UTC, datetime

import pytest

from plugins.community.tests.hsds.making import (
    LOCATION,
    ORG,
    SERVICE,
    as_json,
    as_lines,
    nested_service,
    reading,
    uid,
)

FIRST = {
    "carehub_snapshot": 1, "mode": "full", "version": "3.1",
    "profile": "https://openreferraluk.org/profile", "complete": True,
    "since": None, "fetched_at": "2026-11-22T20:00:00+00:00",
}  # fmt: skip


def test_a_snapshot_says_how_it_was_made():
    found = reading(as_lines(FIRST, {"type": "service", "record": nested_service()}))

    heading = found.heading
    assert (heading.version, heading.profile, heading.mode) == ("3.1", "uk", "full")
    assert heading.complete
    assert heading.fetched_at == datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert heading.since is None
    assert {("service", SERVICE), ("organization", ORG), ("location", LOCATION)} <= set(
        found.records
    )


def test_a_delta_ends_nothing_and_says_since_when():
    first = FIRST | {"mode": "delta", "since": "2026-11-20T00:00:00Z"}

    record = {"id": "1", "organization_id": "2", "name": "x", "status": "active"}
    found = reading(as_lines(first, {"type": "service", "record": record}))

    assert found.heading.mode == "delta"
    assert not found.heading.complete
    assert found.heading.since == datetime(2026, 11, 20, tzinfo=UTC)
    assert "hsds.dangling" not in found.codes


def test_what_a_sweep_saw_and_what_is_gone_is_passed_on():
    found = reading(
        as_lines(
            FIRST | {"complete": False},
            {"seen": {"type": "service", "id": uid(1)}},
            {"gone": {"type": "organization", "id": uid(2)}},
        )
    )

    assert [(each.type, each.id) for each in found.seen] == [("service", uid(1))]
    assert [(each.type, each.id) for each in found.gone] == [("organization", uid(2))]
    assert not found.heading.complete


@pytest.mark.parametrize(
    "line",
    [
        {"type": "planet", "record": {"id": "1"}},
        {"type": "service", "record": [1]},
        {"type": ["service"], "record": {}},
        {"seen": "service"},
        {"seen": {"type": "planet", "id": "1"}},
        {"gone": {"type": "service", "id": 1}},
        {"record": {"id": "1"}},
    ],
)
def test_a_line_that_is_none_costs_itself(line):
    found = reading(
        as_lines(FIRST, line, {"type": "service", "record": nested_service()})
    )

    assert found.codes["hsds.bad_line"] == 1
    assert ("service", SERVICE) in found.records


@pytest.mark.parametrize(
    "body", [as_json({"mode": "unchanged"}), as_lines(FIRST | {"mode": "unchanged"})]
)
def test_nothing_changed(body):
    found = reading(body)

    assert found.heading.mode == "unchanged"
    assert found.items == [found.heading]


def test_places_where_a_service_is_offered_can_come_by_themselves():
    service = nested_service()
    (offered,) = service.pop("service_at_locations")

    found = reading(
        as_lines(
            FIRST,
            {"type": "service", "record": service},
            {"type": "service_at_location",
             "record": {**offered, "service": {"id": SERVICE, "name": "Food parcels"}}},
        )
    )  # fmt: skip

    (place,) = found.one("service", SERVICE)["service_at_locations"]
    assert place["location_id"] == LOCATION
    assert "status_assumed" not in "".join(found.codes)
