"""What is told of two versions of an object; both are made up."""

import pytest

from hub.coordination.directory.differences import (
    said_of_changed,
    said_of_new,
    said_of_removed,
    said_of_returned,
)
from hub.model.taxonomy import EVENT_TYPES

OPEN = {"name": "a", "status": "active"}


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (OPEN, OPEN, ()),
        (OPEN, OPEN | {"name": "b"}, ()),
        (OPEN, OPEN | {"alert": "b"}, ("service_updated",)),
        (OPEN, OPEN | {"status": "inactive"}, ("service_closed",)),
        (OPEN, {"name": "a"}, ("service_updated",)),
        (OPEN | {"status": "defunct"}, OPEN, ("service_reopened",)),
        (
            OPEN | {"status": "defunct"},
            OPEN | {"status": "inactive"},
            ("service_updated",),
        ),
        (OPEN, OPEN | {"capacities": [{"available": 1}]}, ("capacity_changed",)),
        (
            OPEN,
            OPEN | {"capacities": [{"available": 1}], "alert": "x"},
            ("service_updated", "capacity_changed"),
        ),
    ],
)
def test_changes_are_told_by_their_names(before, after, events):
    assert said_of_changed("service", before, after, b"\1").events == events


def test_every_event_is_one_of_the_taxonomy():
    told = [
        each
        for kind in ("service", "organization", "location")
        for said in (
            said_of_new(kind),
            said_of_removed(kind, b""),
            said_of_returned(kind, b"", []),
            said_of_changed(kind, {}, {"phones": [1]}, b""),
        )
        for each in said.events
    ]

    assert {f"directory.{each}" for each in told} <= EVENT_TYPES
    assert said_of_new("taxonomy_term").events == ()
    assert said_of_removed("taxonomy_term", b"").events == ()
    assert said_of_returned("taxonomy_term", b"", []).events == ()
