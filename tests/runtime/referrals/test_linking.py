"""Who hears of a service that changes: whoever has referrals open there."""

import zlib

import msgspec
import pytest

from hub.coordination.ids import Keys
from hub.coordination.panels import Member
from hub.coordination.partners import Partners
from hub.model.events import CareEvent, Entity, EventSource, EventSubject, EventTimes
from hub.runtime.entities import Entities
from hub.runtime.referrals.linking import links_of
from hub.runtime.wiring import partners
from hub.store.referral_rows import level_of, row_of
from hub.store.referral_services import open_referrals, open_referrals_in
from hub.store.store import secret_of
from tests.coordination.policy.cases import NOW
from tests.runtime.referrals.loop_world import NUMBER, World, consent, request

SERVICE = "dir_00000000000000000000000000000001"
OWNER = "dir_00000000000000000000000000000002"
WANTED = {
    "person": {"system": "KLINIK_NORD", "value": NUMBER},
    "category": "food-insecurity",
    "services": [SERVICE],
}


def listed(key, kind, name, *, feed_id, owner="", removed=0):
    """Return a row of a made-up directory."""
    return {
        "feed": "directory",
        "type": kind,
        "key": key,
        "since": 1,
        "until": None,
        "id": feed_id,
        "stable": feed_id,
        "natural": feed_id,
        "name": name,
        "owner": owner,
        "digest": b"",
        "material": b"",
        "record": zlib.compress(msgspec.json.encode({"name": name})),
        "first_seen": 1,
        "last_seen": 1,
        "removed": removed,
    }


def put(connection, batches):
    for rows in batches:
        for row in rows:
            names = ", ".join(row)
            places = ", ".join(f":{name}" for name in row)
            connection.execute(
                f"INSERT INTO directory_object ({names}) VALUES ({places})",  # noqa: S608 - names of ours
                row,
            )
    return [None for _ in batches]


@pytest.fixture
async def site(tmp_path):
    bank = {"organizations": ["directory:org-7"]}
    async with World(tmp_path, food_bank=bank).running() as site:
        rows = [
            listed(SERVICE, "service", "Pantry", feed_id="svc-1", owner=OWNER),
            listed(OWNER, "organization", "The Food Bank", feed_id="org-7"),
            listed("dir_gone", "service", "Gone", feed_id="svc-2", removed=1),
        ]
        await site.hub.write(put, rows)
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request("R-1", to="FB-9"))
        yield site


@pytest.fixture
async def key(site):
    async with site.api() as api:
        status, found = await api.ask("POST", "referrals", json=WANTED)
        assert status == 201, found
        await site.idle()
        return found["key"]


def closed(service=SERVICE, kind="directory.service_closed", **payload):
    return CareEvent(
        id="evt_1",
        type=kind,
        schema="careevent/directory/1.0",
        subject=EventSubject(None),
        entity=Entity("directory", service, 1),
        times=EventTimes(received=NOW, emitted=NOW),
        source=EventSource(feed="carehub-directories"),
        causes=("msg_1",),
        payload=payload,
    )


def links(site, event, known=None):
    reader = site.hub.store.reader()
    try:
        entities = Entities(reader, Keys(secret_of(reader)).person)
        found = partners(site.hub.config) if known is None else known
        return links_of(event, entities, found)
    finally:
        reader.close()


async def test_a_service_of_a_directory_can_be_asked(site, key):
    async with site.api() as api:
        found = await api.get(f"referrals/{key}")

    assert (found["performer"], found["service"]) == ("food-bank", SERVICE)
    assert found["details"]["performer"]["org"]["name"] == "The Food Bank"
    assert site.told("food-bank") == ["requested"]


async def test_a_service_that_is_gone_cannot(site):
    async with site.api() as api:
        gone = WANTED | {"services": ["dir_gone"]}
        status, found = await api.ask("POST", "referrals", json=gone)

    assert (status, found["error"]["code"]) == (422, "SEND-002")


@pytest.mark.parametrize(
    "event",
    [
        closed(),
        closed("dir_event", object={"key": SERVICE}),
        closed(kind="directory.service_updated", material=True),
    ],
    ids=["closed", "named", "material"],
)
async def test_who_has_a_referral_open_there_hears_of_it(site, key, event):
    assert key

    assert links(site, event) == {
        "referral:food-bank": (Member("", programme="performer"),)
    }


@pytest.mark.parametrize(
    "event",
    [
        closed("dir_other"),
        closed(kind="directory.service_updated", material=False),
        closed(kind="directory.service_added"),
    ],
    ids=["another", "cosmetic", "of no interest"],
)
async def test_nobody_hears_of_what_is_none_of_their_business(site, key, event):
    assert key

    assert links(site, event) == {}


async def test_without_partners_nobody_is_linked(site, key):
    assert key

    assert links(site, closed(), Partners()) == {}


async def test_it_is_known_where_referrals_are_open(site, key):
    reader = site.hub.store.reader()
    try:
        assert open_referrals(reader, [SERVICE, "dir_other"]) == {SERVICE}
        async with site.api() as api:
            for says, more in (("rejected", {"reason": {"text": "full"}}),):
                said = {"side": "performer", "says": says, **more}
                await api.ask("POST", f"referrals/{key}/statements", json=said)
            said = {"side": "requester", "says": "closed"}
            await api.ask("POST", f"referrals/{key}/statements", json=said)
        await site.idle()

        assert open_referrals(reader, [SERVICE]) == frozenset()
        assert open_referrals_in(site.hub.store.reader, [SERVICE]) == frozenset()
    finally:
        reader.close()


def body(**details):
    return msgspec.json.encode({"kind": "referral", "details": details})


def test_a_row_says_what_the_referral_says():
    row = row_of(
        "rec_1",
        body(
            loop="open",
            state="requested",
            category={"code": "stress", "system": "X"},
            performer={"service_id": "dir_1"},
            parent="rec_0",
            waiting=[{"for": "undecided", "told": ["reminder", "escalation"]}],
        ),
        7,
    )

    assert row == (
        *("rec_1", "open", "requested", "stress", "dir_1"),
        *("rec_0", "escalation", 7),
    )


@pytest.mark.parametrize(
    "details",
    [{}, {"performer": "somebody"}, {"category": 5, "waiting": "no"}, {"loop": None}],
)
def test_a_row_of_whatever_else_is_empty(details):
    assert row_of("rec_1", body(**details), 0) == (
        *("rec_1", "open", "", "", "", "", "", 0),
    )
    assert row_of("rec_1", b"null", 0).loop == "open"


@pytest.mark.parametrize(
    ("waiting", "level"),
    [
        ([], ""),
        (None, ""),
        ([{"told": []}], ""),
        ([{"told": ["reminder"]}], "reminder"),
        ([{"told": ["reminder"]}, {"told": ["escalation"]}], "escalation"),
    ],
)
def test_the_highest_level_counts(waiting, level):
    assert level_of(waiting) == level
