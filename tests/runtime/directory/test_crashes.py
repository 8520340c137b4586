"""A hub that ends anywhere goes on where it was. The packages are made up."""

import asyncio
import os
import signal

import pytest

from hub.runtime.directory import laying
from hub.store.directory import objects, runs
from tests.runtime.directory.world import opened, package, source, town

CHANGED = {f"s{n}": {"alert": "closed"} for n in range(1, 21)}


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return tmp_path / "data"


class Ended(Exception):  # noqa: N818 - what a test raises in place of a crash
    """The hub ended here."""


async def cut(folder, monkeypatch, module, name, after):
    """Let a refresh end when a piece of work was done `after` times."""
    whole = getattr(module, name)
    done = []

    def ending(connection, payloads):
        done.append(1)
        if len(done) > after:
            raise Ended
        return whole(connection, payloads)

    async with opened(folder) as world:
        monkeypatch.setattr(laying, "CHUNK", 7)
        run = world.arrive(package(*town(**CHANGED)))
        monkeypatch.setattr(module, name, ending)
        for _ in range(3):
            await world.directories.turn()
        monkeypatch.undo()
        return run


@pytest.mark.parametrize(
    ("module", "name", "after"),
    [
        (runs, "record", 0),
        (objects, "lay", 0),
        (objects, "lay", 1),
        (objects, "lay", 2),
        (runs, "put_in_force", 0),
    ],
)
async def test_a_refresh_that_is_cut_goes_on(folder, monkeypatch, module, name, after):
    async with opened(folder) as world:
        await world.take(package(*town()))

    run = await cut(folder, monkeypatch, module, name, after)
    async with opened(folder) as world:
        assert "alert" not in world.objects()["s20"].record
        await world.work()

        assert world.run(run).state == "applied"
        assert world.objects()["s20"].record["alert"] == "closed"
        assert len(world.told()) == 20
        assert len(world.objects()) == 20
        assert world.query("SELECT max(since) FROM directory_object") == [(2,)]


async def test_what_is_told_is_told_once_wherever_it_is_cut(folder, monkeypatch):
    async with opened(folder) as world:
        await world.take(package(*town()))
    async with opened(folder) as world:
        world.arrive(package(*town(**CHANGED)))
        while await world.directories.turn():
            pass
    async with opened(folder) as world:
        monkeypatch.setattr("hub.runtime.directory.feeding.PORTION", 6)
        await world.directories._feeder.turn()
    async with opened(folder) as world:
        world.swallow()
        await world.work()

        assert sorted(world.told()) == sorted(
            ("service_updated", f"s{n}") for n in range(1, 21)
        )


async def test_what_is_staged_and_gone_is_read_again(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        run = world.arrive(package(*town(**CHANGED)))
        await world.directories.turn()
        assert world.run(run).state == "applying"
        for each in folder.glob("directory/*/*"):
            each.unlink()

        await world.work()

        assert world.run(run).state == "applied"
        assert len(world.told()) == 20


async def test_a_process_that_is_killed_leaves_a_run_to_be_approved(folder):
    async with opened(folder, in_process=True) as world:
        run = world.arrive(package({"fail": "sleep"}, *town()))
        turn = asyncio.create_task(world.directories.turn())
        async with asyncio.timeout(30):
            while not (pid := world.directories.pid):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        await turn
        assert world.run(run).error_code == "DIR-002"

        await world.approve_failed(run, package(*town()))

        assert len(world.objects()) == 20


async def test_a_hub_that_stops_ends_the_process(folder):
    async with opened(folder, in_process=True) as world:
        run = world.arrive(package({"fail": "sleep"}, *town()))
        turn = asyncio.create_task(world.directories.turn())
        async with asyncio.timeout(30):
            while not (pid := world.directories.pid):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn

        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert world.run(run).state == "waiting"


async def test_a_run_that_is_approved_while_another_is_read_is_compared_anew(folder):
    async with opened(folder, source(missing_runs=1)) as world:
        await world.take(package(*town()))
        held = await world.take(package(*town(5)))
        await world.approve(held.seq)

        assert world.run(held.seq).state == "applied"
        assert len([row for row in world.objects().values() if row.removed]) == 15
