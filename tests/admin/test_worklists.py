"""Worklists, subscriptions and the past, asked of a whole hub. Messages are made up."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from structlog.testing import capture_logs

import hub_hl7
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.registry import Registry
from hub.store.audit_verify import verify_folder
from hub.store.books import balance
from hub.store.generation import advance
from hub.store.journal import microseconds
from hub.store.rechecks import Rechecked
from tests.acceptance.messages import adt
from tests.acceptance.process import feed, folder, subscription, table, write_config

PATIENCE_SECONDS = 30
WORKLIST = table("destinations.care-team", kind="worklist")
PULLED = subscription("care-team", cadence="pull")
ITEMS = "/api/v1/worklists/care-team"
SINCE = "2026-01-01T00:00:00Z"


class Asked:
    """A running hub, asked over HTTP."""

    def __init__(self, hub, session):
        self.hub, self._session = hub, session

    async def hear(self, *bodies):
        for body in bodies:
            await self.hub.take("klinik-nord", body)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.hub.idle()

    async def get(self, path, status=200):
        return await self._ask("GET", path, status)

    async def post(self, path, said=None, status=200):
        return await self._ask("POST", path, status, json=said or {})

    async def _ask(self, method, path, status, **more):
        address = f"{self.hub.admin.address}{path}"
        async with self._session.request(method, address, **more) as response:
            body = await response.json()
        assert response.status == status, body
        return body

    async def items(self, more=""):
        return (await self.get(f"{ITEMS}{more}"))["items"]

    def query(self, sql):
        reader = self.hub.store.reader()
        try:
            return reader.execute(sql).fetchall()
        finally:
            reader.close()


@pytest.fixture
def start(tmp_path):
    registry = Registry.from_modules(
        {"hl7": hub_hl7, "sftp": hub_sftp, "webhook": hub_webhook}
    )

    @asynccontextmanager
    async def start(*tables):
        path = write_config(tmp_path / "hub.toml", feed(), *tables)
        async with Hub(load(path, registry), registry) as hub:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await hub.started()
            async with aiohttp.ClientSession() as session:
                yield Asked(hub, session)
            reader = hub.store.reader()
            try:
                assert [each for each in balance(reader).checks if each[1]] == []
            finally:
                reader.close()

    return start


@pytest.fixture
async def asked(start):
    async with start(WORKLIST, PULLED) as asked:
        yield asked


def types(items):
    return [item["notice"]["event"]["type"] for item in items]


async def test_what_is_fetched_is_what_would_be_sent(asked):
    await asked.hear(adt())

    [item] = await asked.items()
    assert item["state"] == "open"
    assert (
        item["notice"]["destination"] == item["notice"]["subscription"] == "care-team"
    )
    assert item["notice"]["event"]["type"] == "encounter.admitted"
    assert item["notice"]["event"]["extensions"] == {}


async def test_that_it_was_fetched_is_recorded_once(asked):
    await asked.hear(adt())

    for _ in range(3):
        await asked.items()

    assert asked.query("SELECT number, outcome, evidence FROM attempt") == [
        (1, "unknown", "fetched")
    ]
    assert asked.query("SELECT state, attempts FROM delivery") == [("ready", 1)]


async def test_nobody_sends_what_waits_to_be_fetched(asked):
    await asked.hear(adt())
    await asyncio.sleep(0)

    assert asked.query("SELECT state, attempts FROM delivery") == [("ready", 0)]
    assert [each.kind for each in asked.hub.status().destinations] == ["worklist"]


async def test_who_acknowledges_first_counts(asked):
    await asked.hear(adt())
    [item] = await asked.items()
    path = f"{ITEMS}/items/{item['id']}/acknowledge"

    first = await asked.post(path, {"by": "Schwester Eva"})
    again = await asked.post(path, {"by": "Pfleger Jan"})

    assert first == again
    assert (first["state"], first["acknowledged_by"]) == (
        "acknowledged",
        "Schwester Eva",
    )
    assert asked.query("SELECT state, receipt, attempts FROM delivery") == [
        ("delivered", "acknowledged", 2)
    ]
    assert await asked.items() == []
    [shown] = await asked.items("?state=acknowledged")
    assert shown["notice"] is None


async def test_closing_acknowledges_and_keeps_the_first_outcome(asked):
    await asked.hear(adt())
    [item] = await asked.items()
    path = f"{ITEMS}/items/{item['id']}/close"

    await asked.post(path, {"outcome": "reached", "by": "Eva"})
    closed = await asked.post(path, {"outcome": "no_answer"})
    await asked.post(path.replace("close", "acknowledge"))

    assert (closed["state"], closed["outcome"], closed["closed_by"]) == (
        "closed",
        "reached",
        "Eva",
    )
    assert [each["id"] for each in await asked.items("?state=closed")] == [item["id"]]


async def test_what_is_acknowledged_can_be_closed_later(asked):
    await asked.hear(adt())
    [item] = await asked.items()

    await asked.post(f"{ITEMS}/items/{item['id']}/acknowledge", {"by": "Eva"})
    path = f"{ITEMS}/items/{item['id']}/close"
    closed = await asked.post(path, {"outcome": "reached", "by": "Jan"})

    assert (closed["acknowledged_by"], closed["closed_by"]) == ("Eva", "Jan")


@pytest.mark.parametrize("outcome", ["", "Anna hat geweint", "x" * 65, None])
async def test_an_outcome_is_a_code(asked, outcome):
    await asked.hear(adt())
    [item] = await asked.items()

    path = f"{ITEMS}/items/{item['id']}/close"
    await asked.post(path, {"outcome": outcome}, status=400)


async def test_an_outcome_that_is_no_code_is_told_so(asked):
    path = f"{ITEMS}/items/dlv_1/close"

    refused = await asked.post(path, {"outcome": "by phone"}, status=400)

    [problem] = refused["error"]["problems"]
    assert problem.startswith("outcome: must be a code such as `no_answer`")


@pytest.mark.parametrize("name", ["care-team", "other"])
@pytest.mark.parametrize("action", ["acknowledge", "close"])
async def test_what_is_not_on_the_list_is_not_found(asked, name, action):
    said = {"outcome": "reached"} if action == "close" else {}

    path = f"/api/v1/worklists/{name}/items/dlv_1/{action}"
    await asked.post(path, said, status=404)


async def test_a_destination_that_is_no_worklist_has_no_items(start, tmp_path):
    async with start(folder(tmp_path / "out"), subscription("out")) as asked:
        await asked.get("/api/v1/worklists/out", status=404)


async def test_a_list_is_read_in_the_order_in_which_it_grew(asked):
    visits = ["V1", "V2", "V3"]
    await asked.hear(*(adt(control_id=v, visit=v, patient=v) for v in visits))

    first = await asked.get(f"{ITEMS}?limit=2")
    rest = await asked.items(f"?since={first['next']}")
    again = await asked.items(f"?since={first['items'][0]['cursor']}")

    assert len(first["items"]) == 2
    assert len(rest) == 1
    assert [*first["items"][1:], *rest] == again
    await asked.get(f"{ITEMS}?since=nonsense", status=400)


async def test_what_is_taken_back_unseen_is_on_no_list(asked):
    await asked.hear(adt())

    await asked.hear(adt("A11", control_id="C2", at="20260314100000"))

    assert await asked.items() == []


async def test_who_fetched_it_finds_that_it_was_taken_back(asked):
    await asked.hear(adt())
    [item] = await asked.items()

    await asked.hear(adt("A11", control_id="C2", at="20260314100000"))

    assert types(await asked.items()) == [
        "encounter.admitted",
        "encounter.admit_cancelled",
    ]
    retracted = (await asked.items())[1]["notice"]["event"]["correction"]
    assert retracted["of"] == item["event"]


async def test_what_may_be_seen_no_more_leaves_the_list(asked):
    await asked.hear(adt())
    assert len(await asked.items()) == 1

    def forbid(_destination, claimed, now):
        told = ("deny", "consent.revoked", "[]", "{}", None, 99, microseconds(now))
        return [Rechecked(each, *told) for each in claimed]

    asked.hub._subscribing.worklists._recheck = forbid
    await asked.hub.write(_advance, None)

    assert await asked.items() == []
    assert asked.query("SELECT state, receipt FROM delivery") == [
        ("withheld", "consent.revoked")
    ]


async def test_what_may_still_be_seen_is_recorded_on_its_new_terms(asked):
    await asked.hear(adt())
    await asked.items()

    await asked.hub.write(_advance, None)

    assert len(await asked.items()) == 1
    assert len(await asked.items()) == 1
    assert asked.query("SELECT verdict FROM recheck") == [("permit",)]
    assert asked.query("SELECT count(*) FROM attempt") == [(2,)]


def _advance(connection, payloads):
    advance(connection)
    return [None] * len(payloads)


async def test_subscriptions_are_listed_with_what_waits(asked):
    await asked.hear(adt())

    [shown] = (await asked.get("/api/v1/subscriptions"))["items"]
    assert (shown["name"], shown["cadence"], shown["panel"]) == (
        "care-team",
        "pull",
        "all",
    )
    assert (shown["waiting"], shown["dead"], shown["doubts"]) == (1, 0, [])
    assert shown["next_due"] is not None


async def test_a_subscription_says_what_there_is_to_ask(start):
    doubted = subscription("care-team", cadence="pull", where={"class": []})
    async with start(WORKLIST, doubted) as asked:
        [shown] = (await asked.get("/api/v1/subscriptions"))["items"]

    assert shown["where"] == {"class": []}
    assert shown["doubts"] == ["where.class: is an empty list, so nothing passes"]


async def test_a_hub_that_starts_logs_what_there_is_to_ask(start):
    doubted = subscription("care-team", cadence="pull", where={"class": []})

    with capture_logs() as logged:
        async with start(WORKLIST, doubted):
            pass

    [warning] = [each for each in logged if each["event"] == "subscription.doubted"]
    assert warning["setting"] == "subscriptions.care-team.where.class"


PAST = "/api/v1/subscriptions/care-team/backfill"


async def past_of(start, *bodies):
    """Let a hub that nobody is subscribed to hear messages."""
    async with start(WORKLIST) as asked:
        await asked.hear(*bodies)


async def test_of_the_past_nobody_is_told_unasked(start):
    await past_of(start, adt())

    async with start(WORKLIST, PULLED) as asked:
        assert await asked.items() == []
        counted = await asked.post(PAST, {"since": SINCE})
        assert await asked.items() == []

    assert (counted["dry_run"], counted["permitted"]) == (True, 1)


async def test_who_asks_is_told_of_the_past_once(start):
    await past_of(start, adt())

    async with start(WORKLIST, PULLED) as asked:
        first = await asked.post(PAST, {"since": SINCE, "dry_run": False})
        again = await asked.post(PAST, {"since": SINCE, "dry_run": False})

        assert (first["permitted"], again["events"]) == (1, 0)
        [item] = await asked.items()
        assert item["subscription"] == item["notice"]["subscription"] == "care-team"
        assert verify_folder(asked.hub.store.folder).problems == []


async def test_what_does_not_stand_is_no_part_of_the_past(start):
    cancelled = adt("A11", control_id="C2", at="20260314100000")
    other = adt(control_id="C3", visit="V2", patient="P2")
    await past_of(start, adt(), cancelled, other)

    async with start(WORKLIST, PULLED) as asked:
        await asked.post(PAST, {"since": SINCE, "dry_run": False})

        assert types(await asked.items()) == ["encounter.admitted"]


async def test_the_past_is_told_in_parts_and_of_one_person(start):
    visits = ["V1", "V2", "V3"]
    await past_of(start, *(adt(control_id=v, visit=v, patient=v) for v in visits))

    async with start(WORKLIST, PULLED) as asked:
        [(person,)] = asked.query(
            "SELECT person FROM event JOIN entity ON entity.seq = event.entity"
            " WHERE event.seq = 3"
        )
        some = await asked.post(PAST, {"since": SINCE, "limit": 2})
        theirs = await asked.post(PAST, {"since": SINCE, "person": person})
        later = await asked.post(PAST, {"since": "2126-01-01T00:00:00Z"})

    assert (some["events"], some["more"]) == (2, True)
    assert (theirs["events"], theirs["more"]) == (1, False)
    assert later["events"] == 0


async def test_filters_hold_for_the_past_too(start):
    await past_of(start, adt())
    nobody = subscription("care-team", cadence="pull", where={"class": ["emergency"]})

    async with start(WORKLIST, nobody) as asked:
        found = await asked.post(PAST, {"since": SINCE, "dry_run": False})

        assert (found["permitted"], found["denied"]) == (0, {"filter.not_matched": 1})
        assert await asked.items() == []


async def test_there_is_no_past_for_nobody(asked):
    path = "/api/v1/subscriptions/nobody/backfill"
    await asked.post(path, {"since": SINCE}, status=404)
