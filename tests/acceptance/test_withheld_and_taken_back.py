"""A notice was withheld, or redacted, and then the event is taken back.

A real hub whose clock is moved, with the configuration and the made-up patient of the
page "Who heard of it".
"""

import json
from contextlib import closing
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from hub.config import load
from hub.registry import Registry
from tests.docs.hearing import MovedHub
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports, segments

PAGE = ROOT / "docs/explanation/who-heard-of-it.md"
ADMITTED, _, _, CANCELLED = (segments(each.text) for each in blocks(PAGE, "hl7"))
TRANSFERRED = (
    ADMITTED.replace(b"ADT^A01^ADT_A01|S001", b"ADT^A02^ADT_A02|S005")
    .replace(b"20260309113000-0400", b"20260309130000-0400")
    .replace(b"EVN||20260309113000||||20260309113000", b"EVN||20260309130000")
    .replace(b"3WEST", b"4EAST")
)
CONSENTED, REVOKED = (json.loads(each.text) for each in blocks(PAGE, "json"))
NINE, NOON, ONE = "09:00", "11:30", "13:00"
AFTERNOON, EVENING, NIGHT = "15:00", "18:05", "20:00"


def at(clock):
    return datetime.fromisoformat(f"2026-03-09T{clock}:00-04:00")


class Told:
    """A hub, and what lies with the meal service."""

    def __init__(self, hub, folder):
        self.hub = hub
        self._folder = folder

    async def hear(self, clock, message):
        await self.hub.wait_until(at(clock))
        return await self.hub.hear("st-mary", message)

    async def decide(self, clock, papers, key):
        """Let the patient say what the papers say, at this time."""
        await self.hub.wait_until(at(clock))
        facts = [each | {"recorded": at(clock).isoformat()} for each in papers["facts"]]
        body = json.dumps({"facts": facts}).encode()
        await self.hub.take("consents", body, key)
        await self.hub.rest()

    async def replay_all(self):
        with closing(self.hub.store.reader()) as reader:
            found = reader.execute("SELECT id FROM delivery WHERE state = 'withheld'")
            keys = [key for (key,) in found]
        assert keys
        for key in keys:
            await self.hub.replay("delivery", key)
        # An operator's replay is due by the clock on the wall, long after the page's.
        await self.hub.wait_until(datetime.now(tz=at(NINE).tzinfo))

    @property
    def notices(self):
        files = sorted((self._folder / "meals").glob("*.json"))
        found = [json.loads(file.read_text(encoding="utf-8"))["data"] for file in files]
        return sorted(found, key=lambda each: each["entity"]["version"])

    @property
    def types(self):
        return [each["type"] for each in self.notices]


@pytest.fixture
async def told(tmp_path):
    """A hub to which the patient has consented that it tells the meal service."""
    registry = Registry.discover()
    port, listening = free_ports(2)
    own = f'[hub]\ndata_dir = "data"\npipeline = "thread"\n[admin]\nport = {port}\n'
    tables = blocks(PAGE, "toml")[0].text.replace("2575", str(listening)).replace(
        '"encounter.admitted", ', '"encounter.admitted", "encounter.transferred", '
    )  # fmt: skip
    config = tmp_path / "hub.toml"
    config.write_text(own + tables)
    with capture_logs():
        async with MovedHub(load(config, registry), registry, at(NINE)) as hub:
            told = Told(hub, tmp_path)
            await told.decide(NINE, CONSENTED, "papers-1")
            yield told


async def test_who_was_told_of_nothing_is_told_of_no_retraction(told):
    await told.hear(NOON, ADMITTED)
    await told.decide(AFTERNOON, REVOKED, "papers-2")
    await told.hub.wait_until(at(EVENING))
    await told.hear(NIGHT, CANCELLED)
    await told.hub.wait_until(at("23:00"))

    assert told.types == []


async def test_what_is_withheld_after_it_was_taken_back_owes_no_retraction(told):
    await told.hear(NOON, ADMITTED)
    await told.hear(ONE, TRANSFERRED)
    await told.decide(AFTERNOON, REVOKED, "papers-2")
    await told.hear("16:00", CANCELLED)
    await told.hub.wait_until(at(EVENING))

    assert told.types == []


async def test_what_was_withheld_and_taken_back_is_not_sent_by_a_replay(told):
    await told.hear(NOON, ADMITTED)
    await told.decide(AFTERNOON, REVOKED, "papers-2")
    await told.hub.wait_until(at(EVENING))
    await told.hear(NIGHT, CANCELLED)
    await told.decide("21:00", CONSENTED, "papers-3")
    await told.replay_all()

    assert told.types == []


async def test_a_retraction_is_marked_no_higher_than_what_it_takes_back(told):
    await told.hear(NOON, ADMITTED)
    await told.hub.wait_until(at(EVENING))
    await told.decide(NIGHT, REVOKED, "papers-2")
    await told.hear("21:00", CANCELLED)
    await told.hub.wait_until(datetime.fromisoformat("2026-03-10T18:05:00-04:00"))

    assert told.types == ["encounter.admitted", "encounter.admit_cancelled"]
    assert [each["labels"]["confidentiality"] for each in told.notices] == ["N", "N"]
