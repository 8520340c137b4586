"""Bad consents, lists, codes, rules and clocks, and what a real hub makes of them.

Its clock is moved; all else is as it always is. Everybody in here is made up.
"""

import asyncio
import json
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from hub.config import load
from hub.coordination.identity.decisions import Decision
from hub.coordination.policy import deciding
from hub.registry import Registry
from hub.runtime import dispatch
from hub.store.books import balance
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.testing.clock import FakeClock
from tests.acceptance.messages import adt, header, joined, pid
from tests.acceptance.peers import Receiver
from tests.acceptance.process import (
    ENVIRONMENT,
    feed,
    folder,
    subscription,
    table,
    webhook,
)
from tests.docs.hearing import PATIENCE_SECONDS, MovedHub

NOON = datetime(2026, 3, 14, 11, tzinfo=UTC)
EVENTS = ["encounter.*"]
SYSTEM = "KLINIK_NORD"


class SteppedHub(MovedHub):
    """A hub whose clock somebody sets, also back."""

    def step(self, **units):
        """Set the clock by so much."""
        self._clock = FakeClock(self.now() + timedelta(**units))


class World:
    """A hub, and what lies with its recipients."""

    def __init__(self, hub, path):
        self.hub, self._path, self._papers = hub, path, 0

    async def admit(self, control_id="C1", **given):
        return await self.hub.hear("klinik-nord", adt(control_id=control_id, **given))

    async def eventually(self, sql, answer):
        """Wait until the store answers this."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await asyncio.to_thread(self.query, sql) != answer:  # noqa: ASYNC110  the store is another thread's
                await asyncio.sleep(0.01)

    async def state(self, key="E-1", patient="P1", *, rests=True, **given):
        """Let a person decide something, now."""
        self._papers += 1
        fact = {
            "kind": "consent",
            "person": {"identifiers": [{"system": SYSTEM, "value": patient}]},
            "key": {"system": "PAPERS", "value": key},
            "recorded": self.hub.now().isoformat(),
            "status": "active",
            "decision": "permit",
            "scope": ["care_coordination"],
            "recipients": ["meals"],
        }
        body = json.dumps({"facts": [fact | given]}).encode()
        await self.hub.take("papers", body, f"papers-{self._papers}")
        if rests:
            await self.hub.rest()

    async def merge(self, patient, other):
        """Let the hospital say that two numbers are of one person."""
        merged = f"MRG|{other}^^^{SYSTEM}^PI"
        await self._repair("A40", pid(patient), merged)

    async def part(self, patient):
        """Let an operator say that a number is of somebody else after all."""
        found = "SELECT identity FROM identifier WHERE value = ?"
        [(identity,)] = self.query(found, patient)
        [(person,)] = self.query("SELECT person FROM entity WHERE key = ?", identity)
        [(other,)] = self.query(
            "SELECT key FROM entity WHERE kind = 'person' AND person = ? AND key <> ?",
            person,
            identity,
        )
        decision = Decision(
            operation="unlink",
            identity=identity,
            others=(other,),
            by="a test",
            reason="two people",
            at=self.hub.now(),
        )
        await self.hub.decide(decision)
        await self.hub.rest()

    async def _repair(self, trigger, *lines):
        self._papers += 1
        head = header(f"ADT^{trigger}", f"M{self._papers}")
        body = joined([head, f"EVN|{trigger}|20260314110000", *lines])
        await self.hub.hear("klinik-nord", body)

    async def list(self, *patients):
        """Give the panel this list; return the state that it is in then."""
        rows = [f"M-{each},{SYSTEM},{each},," for each in patients]
        columns = "patient_id,assigning_authority,identifier,valid_from,valid_to"
        panels = self.hub._panels
        file = panels.incoming()
        file.write_text("\n".join([columns, *rows, ""]))
        await panels.load("members", file, "full", "a test")

    def notices(self, name="meals"):
        """Return what lies with a recipient, in the order of the events."""
        place = self._path / name
        files = place.glob("*.json") if place.exists() else []
        found = [json.loads(each.read_text())["data"] for each in files]
        order = dict(self.query("SELECT id, seq FROM event"))
        return sorted(found, key=lambda each: order[each["id"]])

    def told(self, name="meals"):
        """Return the types of what lies with a recipient."""
        return [each["type"] for each in self.notices(name)]

    def query(self, sql, *values):
        with closing(self.hub.store.reader()) as reader:
            return reader.execute(sql, values).fetchall()

    def decided(self, name="meals"):
        """Return verdict and reason of the decisions on a destination, in order."""
        sql = (
            "SELECT verdict, reason FROM decision WHERE destination = ? ORDER BY rowid"
        )
        return self.query(sql, name)

    def states(self, name="meals"):
        """Return the states of the deliveries to a destination, in order."""
        sql = "SELECT state FROM delivery WHERE destination = ? ORDER BY seq"
        return [state for (state,) in self.query(sql, name)]

    def audited(self, action):
        """Return the numbers of the records of an action."""
        return self.query("SELECT n FROM audit WHERE action = ?", action)


@pytest.fixture
async def start(tmp_path, monkeypatch):
    """Return what starts a hub; the books of each must balance at the end."""
    monkeypatch.setattr(dispatch, "POLL_SECONDS", 0.01)
    monkeypatch.setenv("HOOK_SECRET", ENVIRONMENT["HOOK_SECRET"])
    registry, running = Registry.discover(), []

    async def start(*tables, now=NOON):
        own = table("hub", name="trouble", data_dir="data", pipeline="thread")
        papers = table("sources.papers", kind="facts-api")
        config = tmp_path / "hub.toml"
        admin = table("admin", port=0)
        config.write_text("\n".join([own, admin, feed(), papers, *tables]))
        hub = SteppedHub(load(config, registry), registry, now)
        running.append(await hub.__aenter__())
        return World(hub, tmp_path)

    with capture_logs():
        yield start
        for hub in running:
            with closing(hub.store.reader()) as reader:
                unbalanced = [each for each in balance(reader).checks if each[1]]
            await hub.__aexit__(None, None, None)
            assert unbalanced == []


def meals(**keys):
    """Return a service that is told of who agreed."""
    return (
        folder("meals", "meals"),
        table("recipients.meals", sector="community"),
        subscription("meals", events=EVENTS, **keys),
    )


def clinic(**keys):
    """Return a provider that is told without a consent."""
    return folder("clinic", "clinic"), subscription("clinic", events=EVENTS, **keys)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        # The denial is as specific, and of the same day: it counts.
        ({}, {"decision": "deny"}, []),
        ({"decision": "deny"}, {}, []),
        # What is narrower counts, whichever of them came last.
        ({"decision": "deny", "recipients": []}, {}, ["encounter.admitted"]),
        ({}, {"decision": "deny", "recipients": []}, ["encounter.admitted"]),
        ({"recipients": []}, {"decision": "deny"}, []),
        # Neither is narrower: one in whom, the other in what.
        ({"data": []}, {"decision": "deny", "recipients": [], "data": EVENTS}, []),
        ({"data": EVENTS}, {"decision": "deny", "data": ["encounter.admitted"]}, []),
        (
            {"data": ["encounter.admitted"]},
            {"decision": "deny", "data": EVENTS},
            ["encounter.admitted"],
        ),
    ],
)
async def test_of_consents_that_contradict_each_other_one_counts(
    start, first, second, told
):
    world = await start(*meals())
    await world.state("E-1", **first)
    await world.state("E-2", **second)

    await world.admit()

    assert world.told() == told


async def test_what_is_revoked_before_the_next_attempt_is_not_sent_again(start):
    receiver = Receiver()
    receiver.always = 500
    try:
        hook = webhook(
            receiver.url, "meals", retry_initial_seconds=60, retry_max_seconds=60
        )
        world = await start(hook, *meals()[1:])
        await world.state()
        await world.hub.take("klinik-nord", adt(), "C1")
        await asyncio.to_thread(receiver.wait_for, 1)
        receiver.always = 202
        await world.state(rests=False, status="revoked")
        await world.eventually(
            "SELECT count(*) FROM message WHERE state = 'processed'", [(3,)]
        )
        world.hub.step(hours=1)
        await world.eventually("SELECT state FROM delivery", [("withheld",)])

        assert len(receiver.requests) == 1
    finally:
        receiver.close()


async def test_a_consent_stays_with_who_gave_it_when_people_are_parted(start):
    world = await start(*meals())
    other = {"patient": "P2", "family": "Anders"}
    await world.admit("C0", visit="V0", **other)
    await world.admit("C9", visit="V9")
    await world.state(patient="P1")
    await world.merge("P1", "P2")
    await world.admit("C1", visit="V1", **other)
    wrongly = world.notices()
    await world.part("P2")
    taken_back = world.notices()[len(wrongly) :]
    await world.admit("C2", visit="V2", **other)
    before = len(world.notices())
    await world.admit("C3", visit="V3")

    assert len(wrongly) == 3
    assert {each["type"] for each in taken_back} == {"encounter.moved"}
    assert {each["correction"]["kind"] for each in taken_back} == {"retraction"}
    assert "Anders" not in json.dumps(taken_back)
    assert len(taken_back) == 2
    assert before == len(wrongly) + len(taken_back)
    assert len(world.notices()) == before + 1


async def test_a_list_that_loses_nearly_everybody_takes_nobody_off(start):
    members = table("panels.members")
    world = await start(members, *clinic(panel="members"))
    await world.list(*(f"P{n}" for n in range(20)))
    await world.list("P0", "P3")

    await world.admit(patient="P9")

    assert world.told("clinic") == ["encounter.admitted"]
    assert world.query("SELECT state FROM panel_load ORDER BY rowid")[-1] == (
        "waiting",
    )


async def test_what_nobody_mapped_is_restricted_until_somebody_does(start):
    world = await start(
        table("policy.departments", INN1="normal"),
        table("recipients.clinic", sector="provider", template="provider"),
        *clinic(),
    )
    await world.admit("C1", unit="INN1", visit="V1")
    await world.admit("C2", unit="ZZ9", visit="V2", patient="P2")

    places = [
        each["payload"]["location"].get("unit") for each in world.notices("clinic")
    ]
    assert sorted(map(str, places)) == ["INN1", "None"]
    assert world.decided("clinic")[1] == ("permit_redacted", "sensitivity.redacted")


async def test_what_a_broken_rule_decides_is_held_until_it_is_mended(
    start, monkeypatch
):
    def broken(*_):
        raise ZeroDivisionError

    world = await start(*clinic())
    with monkeypatch.context() as patch:
        patch.setitem(deciding.RULES, "consent@1", broken)
        await world.admit()
        await world.hub.wait_until(NOON + timedelta(days=2))

        assert world.told("clinic") == []
        assert world.states("clinic") == ["held"]
        [(key,)] = world.query("SELECT id FROM delivery")
        await world.hub.replay("delivery", key)
        world.hub.step(days=3650)
        await world.hub.rest()
        assert (world.told("clinic"), world.states("clinic")) == ([], ["held"])

    await world.hub.replay("delivery", key)
    await world.hub.rest()

    assert world.told("clinic") == ["encounter.admitted"]
    assert world.states("clinic") == ["delivered"]


async def test_who_acknowledges_twice_at_once_does_so_once(start):
    world = await start(
        table("destinations.list", kind="worklist"),
        subscription("list", events=EVENTS, cadence="pull"),
    )
    await world.admit()
    lists = world.hub._subscribing.worklists
    [item] = (await lists.fetch("list", state="open", since=None, limit=9)).items
    ids = ("list", item.id)

    said = await asyncio.gather(
        *(lists.acknowledge(*ids, by=f"nurse {n}") for n in range(5)),
        *(lists.close(*ids, "reached", by=f"nurse {n}") for n in range(5)),
    )

    assert {each.acknowledged_by for each in said} == {said[0].acknowledged_by}
    found = world.query("SELECT outcome FROM attempt ORDER BY rowid")
    assert found == [("unknown",), ("accepted",)]


@pytest.mark.parametrize(
    ("night", "cadence", "due"),
    [
        # The hour from two to three is not, and is twice.
        ((2026, 3, 28), "daily 02:30 Europe/Berlin", (2026, 3, 29, 1, 30)),
        ((2026, 10, 24), "daily 02:30 Europe/Berlin", (2026, 10, 25, 0, 30)),
    ],
)
async def test_a_digest_of_a_night_on_which_clocks_change_goes_out_once(
    start, night, cadence, due
):
    evening = datetime(*night, 20, tzinfo=UTC)
    world = await start(*clinic(cadence=cadence), now=evening)
    await world.admit("C1", visit="V1")
    await world.admit("C2", visit="V2", patient="P2")
    due = datetime(*due, tzinfo=UTC)

    await world.hub.wait_until(due - timedelta(minutes=1))
    before = world.told("clinic")
    await world.hub.wait_until(due + timedelta(minutes=1))
    after = world.told("clinic")
    await world.hub.wait_until(due + timedelta(hours=25))

    assert (before, len(after)) == ([], 2)
    assert world.told("clinic") == after
    assert world.query("SELECT count(*) FROM attempt") == [(2,)]


async def test_a_clock_that_is_set_back_sends_nothing_twice_or_early(
    start, monkeypatch
):
    world = await start(*clinic(), *meals(cadence="daily 20:00 Europe/Berlin"))
    await world.state()
    await world.admit("C1", visit="V1")
    world.hub.step(hours=-3)
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3 * 3600 * 10**9)
    await world.admit("C2", visit="V2", patient="P2")
    await world.hub.rest()
    early = world.told()
    await world.hub.wait_until(NOON + timedelta(hours=12))
    world.hub.step(hours=-12)
    await world.hub.wait_until(NOON + timedelta(hours=12))

    assert early == []
    assert len(world.audited("clock.stepped")) == 1
    assert world.told() == ["encounter.admitted"]
    assert world.told("clinic") == ["encounter.admitted"] * 2
    assert world.query("SELECT count(*) FROM attempt") == [(3,)]


async def test_a_clock_that_jumps_sends_once_what_is_due_by_then(start):
    world = await start(*clinic(), *meals(cadence="daily 20:00 Europe/Berlin"))
    await world.state()
    await world.admit()
    world.hub.step(days=30)
    await world.hub.rest()
    world.hub.step(days=-30)
    await world.hub.wait_until(NOON + timedelta(days=1))

    assert world.told() == ["encounter.admitted"]
    assert world.query("SELECT count(*) FROM attempt") == [(2,)]


async def test_free_text_where_a_code_belongs_is_not_listed_as_a_code(start):
    world = await start(table("policy.departments", INN1="normal"), *clinic())
    await world.admit(unit="ERIKA MUSTER 0815")

    path = world.hub.store.folder / DATABASE_NAME
    found = await asyncio.to_thread(Reader(path).unmapped, NOON - timedelta(days=1))

    assert [each.kind for each in found] == ["department"]
    assert "MUSTER" not in found[0].code
