"""Places that must stay secret, through every way out. All of them are made up."""

import zlib

import pytest
import structlog

from hub.store.directory import holding
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.threads import in_thread
from tests.runtime.directory.world import (
    CANARY,
    NOW,
    WHO,
    location,
    opened,
    organization,
    package,
    service,
    source,
    town,
)

STREET = f"{CANARY} 17"
SECRETS = (CANARY, "52.987654", "13.123456", "/maps/", "bus 99")


def shelter(**flags):
    """Return a made-up shelter: its address is wherever one could write it."""
    link = "https://www.google.com/maps/place/x"
    said = f"We are at {STREET}, see {link} or 52.987654, 13.123456"
    return [
        organization("o90", description=said, name=flags.pop("org", "Haus Sonne")),
        service(
            "s90",
            "o90",
            ["l90"],
            name=flags.pop("name", "Wohnen"),
            description=said,
            url="https://maps.google.com/?q=52.987654,13.123456",
            phones=[{"number": "030 1234567", "description": f"entrance {STREET}"}],
            **flags,
        ),
        location(
            "l90",
            street=STREET,
            latitude=52.987654,
            longitude=13.123456,
            transportation="bus 99",
            description=said,
        ),
        service("s80", "o1", ["l90"], name="Yoga for all"),
    ]


def everything(world):
    """Return all that the store holds, but for the packages themselves."""
    found = []
    tables = [
        name
        for (name,) in world.query(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
    ]
    for table in tables:
        which = " WHERE source != 'dir'" if table == "message" else ""
        for row in world.query(f"SELECT * FROM {table}{which}"):  # noqa: S608
            for value in row:
                body = value.encode() if isinstance(value, str) else value
                if isinstance(body, bytes):
                    found.append(_plain(body))
                else:
                    found.append(str(value).encode())
    return b"\n".join(found).decode(errors="replace")


def _plain(body):
    try:
        return zlib.decompress(body)
    except zlib.error:
        return body


def assert_silent(text):
    for secret in SECRETS:
        assert secret not in text


FLAGGED = [
    {"name": "Frauenhaus Sonne"},
    {"name": "Domestic violence shelter"},
    {"name": "Rape crisis centre"},
    {"PhysicalAddressIsPrivate": "Yes"},
    {"ExcludeFromDirectory": "1"},
    {"is_private": True},
    {"location_type": "confidential"},
    {"alert": "confidentially located"},
    {"attributes": [{"label": "confidential", "value": "true"}]},
    {"attributes": [{"taxonomy_term": {"name": "Zeugenschutz", "code": "x"}}]},
    {"attributes": [{"taxonomy_term": {"code": "BH-1800.1500-100", "name": "x"}}]},
    {"org": "Women's shelter of the north"},
]


@pytest.mark.parametrize("flags", FLAGGED, ids=lambda each: next(iter(each)))
async def test_no_address_gets_anywhere(tmp_path, flags):
    with structlog.testing.capture_logs() as logs:
        async with opened(tmp_path / "data") as world:
            await world.take(package(*town()))
            await world.take(package(*town(), *shelter(**flags)))
            changed = shelter(**flags | {"fees_description": "free"})
            await world.take(package(*town(), *changed))

            assert world.objects()["s90"].restricted != "[]"
            assert world.objects("location")["l90"].restricted != "[]"
            assert_silent(everything(world))
            told = [each for each in world.said() if each.object]
            assert [each.object.id for each in told if each.restricted]
            assert world.objects()["s90"].record["phones"][0]["number"] == "030 1234567"
    assert_silent(str(logs))


async def test_who_decides_sees_the_name_of_a_shelter_and_no_address(tmp_path):
    folder = tmp_path / "data"
    async with opened(folder) as world:
        await world.take(package(*town()))
        run = await world.take(package(*town(3), *shelter(name="Frauenhaus Sonne")))
        reader = Reader(folder / DATABASE_NAME).directories
        diff = reader.diff(run.seq, limit=100)

        assert run.state == "held"
        assert "Frauenhaus Sonne" in {each.name for each in diff.items}
        assert_silent(str(diff))


async def test_no_address_is_shown(tmp_path):
    folder = tmp_path / "data"
    async with opened(folder) as world:
        await world.take(package(*town(), *shelter(name="Frauenhaus Sonne")))
        reader = Reader(folder / DATABASE_NAME).directories
        shown = [
            reader.object(row.key)
            for kind in ("service", "organization", "location")
            for row in world.objects(kind).values()
        ]
        shown += [reader.report("dir", {}), reader.diff(1, limit=100), reader.runs()]

        assert_silent(str(shown))
        assert reader.report("dir", {}).restricted == 2
        [found] = [each for each in shown[:-3] if each.id == "l90"]
        assert found.record.keys() <= {"id", "location_type"}


async def test_what_becomes_secret_is_masked_where_nothing_else_changed(tmp_path):
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town(), *shelter()))
        assert CANARY in everything(world)

        changed = shelter(org="Frauenhaus Sonne")
        await world.take(package(*town(), *changed))
        await world.directories.look_after()

        assert world.objects("location")["l90"].restricted == '["location.shared"]'
        assert world.objects()["s90"].restricted == '["owner.restricted"]'
        assert_silent(everything(world))


async def test_a_flag_that_is_lost_is_kept_until_somebody_approves(tmp_path):
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town(), *shelter(is_private=True)))

        await world.take(package(*town(), *shelter()))

        assert world.objects()["s90"].restricted == '["earlier.restricted"]'
        assert_silent(everything(world))
        held = world.query("SELECT seq FROM directory_held WHERE state = 'waiting'")
        for (seq,) in held:
            made = holding.DecidedHeld(seq, WHO, "asked them", 0, approved=True)
            await in_thread(world.store.writer.call, holding.decide, made)
        await world.take(package(*town(), *shelter(fees="none")))
        assert world.objects()["s90"].restricted == "[]"
        assert CANARY in str(world.objects("location")["l90"].record)


async def test_a_service_at_a_secret_location_does_not_say_where_that_is(tmp_path):
    there = {
        "service_at_locations": [
            {"id": "x", "location_id": "l90", "description": f"ring at {STREET}"}
        ]
    }
    yoga = service("s7", "o1", **there)
    async with opened(tmp_path / "data") as world:
        secret = shelter(is_private=True)
        await world.take(package(*town(), *secret, yoga))

        assert_silent(everything(world))
        assert world.objects()["s7"].restricted == "[]"


async def test_other_people_to_call_wait_where_referrals_are_open(tmp_path):
    folder = tmp_path / "data"

    def with_phone(number):
        return package(*town(s1={"phones": [{"number": number}]}))

    async with opened(folder) as world:
        await world.take(with_phone("030 111111"))
        key = world.objects()["s1"].key
    async with opened(folder, referred=[key]) as world:
        await world.take(with_phone("030 666666"))
        assert world.objects()["s1"].record["phones"][0]["number"] == "030 111111"
        assert world.told() == []
        [(seq, kind)] = world.query("SELECT seq, kind FROM directory_held")
        assert kind == "contact"
        run = await world.take(with_phone(" 030 666666"))
        assert world.query("SELECT count(*) FROM directory_held") == [(1,)]
        assert run.state == "applied"

        at = int(NOW.timestamp() * 1e6)
        made = holding.DecidedHeld(seq, WHO, "called them", at, approved=True)
        await in_thread(world.store.writer.call, holding.decide, made)
        await world.work()

        assert world.objects()["s1"].record["phones"][0]["number"] == "030 666666"
        assert world.told() == [("service_updated", "s1")]
        await world.take(with_phone("030  666666"))
        assert world.told() == [("service_updated", "s1")]


async def test_other_people_to_call_count_at_once_where_nobody_is_referred(tmp_path):
    async with opened(tmp_path / "data", source()) as world:
        await world.take(package(*town(s1={"phones": [{"number": "030 111111"}]})))

        await world.take(package(*town(s1={"phones": [{"number": "030 666666"}]})))

        assert world.told() == [("service_updated", "s1")]
