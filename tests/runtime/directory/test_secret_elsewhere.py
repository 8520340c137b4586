"""What one directory keeps secret no other one shows. Everything here is made up."""

import json

import pytest

from hub.coordination.directory.codes import MEANINGS
from tests.runtime.directory.shelters import canaries, place
from tests.runtime.directory.world import (
    location,
    opened,
    organization,
    package,
    service,
    source,
)

SHELTER = {"name": "Haus Sonne", "phones": [{"number": "030 123 4567"}]}
STREET, LATITUDE, LONGITUDE = place(7)


def shelter(mark, *flags, **more):
    """Return a shelter as the feed `mark` has it; its open place holds a canary."""
    secret = bool(flags)
    street = "Nirgends 1" if secret else f"17 {STREET}"
    at = {"latitude": 1.5, "longitude": 1.5} if secret else {
        "latitude": float(LATITUDE), "longitude": float(LONGITUDE)
    }  # fmt: skip
    told = service(f"{mark}s", f"{mark}o", [f"{mark}l"], **SHELTER | more)
    told["restricted"] = list(flags)
    if not secret:
        told["record"]["description"] = f"Come to 17 {STREET}"
    return [
        organization(f"{mark}o", name=f"Verein {mark}"),
        location(f"{mark}l", street, **at),
        told,
        *(service(f"{mark}x{n}", f"{mark}o") for n in range(5)),
    ]


SECRET = package(*shelter("a", "flag.private"))
OPEN = package(*shelter("b"))


def hidden(world, feed):
    """Return the canaries that are in what the hub has of a feed."""
    text = "".join(
        json.dumps(each.record).lower() + each.name.lower()
        for kind in ("service", "location", "organization")
        for each in world.objects(kind, feed).values()
    )
    return [each for each in canaries(7) if each in text]


@pytest.fixture
async def world(tmp_path):
    async with opened(tmp_path / "data", source("one"), source("two")) as world:
        yield world


async def test_what_another_feed_keeps_secret_is_not_shown(world):
    await world.take(SECRET, "one")
    run = await world.take(OPEN, "two")
    found = world.objects(feed="two")["bs"]

    assert run.state == "applied"
    assert json.loads(found.restricted) == ["same_as.restricted"]
    assert json.loads(world.objects("location", "two")["bl"].restricted) != []
    assert hidden(world, "two") == []


async def test_what_is_shown_already_is_hidden_once_another_feed_says_so(world):
    await world.take(OPEN, "two")
    before = hidden(world, "two")
    await world.take(SECRET, "one")
    await world.work()

    assert before != []
    assert json.loads(world.objects(feed="two")["bs"].restricted) != []
    assert hidden(world, "two") == []


async def test_it_is_reported(world):
    await world.take(SECRET, "one")
    await world.take(OPEN, "two")
    found = world.query(
        "SELECT code, type, id FROM directory_remark r JOIN directory_run d"
        " ON d.seq = r.run WHERE d.feed = 'two'"
    )

    assert ("object.same_as_restricted", "service", "bs") in found
    assert "object.same_as_restricted" in MEANINGS


async def test_what_is_only_called_the_same_stays_open(world):
    await world.take(SECRET, "one")
    other = shelter("b", phones=[{"number": "030 765 4321"}])
    await world.take(package(*other), "two")

    assert json.loads(world.objects(feed="two")["bs"].restricted) == []


async def test_what_is_secret_because_of_another_hides_nothing_itself(world):
    await world.take(SECRET, "one")
    await world.take(OPEN, "two")
    await world.take(package(*shelter("a")), "one")  # held: it was secret before
    found = json.loads(world.objects(feed="one")["as"].restricted)

    assert found == ["earlier.restricted"]


async def test_a_package_that_is_not_kept_is_not_read_again(world):
    await world.take(OPEN, "two")
    world.store.writer.call(
        lambda connection, _: (
            [connection.execute("UPDATE message SET body = X'' WHERE source = 'two'")]
            and [None]
        )
    )
    await world.take(SECRET, "one")
    await world.work()
    states = world.query("SELECT state FROM directory_run WHERE feed = 'two'")

    assert states == [("applied",)]


async def test_the_same_bytes_are_read_where_another_feed_hides_more(world):
    await world.take(OPEN, "two")
    world.store.writer.call(
        lambda connection, _: (
            [connection.execute("UPDATE message SET body = X'' WHERE source = 'two'")]
            and [None]
        )
    )
    await world.take(SECRET, "one")
    run = await world.take(OPEN, "two")

    assert run.state == "applied"
    assert hidden(world, "two") == []
