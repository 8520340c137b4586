"""Kills the hub at random moments under load, again and again, then counts.

    python tests/faults/kill_loop.py --times 50 --seed 1

Now and then only the process is killed in which it works messages out, whereupon the
hub must end by itself. Hospitals send over MLLP, pipelined now and then, and send
again what was not acknowledged; a receiver of webhooks answers, fails or falls
silent. In the end:

* every acknowledged message is in the store, byte for byte (G1, G2);
* the books balance (G4);
* what each person's events say reached the receiver in their order (G5);
* no event came under two ids, and under one id always the same bytes (G6);
* every event arrived, once the hub was left alone (G3).

Exits with 1 where one of these does not hold. Everybody in here is made up.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[2]))

from hub.demo.setting import free_ports
from hub.store.books import balance
from hub.store.sqlite import open_reader
from tests.acceptance.messages import END, adt, framed, msa
from tests.acceptance.process import (
    COMMAND,
    ENVIRONMENT,
    feed,
    subscription,
    webhook,
    write_config,
)

PATIENCE_SECONDS = 120
PEOPLE_PER_HOSPITAL = 12
#: How often only the process is killed that works messages out.
PIPELINE_ONLY = 0.5
#: What the receiver does, and how often out of 1000 times.
MISCHIEF = {"refuse": 50, "forget": 10, "hang": 4}
WAITING = """
    SELECT (SELECT count(*) FROM message WHERE state = 'received')
         + (SELECT count(*) FROM delivery WHERE state IN ('ready', 'claimed'))
"""


@dataclass
class Receiver:
    """Takes care events, keeps the order in which they came, and misbehaves."""

    chance: random.Random
    arrivals: list = field(default_factory=list)
    bodies: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)

    async def handle(self, request):
        """Keep an event and answer, or not."""
        body = await request.read()
        key = request.headers["Idempotency-Key"]
        data = json.loads(body)["data"]
        entity = data["entity"]
        self.arrivals.append((key, entity["key"], entity["version"]))
        if self.bodies.setdefault(key, body) != body:
            self.problems.append(f"other bytes under the id {key}")
        if data["id"] != key:
            self.problems.append(f"the event {data['id']} came under the id {key}")
        return await self._answer(request)

    async def _answer(self, request):
        draw = self.chance.randrange(1000)
        for what, often in MISCHIEF.items():
            if draw < often:
                return await getattr(self, f"_{what}")(request)
            draw -= often
        return web.Response(status=202)

    async def _refuse(self, _request):
        return web.Response(status=500)

    async def _forget(self, request):
        """Apply it, and break the connection before the answer."""
        request.transport.abort()
        return web.Response(status=202)

    async def _hang(self, _request):
        """Apply it, and answer too late."""
        await asyncio.sleep(3)
        return web.Response(status=202)


@contextlib.asynccontextmanager
async def serving(receiver):
    """Let `receiver` listen; yields its URL."""
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


class Hospital:
    """Sends messages about its own people, in order, until told to stop."""

    def __init__(self, number, port, chance):
        self._number = number
        self._port = port
        self._chance = chance
        self._written = 0
        self._steps = [0] * PEOPLE_PER_HOSPITAL
        self._waiting = []
        self.sent = {}
        self.acknowledged = set()
        self.resent = 0
        self.finishing = False

    async def run(self):
        """Send; come back after each crash, and send again what got no answer."""
        while self._waiting or not self.finishing:
            try:
                await self._visit()
            except (OSError, EOFError):
                await asyncio.sleep(0.05)  # as a real sender waits before it retries

    async def _visit(self):
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            self.resent += len(self._waiting)
            while True:
                if not self._waiting:
                    if self.finishing:
                        return
                    self._write_more()
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._exchange(reader, writer)
                await asyncio.sleep(self._chance.uniform(0, 0.03))
        finally:
            writer.transport.abort()

    async def _exchange(self, reader, writer):
        """Send all that waits in one go, and take the answers one by one."""
        writer.write(b"".join(framed(self.sent[name]) for name in self._waiting))
        await writer.drain()
        while self._waiting:
            answer = await reader.readuntil(END)
            code, name = msa(answer[1:-2])
            if (code, name) != ("AA", self._waiting[0]):
                raise SystemExit(f"{self._waiting[0]} was answered {code} {name}")
            self.acknowledged.add(self._waiting.pop(0))

    def _write_more(self):
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 8))):
            name = f"H{self._number}-{self._written}"
            self.sent[name] = self._write(name)
            self._written += 1
            self._waiting.append(name)

    def _write(self, name):
        """Return the next message about somebody: a stay after the other."""
        person = self._chance.randrange(PEOPLE_PER_HOSPITAL)
        step = self._steps[person]
        self._steps[person] += 1
        stay, place = divmod(step, 6)
        minutes = 7 * place
        day, hour = 1 + stay % 28, stay // 28 % 24
        at = f"202603{day:02}{hour:02}{minutes:02}00"
        return adt(
            ("A01", "A02", "A08", "A02", "A03", "A13")[place],
            control_id=name,
            patient=f"P{self._number}-{person}",
            visit=f"V{self._number}-{person}-{stay}",
            at=at,
            family=f"Muster{step}",
            unit=f"WARD{place}",
            left=at if place == 4 else "",
        )


class Hub:
    """A hub that is started again and again with the same configuration."""

    def __init__(self, config, port, log):
        self._command = (*COMMAND, "--config", str(config))
        self._port = port
        self._log = log
        self.process = None

    async def start(self):
        """Start the process."""
        self.process = await asyncio.create_subprocess_exec(
            *self._command,
            env=ENVIRONMENT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    async def ready(self):
        """Wait until the hub takes connections."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if self.process.returncode is not None:
                    raise SystemExit(f"the hub ended with {self.process.returncode}")
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.transport.abort()
                    return

    async def kill(self, *, pipeline=False):
        """End the process as a crash would, or one that it started.

        Says whether it was that one; the hub must have ended by itself then.
        """
        worker = self._worker() if pipeline else None
        if worker is None:
            self.process.kill()
            await self.process.wait()
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_SECONDS):
            status = await self.process.wait()
        if status != 1:
            raise SystemExit(f"without its pipeline the hub ended with {status}")
        return True

    def _worker(self):
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # others come and go
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                command = stat.with_name("cmdline").read_bytes()
                if parent == self.process.pid and b"pipeline_child" in command:
                    return int(stat.parent.name)
        return None

    async def stop(self):
        """Ask the process to stop; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


async def play(times, seed, connections, folder):
    """Run the whole loop; return the findings and the numbers."""
    chance = random.Random(seed)  # noqa: S311  the same seed plays the same game
    receiver = Receiver(random.Random(chance.random()))  # noqa: S311  as above
    [port] = free_ports(1)
    hospitals = [
        Hospital(number, port, random.Random(chance.random()))  # noqa: S311  as above
        for number in range(connections)
    ]
    with (folder / "hub.log").open("wb") as log:
        async with serving(receiver) as url, asyncio.TaskGroup() as group:
            hook = webhook(url, timeout_seconds=2, concurrency=16, retry_max_seconds=1)
            tables = (feed(port=port), hook, subscription("hook"))
            hub = Hub(write_config(folder / "hub.toml", *tables), port, log)
            for hospital in hospitals:
                group.create_task(hospital.run())
            halves = await _kill(hub, times, chance)
            for hospital in hospitals:
                hospital.finishing = True
            await hub.start()
            await hub.ready()
            await _quiet(hospitals, folder / "data")
            status = await hub.stop()
    problems = [f"the hub ended with {status}"] if status else []
    problems, numbers = _judge(hospitals, receiver, folder / "data", problems)
    return problems, {"pipeline alone": halves, **numbers}


async def _kill(hub, times, chance):
    """Kill the hub so many times; return how often only its pipeline."""
    halves = 0
    for _ in range(times):
        await hub.start()
        if chance.random() < 0.1:
            await asyncio.sleep(chance.uniform(0, 1))
        else:
            await hub.ready()
            await asyncio.sleep(chance.uniform(0.05, 1.5))
        halves += await hub.kill(pipeline=chance.random() < PIPELINE_ONLY)
    return halves


async def _quiet(hospitals, data_dir):
    """Wait until all is acknowledged, processed and sent."""
    async with asyncio.timeout(PATIENCE_SECONDS * 5):
        while any(len(each.sent) > len(each.acknowledged) for each in hospitals):  # noqa: ASYNC110  the hospitals count, they do not tell
            await asyncio.sleep(0.05)
        while await asyncio.to_thread(_query, data_dir, WAITING) != [(0,)]:  # noqa: ASYNC110  the store is another process's
            await asyncio.sleep(0.1)


def _query(data_dir, sql):
    with closing(open_reader(data_dir)) as connection:
        return connection.execute(sql).fetchall()


def _judge(hospitals, receiver, data_dir, problems):
    stored = {body for (body,) in _query(data_dir, "SELECT body FROM message")}
    sent = {body for each in hospitals for body in each.sent.values()}
    acknowledged = {each.sent[name] for each in hospitals for name in each.acknowledged}
    # What was taken back before it was sent is sent to nobody (R-ENC-08), and what
    # timers tell may still come.
    events = _query(
        data_dir,
        "SELECT id, person, key, event.version FROM event"
        " JOIN entity ON entity.seq = event.entity WHERE type NOT LIKE 'stay.%'"
        " AND id NOT IN (SELECT event FROM delivery WHERE state = 'withdrawn')"
        " ORDER BY event.seq",
    )
    with closing(open_reader(data_dir)) as connection:
        books = balance(connection)
    problems += receiver.problems
    problems += [f"{name}: {count}" for name, count in books.checks if count]
    problems += _missing("acknowledged messages are not stored", acknowledged - stored)
    problems += _missing("stored messages were never sent", stored - sent)
    problems += _order(events, receiver.arrivals)
    problems += _identity(events, receiver.arrivals)
    [(repeats,)] = _query(data_dir, "SELECT sum(repeats) FROM message")
    numbers = {
        "sent": len(sent),
        "acknowledged": len(acknowledged),
        "stored": len(stored),
        "resent": sum(each.resent for each in hospitals),
        "repeats": repeats,
        "events": len(events),
        "arrivals": len(receiver.arrivals),
        "arrived again": len(receiver.arrivals) - len(receiver.bodies),
    }
    return problems, numbers


def _missing(what, found):
    return [f"{len(found)} {what}"] if found else []


def _order(events, arrivals):
    """Find people whose events first arrived in another order than they happened."""
    first = {key: place for place, (key, _, _) in reversed(list(enumerate(arrivals)))}
    places = {}
    for key, person, _, _ in events:
        if key in first:
            places.setdefault(person, []).append(first[key])
    wrong = [person for person, found in places.items() if found != sorted(found)]
    return _missing("people whose events came in another order", wrong)


def _identity(events, arrivals):
    """Find events that have two ids, that are unknown, or that never arrived."""
    names = {}
    for key, entity, version in arrivals:
        names.setdefault((entity, version), set()).add(key)
    twice = [keys for keys in names.values() if len(keys) > 1]
    known = {key: (entity, version) for key, _, entity, version in events}
    arrived = {key: (entity, version) for key, entity, version in arrivals}
    unlike = [key for key, what in arrived.items() if known.get(key) != what]
    return [
        *_missing("events came under two ids", twice),
        *_missing("events arrived that the store has otherwise, or not", unlike),
        *_missing("events never arrived", known.keys() - arrived.keys()),
    ]


def main():
    """Play, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=50, help="how often to kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="where to leave store and log")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="carehub-kill-loop-"))
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    problems, numbers = asyncio.run(
        play(options.times, options.seed, options.connections, folder)
    )
    seconds = round(time.monotonic() - started)
    counted = ", ".join(f"{name} {count}" for name, count in numbers.items())
    verdict = "; ".join(problems) or "all guarantees held"
    sys.stdout.write(
        f"{options.times} kills, seed {options.seed}, {seconds} s: "
        f"{counted}: {verdict} (files in {folder})\n"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
