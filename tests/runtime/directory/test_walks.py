"""Directories that change at random, against what a person would expect of them.

The model knows services by their names: what it says is there is there, what it says
is told is told once. Everything in it is made up.
"""

from collections import Counter
from contextlib import suppress
from random import Random

import pytest

from hub.coordination.directory.guard import FEWEST_NEW
from hub.errors import HubError
from hub.runtime.directory import laying
from hub.store.directory import objects, runs
from hub.store.directory.errors import RunNotHeldError
from tests.runtime.directory.world import opened, organization, package, service, source

MISSING_RUNS, MOST_REMOVED, MOST_NEW = 2, 0.3, 0.5
GUARD = {
    "missing_runs": MISSING_RUNS,
    "max_removed": MOST_REMOVED,
    "max_removed_count": 1000,
    "max_new": MOST_NEW,
}


class Model:
    """What is in force of a feed: alert, status, missing, removed of each service."""

    def __init__(self):
        self.there = {}
        self.version = 0
        self.last = ()

    def held(self, said, whole, gone):
        """Say whether a package must wait."""
        if not self.version:
            return False
        alive = {n for n, each in self.there.items() if not each["removed"]}
        lost = {n for n in alive - said.keys() if not self.there[n]["missing"]}
        lost = lost if whole else alive & set(gone)
        new = len(said.keys() - self.there.keys())
        if lost and len(lost) > MOST_REMOVED * len(alive):
            return True
        return new >= FEWEST_NEW and new > MOST_NEW * (len(said) + 1)

    def take(self, said, *, whole, gone=()):
        """Let a package take effect; return what is told of it."""
        told = Counter()
        first = not self.version
        for n, (alert, status) in said.items():
            old = self.there.get(n)
            if old is None:
                told["service_added", n] += 1
            elif old["removed"]:
                told["service_reopened", n] += 1
            elif old["status"] != status:
                name = "reopened" if status == "active" else "closed"
                told[f"service_{name}", n] += 1
            elif old["alert"] != alert:
                told["service_updated", n] += 1
            self.there[n] = {
                "alert": alert,
                "status": status,
                "missing": 0,
                "removed": False,
            }
        for n, old in self.there.items():
            if n in said and n not in gone:
                continue
            if old["removed"] or not (whole or n in gone):
                continue
            old["missing"] += 1
            if n in gone or old["missing"] >= MISSING_RUNS:
                old["removed"] = True
                told["service_removed", n] += 1
        self.version += 1
        return Counter() if first else told


class Walk:
    """One directory on its way."""

    def __init__(self, seed, folder, monkeypatch):
        self.random = Random(seed)  # noqa: S311 - nothing is to be kept secret
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.model = Model()
        self.services = dict.fromkeys(range(24), (None, "active"))
        self.told = Counter()
        self.waiting = {}
        self.next = 24

    def change(self):
        """Let the publisher change something."""
        for _ in range(self.random.choice((0, 1, 1, 3))):
            n = self.random.choice(list(self.services))
            alert = self.random.choice((None, "closed today", "full"))
            self.services[n] = (alert, self.random.choice(("active", "inactive")))
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.services[self.next] = (None, "active")
            self.next += 1
        for _ in range(self.random.choice((0, 0, 1, 2))):
            if len(self.services) > 8:
                del self.services[self.random.choice(list(self.services))]

    def body(self, said, gone=(), **heading):
        """Return a package, its objects in any order."""
        items = [organization("o1")]
        for n, (alert, status) in said.items():
            more = {"alert": alert} if alert else {}
            items.append(service(f"s{n}", "o1", status=status, **more))
        items += [{"item": "gone", "type": "service", "id": f"s{n}"} for n in gone]
        self.random.shuffle(items)
        return package(*items, **heading)

    def offer(self):
        """Return a package, what it says, how, and what it says is gone."""
        kind = self.random.choice(
            ("full", "full", "full", "part", "delta", "few", "all")
        )
        services = dict(self.services)
        if kind == "few":
            keep = self.random.sample(list(services), int(len(services) * 0.6))
            services = {n: services[n] for n in keep}
        if kind == "all":
            services = {}
        if kind == "delta":
            some = self.random.sample(list(services), 3)
            lost = [n for n in self.model.there if n not in self.services][:2]
            said = {n: services[n] for n in some}
            return self.body(said, lost, mode="delta"), said, False, lost
        whole = kind != "part"
        if kind == "part":
            some = self.random.sample(list(services), len(services) // 2)
            services = {n: services[n] for n in some}
        return self.body(services, complete=whole), services, whole, ()

    async def step(self):
        """Let something happen, in a hub that may end anywhere, and in the next."""
        came = []
        async with opened(self.folder, source(**GUARD)) as world:
            for _ in range(self.random.choice((1, 1, 2))):
                self.change()
                offer = self.offer()
                if self.random.random() < 0.15 and self.model.last:
                    offer = self.model.last
                world._count = self.next = self.next + 1
                came.append((world.arrive(offer[0]), offer))
            await self.work(world)
        async with opened(self.folder, source(**GUARD)) as world:
            await world.work()
            for run, offer in came:
                self.expect(world.run(run), *offer)
            if self.waiting and self.random.random() < 0.6:
                await self.decide(world)
            self.compare(world)

    async def work(self, world):
        """Work; mostly the hub ends on the way."""
        module, name = self.random.choice(
            ((objects, "lay"), (runs, "record"), (runs, "put_in_force"), (runs, "told"))
        )
        after, done = self.random.choice((0, 1, 2, 100)), []
        whole = getattr(module, name)

        def ending(connection, payloads):
            done.append(1)
            if len(done) > after:
                raise Ended
            return whole(connection, payloads)

        with self.monkeypatch.context() as patch:
            patch.setattr(laying, "CHUNK", 5)
            patch.setattr("hub.runtime.directory.feeding.PORTION", 3)
            patch.setattr(module, name, ending)
            with suppress(HubError):
                await world.work()

    def expect(self, run, body, said, whole, gone):
        """Compare what became of a package with what should have."""
        model = self.model
        if (
            model.last
            and body == model.last[0]
            and not any(
                each["missing"] and not each["removed"] for each in model.there.values()
            )
        ):
            assert (run.state, run.reason) == ("unchanged", "package.repeated")
            return
        if model.held(said, whole, gone):
            assert run.state in {"held", "rejected"}, run
            self.waiting[run.seq] = (body, said, whole, gone)
            return
        self.take(run, body, said, whole, gone)

    def take(self, run, body, said, whole, gone):
        """Let the model take a package too."""
        before = {n: dict(each) for n, each in self.model.there.items()}
        told = self.model.take(said, whole=whole, gone=gone)
        self.told += told
        changed = before != self.model.there or self.model.version == 1
        assert run.state == ("applied" if changed else "unchanged"), (run, told)
        self.model.last = (body, said, whole, gone)
        if changed:
            waiting = self.waiting.items()
            self.waiting = {seq: each for seq, each in waiting if seq > run.seq}

    async def decide(self, world):
        """Approve or reject one that waits, in any order."""
        run = self.random.choice(list(self.waiting))
        body, said, whole, gone = self.waiting.pop(run)
        if self.random.random() < 0.5:
            await world.reject(run)
            assert world.run(run).state == "rejected"
        else:
            await world.approve(run)
            self.take(world.run(run), body, said, whole, gone)
        with pytest.raises(RunNotHeldError):
            await world.reject(run)

    def compare(self, world):
        """Compare all that there is, and all that was told."""
        found = {
            key: {
                "alert": row.record.get("alert"),
                "status": row.status,
                "missing": min(row.missing, MISSING_RUNS),
                "removed": bool(row.removed),
            }
            for key, row in world.objects().items()
        }
        wanted = {f"s{n}": each for n, each in self.model.there.items()}
        for each in (*found.values(), *wanted.values()):
            if each["removed"]:
                each["missing"] = MISSING_RUNS
        assert found == wanted
        told = Counter(each for each in world.told() if each[1] != "o1")
        assert told == Counter(
            {(kind, f"s{n}"): c for (kind, n), c in self.told.items()}
        )


class Ended(Exception):  # noqa: N818 - what a test raises in place of a crash
    """The hub ended here."""


async def walk(seed, folder, monkeypatch, steps):
    found = Walk(seed, folder, monkeypatch)
    for _ in range(steps):
        await found.step()


@pytest.mark.parametrize("seed", range(3))
async def test_a_directory_goes_its_way(tmp_path, monkeypatch, seed):
    await walk(seed, tmp_path / "data", monkeypatch, 8)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
async def test_directories_go_their_way(tmp_path, monkeypatch, seed):
    await walk(seed, tmp_path / "data", monkeypatch, 12)
