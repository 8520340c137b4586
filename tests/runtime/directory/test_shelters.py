"""Shelters stay secret in every dialect, however they are marked, and for good."""

import asyncio

import pytest
import structlog

from hub.config.tables import SourceConfig
from hub.contract import SourceSpec
from hub.settings import DirectorySettings, SourceSettings
from hub_community.hsds.spec import HSDS
from tests.runtime.directory.dialects import (
    DIALECTS,
    lines,
    nested,
    snapshot,
    together,
)
from tests.runtime.directory.shelters import (
    canaries,
    column,
    everything,
    place,
    shelter,
    uid,
)
from tests.runtime.directory.world import SOURCE, opened

OTHERS = range(60, 70)
SECRET = column("location", "is_private", "Y")
HIDDEN = column("service", "is_private", "Y")
NAMED = column("service", "name", "Frauenhaus")


def reading(**settings):
    """Return a source that reads HSDS, and waits for nobody."""
    found = {"max_removed": 1, "max_removed_count": 10**6, "max_new": 1} | settings
    table = SourceSettings(kind="made-up", directory=DirectorySettings(**found))
    spec = SourceSpec(
        kind="made-up",
        settings=SourceSettings,
        build=SOURCE.build,
        normaliser="hsds",
        summary="Made up.",
    )
    return SourceConfig("dir", spec, table, HSDS, HSDS.profile())


def town(*shelters):
    """Return the tables of shelters, and of others that nobody hides."""
    return together(*shelters, *(shelter(n) for n in OTHERS))


def found_in(text, numbers):
    """Return of which shelters something is in a text."""
    return {n: said for n in numbers if (said := [c for c in canaries(n) if c in text])}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_no_mark_is_lost(tmp_path, dialect):
    write, marks = DIALECTS[dialect]
    body = write(together(*(shelter(n, each) for n, each in enumerate(marks, 1))))

    with structlog.testing.capture_logs() as logs:
        async with opened(tmp_path / "data", reading()) as world:
            run = await world.take(body)
            text = everything(world) + str(logs).lower()

    assert run.state == "applied"
    assert found_in(text, range(1, len(marks) + 1)) == {}


def _again(n=1, **changed):
    """Return one service of a shelter as an API gives it, without a mark."""
    service = nested(shelter(n))[0]
    owner = service.pop("organization")
    return service | {"organization_id": owner["id"]} | changed


def _other_ids(body):
    return body.replace(b"-0000-4000-8000-", b"-9999-4000-8000-")


def _location(n=1):
    return nested(shelter(n))[0]["service_at_locations"][0]["location"]


def _term(n, name, **more):
    return {"id": uid("term", n), "name": name, "taxonomy": "made up"} | more


def _later():
    """Return, by name, packages that hide shelter 1, or 2, in their own way."""
    first = {"secret": snapshot(town(shelter(1, SECRET)))}
    first["hidden"] = snapshot(town(shelter(1, HIDDEN)))
    first["named"] = snapshot(town(shelter(1, NAMED)))
    term = column("taxonomy_term", "name", "Domestic violence shelter")
    first["term"] = snapshot(town(shelter(1, term)))
    plain = snapshot(town(shelter(1)))
    street, *_ = place(1)
    bare = [{"id": "x", "location_id": uid("location", 1), "description": street}]
    tagged = [{"id": "x", "taxonomy_term_id": uid("term", 1)}]
    child = _term(777, "Beds", parent_id=uid("term", 1))
    below = [{"id": "x", "taxonomy_term_id": uid("term", 777)}]

    def delta(*records):
        return lines(*records, mode="delta")

    return {
        "the flag is gone": (first["secret"], plain, plain),
        "the flag of the service is gone": (first["hidden"], plain),
        "another name": (first["named"], plain),
        "other ids, no flag": (first["secret"], _other_ids(plain)),
        "other ids, no flag of the service": (first["hidden"], _other_ids(plain)),
        "other ids of one, no flag": (
            first["hidden"],
            snapshot(town()).rstrip() + b"\n" + b"\n".join(
                _other_ids(snapshot(shelter(1))).split(b"\n")[1:]
            ),
        ),
        "only the location": (first["secret"], delta(("location", _location()))),
        "only the organisation": (
            first["secret"],
            delta(("organization", nested(shelter(1))[0]["organization"])),
        ),
        "only another service": (
            first["secret"],
            delta(("service", nested(shelter(1))[1] | {"alert": f"near {street}"})),
        ),
        "only the service": (
            first["named"],
            delta(("service", _again(service_at_locations=bare))),
        ),
        "a service with a term that the hub knows": (
            first["term"],
            delta(("service", _again(2, attributes=tagged))),
        ),
        "a service with a term below": (
            first["term"],
            delta(("taxonomy_term", child), ("service", _again(2, attributes=below))),
        ),
        "a term that is called otherwise now": (
            plain,
            delta(("taxonomy_term", _term(1, "Frauenhaus"))),
        ),
        "the flag comes": (plain, first["secret"]),
    }  # fmt: skip


LATER = _later()


@pytest.mark.parametrize("name", LATER)
async def test_what_is_secret_stays_so(tmp_path, name):
    packages = LATER[name]
    with structlog.testing.capture_logs() as logs:
        async with opened(tmp_path / "data", reading()) as world:
            for body in packages:
                run = await world.take(body)
                assert run.state in {"applied", "unchanged"}
            await world.work()  # what nobody needs any more goes
            text = everything(world) + str(logs).lower()

    assert found_in(text, (1, 2)) == {}


async def test_what_waits_of_a_place_goes_when_that_becomes_secret(tmp_path):
    def desk(number):
        service = _again(phones=[{"id": "p", "number": number, "description": said}])
        return snapshot(town()) + b"\n" + lines(
            ("organization", nested(shelter(1))[0]["organization"]),
            ("service", service),
        ).split(b"\n", 1)[1]  # fmt: skip

    said = f"in {place(1)[0]}"
    async with opened(tmp_path / "data", reading(), referred=REFERRED) as world:
        await world.take(desk("312 555 0001"))
        REFERRED.add(world.objects()[uid("service", 1)].key)
        await world.take(desk("312 555 0002"))
        assert world.query("SELECT kind FROM directory_held") == [("contact",)]

        await world.take(snapshot(town(shelter(1, HIDDEN))))
        await world.work()

        assert found_in(everything(world), (1,)) == {}


REFERRED = set()


async def test_an_organisation_for_all_does_not_slow_its_services_down(tmp_path):
    records = [("organization", {"id": "o", "name": "All of it", "description": "x"})]
    for n in range(1, 900):
        at = nested(shelter(n))[0]["service_at_locations"]
        name = "Frauenhaus" if n % 8 == 0 else "Pantry"
        told = {"id": f"s{n}", "organization_id": "o", "name": f"{name} {n}"}
        records.append(("service", told | {"service_at_locations": at}))
    async with opened(tmp_path / "data", reading()) as world:
        async with asyncio.timeout(20):
            run = await world.take(lines(*records))

        assert run.state == "applied"
        assert found_in(everything(world), range(8, 900, 8)) == {}
