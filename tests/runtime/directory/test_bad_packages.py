"""Packages as they come, bad ones too: each ends, and the next good one counts.

After each the hub has what it had, or what the package says with remarks; never less
because something was wrong. All of them are made up.
"""

import asyncio
import io
import json
import shutil
import zipfile
from random import Random

import pytest

from tests.runtime.directory.dialects import zipped
from tests.runtime.directory.test_shelters import reading
from tests.runtime.directory.world import opened

MANY = 20
KEPT = {f"s{n}" for n in range(MANY)}


def listed(changes=None, **first):
    """Return services as an API lists them; `first` is what the first one says."""
    found = [_service(n) for n in range(MANY)]
    found[0] |= first
    return [*found, *(changes or [])]


def _service(n):
    place = {
        "id": f"l{n}",
        "location_type": "physical",
        "name": f"House {n}",
        "addresses": [
            {"id": f"a{n}", "address_1": f"{n} Oak Street", "city": "X",
             "state_province": "IL", "postal_code": "60601", "country": "US",
             "address_type": "physical"},
        ],
    }  # fmt: skip
    owner = {"id": f"o{n % 4}", "name": f"Charity {n % 4}", "description": "Made up."}
    return {
        "id": f"s{n}",
        "name": f"Pantry {n}",
        "status": "active",
        "organization": owner,
        "service_at_locations": [{"id": f"x{n}", "location": place}],
    }


def array(*changes, **first):
    """Return them as bytes."""
    return json.dumps(listed(list(changes), **first)).encode()


def archive(names, **more):
    """Return an archive of files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (names | more).items():
            file.writestr(name, content)
    return made.getvalue()


def page(services, **around):
    """Return a page of an API."""
    return json.dumps({"total_items": len(services), "total_pages": 1,
                       "contents": services} | around).encode()  # fmt: skip


def tables(**more):
    """Return the directory as tables of 3.0."""
    return {
        "organization": [
            {"id": f"o{n}", "name": f"Charity {n}", "description": "Made up."}
            for n in range(4)
        ],
        "service": [
            {"id": f"s{n}", "organization_id": f"o{n % 4}", "name": f"Pantry {n}",
             "status": "active"} for n in range(MANY)
        ],
        "location": [
            {"id": f"l{n}", "location_type": "physical", "name": f"House {n}"}
            for n in range(MANY)
        ],
        "service_at_location": [
            {"id": f"x{n}", "service_id": f"s{n}", "location_id": f"l{n}"}
            for n in range(MANY)
        ],
        "address": [
            {"id": f"a{n}", "location_id": f"l{n}", "address_1": f"{n} Oak Street",
             "city": "X", "state_province": "IL", "postal_code": "60601",
             "country": "US", "address_type": "physical"} for n in range(MANY)
        ],
    } | more  # fmt: skip


def _hours(**said):
    return {"schedules": [{"id": "h", "freq": "WEEKLY", **said}]}


def _renamed():
    text = array().decode()
    for n in range(MANY):
        text = text.replace(f'"Pantry {n}"', f'"Kitchen {n}"')
    return text.replace('"id": "s', '"id": "t').encode()


TERMS = [{"id": "t1", "name": "A", "parent_id": "t2", "taxonomy": "x"},
         {"id": "t2", "name": "B", "parent_id": "t1", "taxonomy": "x"}]  # fmt: skip
LOCATION = listed()[0]["service_at_locations"][0]["location"]


def _at(**said):
    return {"service_at_locations": [{"id": "x0", "location": LOCATION | said}]}


APPLIED, UNCHANGED = ("applied", ""), ("unchanged", "")
#: By its number in the catalogue (reliability 3.4): a package and how it ends.
CATALOGUE = {
    "1 shapes of versions mixed": (
        zipped(
            tables(
                regular_schedules=[
                    {"id": "h", "service_id": "s1", "weekday": "Monday",
                     "opens_at": "09:00", "closes_at": "17:00"}],
                eligibility=[{"id": "e", "service_id": "s1", "eligibility": "All"}],
                url=[{"id": "u", "label": "x", "url": "https://example.org",
                      "service_id": "s1", "organization_id": ""}],
            )
        ),
        APPLIED,
    ),
    "2 ids of others": (_renamed(), ("held", "objects.vanished")),
    "2 ids made anew": (array().replace(b'"id": "s', b'"id": "z'), APPLIED),
    "3 references to nothing": (array(organization={"id": "o9", "name": ""}), APPLIED),
    "4 a status that nobody knows": (array(status="on fire"), None),
    "4 inactive": (array(status="inactive"), APPLIED),
    "5 hours without end": (array(**_hours(count=10**9, byday="MO")), APPLIED),
    "5 hours that end before": (
        array(**_hours(until="2020-01-01", dtstart="2026-01-01", byday="MO")), APPLIED),
    "5 days of a language": (array(**_hours(byday="Montag,mercredi")), APPLIED),
    "5 over midnight": (
        array(**_hours(opens_at="22:00", closes_at="02:00", byday="FR")), APPLIED),
    "5 no rule": (array(**_hours(byday={"x": 1}, interval=-1, freq="NEVER")), None),
    "6 coordinates swapped": (array(**_at(latitude=-87.6, longitude=41.8)), APPLIED),
    "6 nowhere": (array(**_at(latitude=0, longitude=0)), APPLIED),
    "6 out of range": (array(**_at(latitude=1e300, longitude="west")), None),
    "6 no number": (
        array(**_at(latitude=1)).replace(b'"latitude": 1', b'"latitude": NaN'), None),
    "6 forty decimals": (array(**_at(latitude="41." + "8" * 40)), None),
    "7 phones in prose": (
        array(phones=[{"id": "p", "number": "call \U0001f4de 312 555 0100 or 0900 1"}]),
        APPLIED),
    "7 a display name": (array(email="Ada <ada@example.org>"), None),
    "8 links that are none": (
        array(url="javascript:alert(1)",
              additional_urls=[{"id": "u", "url": "http://u:p@10.0.0.1/"}]), None),
    "9 scripts": (array(description="<script>x()</script>[a](data:text/html,x)"), None),
    "10 languages as names": (
        array(languages=["Deutsch", {"id": "g", "name": "Klingon"}]), None),
    "10 terms in a circle": (zipped(tables(taxonomy_term=TERMS)), APPLIED),
    "11 an empty page in the middle": (
        archive({"services_1.json": page(listed()[:9], total_pages=3, total_items=20),
                 "services_2.json": page([], total_pages=3, total_items=20),
                 "services_3.json": page(listed()[9:], total_pages=3, total_items=20)}),
        UNCHANGED),
    "11 pages that are missing": (
        page(listed()[:5], total_pages=4, total_items=20), UNCHANGED),
    "12 empty": (page([]), ("held", "directory.empty")),
    "12 an empty list": (b"[]", ("held", "directory.empty")),
    "12 half of it": (page(listed()[:10]), ("held", "objects.vanished")),
    "13 as before": (
        b'{"carehub_snapshot": 1, "mode": "unchanged", "complete": true}\n', UNCHANGED),
    "14 cut off": (array()[: len(array()) // 2], UNCHANGED),
    "15 under two organisations": (
        array(listed()[1] | {"organization": {"id": "o9", "name": "Other",
                                              "description": "x"}}), None),
    "16 a bad line": (
        b"\n".join([*(json.dumps(each).encode() for each in listed()), b'{"id": ']),
        UNCHANGED),
    "16 a table is missing": (
        zipped({name: rows for name, rows in tables().items() if name != "location"}),
        ("held", "objects.vanished")),
    "16 a description that disagrees": (
        archive({"datapackage.json": '{"resources": [{"name": "x", "path": "y.csv"}]}'},
                **{"services.json": array()}), UNCHANGED),
    "16 out of the folder": (
        archive({"../../service.csv": "id,name\n1,x\n"}), ("failed", "HSDS-")),
    "16 a bomb": (
        archive({"service.csv": b"id,name\n" + b"0" * (600 << 20)}),
        ("failed", "HSDS-")),
    "16 half an archive": (zipped(tables())[:-40], ("failed", "HSDS-")),
    "17 null for lists": (array(phones=None, schedules=None), UNCHANGED),
    "17 text for an object": (array(phones="312 555 0100", contacts=7), APPLIED),
    "17 a number for an id": (array({"id": 77, "name": "Seven", "status": "active"}),
                              APPLIED),
    "18 dates as people write them": (
        array(assured_date="6/21/10", last_modified="2099-01-01T00:00:00Z"), None),
    "19 no amount, ages reversed": (
        array(cost_options=[{"id": "c"}], minimum_age=65, maximum_age=18), APPLIED),
    "19 a mebibyte": (array(eligibility_description="word " * 200_000), APPLIED),
    "nothing": (b"", ("failed", "HSDS-")),
    "a page of errors": (b"<html><body>503</body></html>", ("failed", "HSDS-")),
    "a document": (b"%PDF-1.7 \x00\xff", ("failed", "HSDS-")),
    "deep": (b'[{"id":"s1","name":"x","x":' + b"[" * 90_000, None),
    "halves of characters": (array(description="\ud800 x"), None),
    "a NUL": (array(name="Pan\x00try 0", description="\x00"), None),
    "another byte order": (array().decode().encode("utf-16"), ("failed", "HSDS-")),
    "an id beyond measure": (array({"id": "x" * 10_000, "name": "x"}), None),
    "columns that nobody knows": (
        zipped(tables(service=[row | {"table": "x", "Colour": "red"}
                               for row in tables()["service"]])), None),
}  # fmt: skip


@pytest.fixture(name="before", scope="module")
def _before(tmp_path_factory):
    """Return the folder of a hub that has the directory."""
    folder = tmp_path_factory.mktemp("before") / "data"

    async def take():
        async with opened(folder, reading()) as world:
            await world.take(array())

    asyncio.run(take())
    return folder


@pytest.mark.parametrize("name", CATALOGUE)
async def test_a_package_ends_and_the_next_one_counts(tmp_path, before, name):
    shutil.copytree(before, tmp_path / "data")
    body, wanted = CATALOGUE[name]
    guard = {"max_removed": 0.3, "max_removed_count": 50, "max_new": 0.3}
    async with opened(tmp_path / "data", reading(**guard)) as world:
        world._count = 100
        told = len(world.told())

        run = await world.take(body)

        got = run.state, run.error_code if run.state == "failed" else run.reason
        assert run.state in {"applied", "held", "failed", "unchanged"}
        if wanted is not None:
            assert run.state == wanted[0]
            assert got[1].startswith(wanted[1])
        alive = {row.id for row in world.objects().values() if not row.removed}
        assert alive >= KEPT or name == "2 ids made anew"
        assert len(alive) - MANY in {0, 1}
        assert len(world.told()) == told or run.state == "applied"
        after = await world.take(array(alert="Open"))
        assert after.state == "applied"
        assert world.objects()["s0"].record["alert"] == "Open"


def _spoilt(random, body):
    made = bytearray(body)
    for _ in range(random.choice((1, 3, 30))):
        at = random.randrange(len(made))
        match random.randrange(4):
            case 0:
                made[at] = random.randrange(256)
            case 1:
                del made[at : at + random.randrange(1, 60)]
            case 2:
                made[at:at] = random.randbytes(random.randrange(1, 9))
            case _:
                made[at:at] = made[at : at + random.randrange(200)]
    return bytes(made)


async def spoil(folder, seeds):
    """Let packages come that are spoilt, and a good one after each few."""
    async with opened(folder, reading(max_removed=0.3, max_new=0.3)) as world:
        await world.take(array())
        bodies = (array(), zipped(tables()), page(listed()))
        for seed in seeds:
            random = Random(seed)  # noqa: S311 - nothing is to be kept secret
            run = await world.take(_spoilt(random, random.choice(bodies)))
            assert run.state in {"applied", "held", "failed", "unchanged"}, seed
            alive = [row for row in world.objects().values() if not row.removed]
            assert len(alive) >= MANY * 0.6, seed
        assert (await world.take(array(alert="Open"))).state in {"applied", "unchanged"}


async def test_what_is_spoilt_spoils_nothing(tmp_path):
    await spoil(tmp_path / "data", range(12))


@pytest.mark.long
async def test_much_that_is_spoilt_spoils_nothing(tmp_path):
    for start in range(1000, 1400, 40):
        await spoil(tmp_path / str(start), range(start, start + 40))
