"""A hub's directories without the rest of the hub. Everything in them is made up.

A package is JSON lines: a heading first, then items as they are, tagged by `item`; a
line with `fail` makes the reader fail in that way.
"""

import hashlib
import json
import os
import signal
import time
import zlib
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec

from hub.config.tables import SourceConfig
from hub.contract import NormaliserSpec, SourceSpec
from hub.errors import HubError
from hub.model.directory import DirectoryItem
from hub.model.directory_happenings import DIRECTORIES_FEED
from hub.model.directory_happenings import read as read_happening
from hub.model.facts import Normalised
from hub.runtime.directory.keeper import Directories
from hub.runtime.directory.reading import read as read_here
from hub.settings import DirectorySettings, Settings, SourceSettings
from hub.store import journal
from hub.store.acting import Actor
from hub.store.directory import arrivals, runs
from hub.store.directory.arrivals import DirectoryArrival
from hub.store.store import Store, call_at_once
from hub.threads import in_thread

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
WHO = Actor("ines", "operator")
#: Text that must be nowhere but in the package itself.
CANARY = "Eulenspiegelweg"


class BrokenPackageError(HubError):
    """A package that its reader refuses."""

    code = "TEST-901"
    summary = "The made-up package is broken"
    remedy = "Make another one"


class _Line(msgspec.Struct):
    fail: str = ""


_item = msgspec.json.Decoder(DirectoryItem, strict=False).decode


def read(package, folder, _profile):
    """Read a made-up package."""
    with package.open("rb") as file:
        for line in file:
            found = msgspec.json.decode(line, type=_Line)
            match found.fail:
                case "refuse":
                    raise BrokenPackageError
                case "raise":
                    raise ValueError(CANARY)
                case "die":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "junk":
                    yield object()
                case "print":
                    print(CANARY)  # noqa: T201 - that is what it must not do
                case "sleep":
                    time.sleep(60)
                case "unpack":
                    (folder / "part").write_bytes(b"unpacked")
                case _:
                    yield _item(line)


def normalise(_body, _profile):
    """Nothing asks this of a directory."""
    return Normalised()


def build(_settings):
    """No source runs here."""
    raise NotImplementedError


SPEC = NormaliserSpec(
    name="made-up",
    media_type="application/x-made-up",
    profile=Settings,
    normalise=normalise,
    summary="Made up.",
    directory=read,
)
SOURCE = SourceSpec(
    kind="made-up",
    settings=SourceSettings,
    build=build,
    normaliser="made-up",
    summary="Made up.",
)


def source(name="dir", **settings):
    """Return a source of directories with these settings of its guard."""
    table = SourceSettings(kind="made-up", directory=DirectorySettings(**settings))
    return SourceConfig(name, SOURCE, table, SPEC, Settings())


def heading(**values):
    """Return the first line of a package."""
    return {"item": "heading", "version": "3.0"} | values


def item(kind, key, restricted=(), **record):
    """Return an object of a package."""
    return {
        "item": "object",
        "restricted": list(restricted),
        "type": kind,
        "id": key,
        "record": {"id": key} | record,
    }


def organization(key, **record):
    """Return an organisation of a package."""
    return item("organization", key, **{"name": f"Org {key}"} | record)


def service(key, owner="o1", places=(), **record):
    """Return a service of a package."""
    told = {
        "organization_id": owner,
        "name": f"Service {key}",
        "status": "active",
        "service_at_locations": [
            {"id": f"{key}-{each}", "service_id": key, "location_id": each}
            for each in places
        ],
    }
    return item("service", key, **told | record)


def location(key, street="Lindenallee 5", **record):
    """Return a location of a package."""
    told = {
        "name": f"Place {key}",
        "location_type": "physical",
        "addresses": [
            {"address_1": street, "city": "Musterort", "postal_code": f"1{key[1:]:0>4}"}
        ],
        "latitude": 52.512345,
        "longitude": 13.398765,
    }
    return item("location", key, **told | record)


def package(*items, **said):
    """Return the bytes of a package."""
    return "\n".join(map(json.dumps, (heading(**said), *items))).encode()


def town(services=20, organizations=4, **changed):
    """Return the objects of a small directory, some of them changed."""
    found = [organization(f"o{n}") for n in range(1, organizations + 1)]
    found += [location(f"l{n}") for n in range(1, services + 1)]
    for n in range(1, services + 1):
        owner = f"o{(n - 1) % organizations + 1}"
        found.append(service(f"s{n}", owner, [f"l{n}"], **changed.get(f"s{n}", {})))
    return found


class World:
    """One hub's directories, driven by hand: each package is worked out at once."""

    def __init__(self, store, directories, clock):
        self.store = store
        self.directories = directories
        self.clock = clock
        self._count = 0

    def arrive(self, body, feed="dir"):
        """Put a package where the pipeline would, and return its run."""
        self._count += 1
        raw = SimpleNamespace(
            body=body,
            media_type="x",
            received_at=self.clock.now,
            control_id=str(self._count),
            message_type="",
            peer="",
            refused="",
        )
        row = journal.row(feed, raw)
        self.store.writer.call(journal.put, [row])
        [[seq, digest]] = self.query(
            "SELECT seq, sha256 FROM message WHERE id = ?", row[0]
        )
        arrived = DirectoryArrival(seq, feed, digest, journal.microseconds(NOW))
        self.store.writer.call(_arrive, arrived)
        return self.query("SELECT max(seq) FROM directory_run")[0][0]

    async def take(self, body, feed="dir"):
        """Let a package come and be worked out; return its run as it is then."""
        run = self.arrive(body, feed)
        await self.work()
        return self.run(run)

    async def work(self):
        """Do all that there is to do."""
        while await self.directories.turn():
            pass
        while await self.directories._feeder.turn():
            self.swallow()

    async def approve(self, run):
        """Approve a run, and let it be worked out."""
        await self._decide(run, approved=True)

    async def approve_failed(self, run, body):
        """Approve a run that failed, whose package is another one by now."""
        digest = hashlib.sha256(body).digest()

        def put(connection, _):
            told = (body, digest, run)
            connection.execute(
                "UPDATE message SET body = ?, sha256 = ? WHERE seq ="
                " (SELECT message FROM directory_run WHERE seq = ?)",
                told,
            )
            connection.execute(
                "UPDATE directory_run SET sha256 = ? WHERE seq = ?", told[1:]
            )
            return [None]

        self.store.writer.call(put)
        await self.approve(run)

    async def reject(self, run):
        """Reject a run."""
        await self._decide(run, approved=False)

    async def _decide(self, run, *, approved):
        made = runs.DecidedRun(run, WHO, "looked at", 0, approved)
        await in_thread(self.store.writer.call, runs.decide, made)
        await self.work()

    def swallow(self):
        """Let the hub's own messages be processed, as a pipeline would."""
        self.store.writer.call(
            lambda connection, _: (
                [connection.execute("UPDATE message SET state = 'processed'")]
                and [None]
            )
        )

    def run(self, seq):
        """Return a run."""
        with closing(self.store.reader()) as reader:
            return runs.run_at(reader, seq)

    def query(self, statement, *values):
        """Return what the store has."""
        with closing(self.store.reader()) as reader:
            return reader.execute(statement, values).fetchall()

    def said(self):
        """Return what was told, in order: the happenings."""
        found = self.query(
            "SELECT body FROM message WHERE source = ? ORDER BY seq", DIRECTORIES_FEED
        )
        return [read_happening(body) for (body,) in found]

    def told(self):
        """Return what was told of objects: the type of the event and the feed's id."""
        return [(each.type, each.object.id) for each in self.said() if each.object]

    def objects(self, kind="service", feed="dir"):
        """Return what is in force, by id."""
        found = self.query(
            "SELECT o.* FROM directory_object o JOIN directory_feed f USING (feed)"
            " WHERE o.feed = ? AND o.type = ? AND o.since <= f.current"
            " AND (o.until IS NULL OR o.until > f.current)",
            feed,
            kind,
        )
        names = [each[1] for each in self.query("PRAGMA table_info(directory_object)")]
        rows = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in found]
        for row in rows:
            row.record = json.loads(zlib.decompress(row.record))
        return {row.id: row for row in rows}


def _arrive(connection, arrived):
    arrivals.put(connection, arrived)
    return [None] * len(arrived)


@asynccontextmanager
async def opened(folder, *sources, referred=(), in_process=False):
    """Open a hub's directories below `folder`."""
    clock = SimpleNamespace(now=NOW)
    config = SimpleNamespace(
        hub=SimpleNamespace(data_dir=folder),
        sources={each.name: each for each in sources or (source(),)},
    )

    async def write(apply, payload):
        return await in_thread(store.writer.call, apply, payload)

    async def reading(job):
        return await in_thread(read_here, job)

    def open_referrals(keys):
        return set(keys) & set(referred)

    with Store(folder, call_at_once) as store:
        directories = Directories(
            config,
            store,
            write,
            lambda: None,
            open_referrals,
            None if in_process else reading,
            lambda: clock.now,
        )
        try:
            yield World(store, directories, clock)
        finally:
            await directories.stop()
