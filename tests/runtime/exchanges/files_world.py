"""A hub's files without the rest of the hub. Everything in them is made up.

A file is ``#semantics more`` and then lines of ``key,value``: ``-`` before the key ends
the record, ``!`` states something once, ``?`` is a row that is wrong. What a key is
worth is also who is on the panel: people with the number of their value.
"""

import asyncio
import json
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from hub.config.panels import PanelTable
from hub.config.tables import SourceConfig
from hub.contract import NormaliserSpec, SourceSpec
from hub.model.facts import Normalised
from hub.model.files import Listed
from hub.runtime.exchanges.checking_steps import check
from hub.runtime.exchanges.service import Exchanges
from hub.runtime.panel_keeping import PanelKeeper
from hub.runtime.panel_loading import Loader
from hub.sdk import (
    Acknowledged,
    FileSourceSettings,
    Heading,
    Membership,
    Reply,
    Row,
    RowProblem,
    Settings,
    Totals,
    hookimpl,
)
from hub.store import journal
from hub.store.acting import Actor
from hub.store.books import balance
from hub.store.exchanges import ledger
from hub.store.store import Store, call_at_once
from tests.runtime.setting import metrics

#: A gate that lets through what happens to small files.
LENIENT = {"max_drop": 1.0, "max_terminations": 1.0, "band": (0.0, 1e9)}
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
WHO = Actor("ines", "operator")
PATIENCE_SECONDS = 20


def read(file, _profile, _context):
    """Read a made-up file."""
    semantics, *more = file.readline().decode().removeprefix("#").split()
    told = dict(each.split("=", 1) for each in more)
    sequence = told.get("sequence")
    yield Heading(
        kind="roster",
        semantics=semantics,
        control=told.get("control", ""),
        sequence=int(sequence) if sequence else None,
        test="test" in told,
    )
    for number, line in enumerate(file, 1):
        yield _row(number, *line.decode().strip().split(","))
    if "answers" in told:
        yield Acknowledged(of=told["answers"], kind="999", acceptance="accepted")
    if "reply" in told:
        body = b"ISA*" + told["reply"].encode() + b"*{carehub:number9}~"
        yield Reply(kind="TA1", body=body, suffix=".x12")
    if "stated" in told:
        yield Totals(stated=int(told["stated"]))


def _row(number, key, value=""):
    op = {"-": "end", "!": "once"}.get(key[0], "set")
    member = Membership(system="PAYER", value=value, patient_id=f"M-{value}")
    return Row(
        number=number,
        key=key.lstrip("-!?"),
        op=op,
        body=json.dumps(value).encode(),
        memberships=(member,) if op == "set" and value else (),
        problems=(RowProblem("test.wrong", "value"),) if key[0] == "?" else (),
    )


def normalise(_body, _profile):
    """Say nothing of a message."""
    return Normalised(unmapped="made up")


@hookimpl
def normalisers():
    """Provide what reads made-up files."""
    yield ROWS
    yield PLAIN


ROWS = NormaliserSpec(
    name="made-up",
    media_type="text/csv",
    profile=Settings,
    normalise=normalise,
    summary="Reads made-up files.",
    read=read,
    row_codes={"test.wrong": ("It is wrong", "Correct it")},
)
PLAIN = NormaliserSpec(
    name="plain",
    media_type="text/x-made-up",
    profile=Settings,
    normalise=normalise,
    summary="Files that are messages.",
)


def source(name="roster", normaliser=ROWS, **gate):
    """Return the configuration of a source of files."""
    partner = gate.pop("partner", "")
    settings = FileSourceSettings.model_validate(
        {"kind": "made-up", "partner": partner, "gate": gate}
    )
    spec = SourceSpec(
        kind="made-up",
        settings=FileSourceSettings,
        build=lambda _settings: None,
        normaliser=normaliser.name,
        summary="Made up.",
    )
    return SourceConfig(name, spec, settings, normaliser, Settings())


def text(semantics, *rows, **more):
    """Return the bytes of a file."""
    words = [f"#{semantics}", *(f"{name}={value}" for name, value in more.items())]
    return "".join(f"{line}\n" for line in (" ".join(words), *rows)).encode()


class Files:
    """Delivers files and lets the hub work on them. `now` is the time on its clock."""

    def __init__(self, store, keeper):
        self.store = store
        self.keeper = keeper
        self.exchanges = None
        self.now = NOW
        self._names = 0

    async def write(self, apply, payload):
        return await asyncio.to_thread(self.store.writer.call, apply, payload)

    async def check(self, job):
        return await asyncio.to_thread(check, job)

    def listed(self, body, name="", **more):
        self._names += 1
        given = {"path": f"in/{name or f'file-{self._names}.csv'}", "size": len(body)}
        return Listed(**given | {"modified": 1_000_000 + self._names} | more)

    async def deliver(self, body, name="", feed="roster"):
        """Deliver a file as its source does; return its exchange."""
        self.now += timedelta(minutes=1)
        desk = self.exchanges.desk(feed)
        ticket = await desk.claim(self.listed(body, name))
        await asyncio.to_thread(Path(ticket.spool).write_bytes, body)
        return await desk.deliver(ticket)

    async def take(self, body, name="", feed="roster"):
        """Deliver a file, and return what became of it when all is done."""
        key = await self.deliver(body, name, feed)
        await self.done()
        return self.shown(key)

    async def done(self):
        """Work on files until there is nothing to do."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.step():
                pass

    async def step(self):
        """Do the next thing; say if there was any."""
        self.work_off()
        rows = await self.exchanges.look(ledger.to_do)
        able = [row for row in rows if self.exchanges._can(row)]
        if able:
            await self.exchanges._step(able[0])
            return True
        return await self.exchanges._feeder.turn()

    async def drained(self, work):
        """Do work while what becomes of it is worked off."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            task = asyncio.ensure_future(work)
            while not task.done():
                self.work_off()
                await asyncio.sleep(0)
            return await task

    def work_off(self):
        """Do what the pipeline does, as far as it matters here."""
        self.store.writer.call(_work_off)

    def shown(self, key):
        with closing(self.store.reader()) as reader:
            return ledger.exchange_of(reader, key)

    def query(self, sql, *values):
        with closing(self.store.reader()) as reader:
            return reader.execute(sql, values).fetchall()

    def unbalanced(self):
        """Return what the books do not account for."""
        with closing(self.store.reader()) as reader:
            return [each for each in balance(reader).checks if each[1]]

    def messages(self, feed="roster"):
        """Return what the messages of a feed say, in order: op, key, row, before."""
        found = self.query(
            "SELECT body FROM message WHERE source = ? ORDER BY seq", feed
        )
        told = [json.loads(body) for (body,) in found]
        return [
            (each["op"], each["key"], each["row"], each.get("before")) for each in told
        ]

    def held(self, feed="roster"):
        """Return what is in force of a feed: values by their keys."""
        found = self.query(
            "SELECT h.key, h.body FROM holding h JOIN exchange_feed f"
            " ON f.feed = h.feed WHERE h.feed = ? AND h.since <= f.current"
            " AND (h.until IS NULL OR h.until > f.current) ORDER BY h.key",
            feed,
        )
        return {key: json.loads(body) for key, body in found}

    def members(self, panel="payer"):
        """Return who is on the version of a panel in force."""
        found = self.query(
            "SELECT DISTINCT m.value FROM panel_member m JOIN panel p"
            " ON p.name = m.panel AND p.version = m.version WHERE p.name = ?"
            " ORDER BY m.value",
            panel,
        )
        return [value for (value,) in found]

    async def answers(self, feed="roster"):
        return await self.exchanges.desk(feed).owed()

    async def answer(self, feed="roster"):
        """Give what is owed, and return it."""
        desk = self.exchanges.desk(feed)
        given = await desk.owed()
        for each in given:
            await desk.done(each)
        return given


def _work_off(connection, payloads):
    connection.execute(
        "UPDATE message SET state = 'unmapped', reason = 'made up'"
        " WHERE state = 'received'"
    )
    return payloads


@asynccontextmanager
async def opened(folder, *sources, write=None, panels=("payer", "other")):
    """Open a hub's files on the store in `folder`; as often as need be."""
    sources = sources or (source(panel="payer", **LENIENT),)
    config = SimpleNamespace(
        sources={each.name: each for each in sources},
        destinations={},
        hub=SimpleNamespace(data_dir=folder),
    )
    with Store(folder, call_at_once) as store:
        tables = {name: PanelTable() for name in panels}
        loader = Loader(store.writer, store.reader, folder, tables, rest=0)
        keeper = PanelKeeper(loader, store)
        files = Files(store, keeper)
        files.exchanges = Exchanges(
            config,
            store,
            write(files) if write else files.write,
            keeper,
            metrics(),
            lambda: None,
            files.check,
            lambda: files.now,
        )
        try:
            await keeper.start()
            await files.exchanges.start()
            yield files
        finally:
            await files.exchanges.stop()
            await keeper.stop()


def put_adt(store, number):
    """Store a message of another feed."""
    raw = SimpleNamespace(
        body=b"adt %d" % number,
        received_at=NOW,
        control_id=str(number),
        message_type="ADT",
        media_type="text/plain",
        peer="",
        refused="",
    )
    store.writer.call(journal.put, [journal.row("klinik", raw)])
