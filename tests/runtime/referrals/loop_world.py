"""A hospital that refers, and a food bank that acts, around a whole hub.

Everything in it is made up: people, places, numbers.
"""

import asyncio
import contextlib
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp

import hub_care
import hub_hl7
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.registry import Registry
from hub_hl7.wire import mllp
from tests.acceptance.process import feed, folder, table, write_config

PATIENCE_SECONDS = 30
REGISTRY = Registry.from_modules(
    {"care": hub_care, "hl7": hub_hl7, "sftp": hub_sftp, "webhook": hub_webhook}
)
NUMBER = "4711"
CANARY = "ZZCANARYZZ"
PID = (
    f"PID|1||{NUMBER}^^^KLINIK_NORD^PI||Roe^Jane^^^^^L||19610101|F|||"
    "1 Made Up St^^Town^IL^60601||312-555-0147"
)


def stamp(minutes=0):
    """Return a time of today's messages, as HL7 writes it."""
    at = datetime.now(UTC).timestamp() - 720 + 60 * minutes
    return f"{datetime.fromtimestamp(at, UTC):%Y%m%d%H%M%S}+0000"


def hl7(kind, *lines, sender="KLINIK_NORD", control="1", minutes=0):
    """Return a message."""
    msh = rf"MSH|^~\&|SYS|{sender}|HUB|HUB|{stamp(minutes)}||{kind}|{control}|P|2.5.1"
    return "\r".join([msh, *lines]).encode()


def request(
    number="R-77",
    *,
    to="FB-1",
    control="ref-1",
    minutes=0,
    trigger="I12",
    priority="R^Routine",
):
    """Return the request of a hospital for a person without food."""
    return hl7(
        f"REF^{trigger}^REF_{trigger}",
        f"RF1|P|{priority}|MED||food-insecurity|{number}^KLINIK_NORD"
        f"|{stamp(minutes)}||{stamp(minutes)}|E11^{CANARY} diabetes^I10",
        f"PRD|RT|||||||||Food Bank^^{to}^^^FBREG",
        PID,
        f"DG1|1||E11.9^{CANARY}^I10",
        control=control,
        minutes=minutes,
    )


def mistake(number="R-77", *, minutes=0):
    """Return that a request was made in error."""
    return hl7(
        "REF^I14^REF_I12",
        f"RF1||R|MED||food-insecurity|{number}^KLINIK_NORD"
        f"|||{stamp(minutes)}|entered-in-error^Mistake^L",
        PID,
        control="ref-3",
        minutes=minutes,
    )


def reply(
    status,
    number="R-77",
    *,
    trigger="I12",
    control="rri-1",
    minutes=10,
    sender="FOODBANK",
    text="",
):
    """Return what a food bank answers."""
    reason = f"other^{text}^L" if text else ""
    return hl7(
        f"RRI^{trigger}^RRI_I12",
        "MSA|AA|ref-1",
        f"RF1|{status}|R|MED||food-insecurity|{number}^KLINIK_NORD"
        f"|||{stamp(minutes)}|{reason}|F-1^FOODBANK",
        PID,
        sender=sender,
        control=control,
        minutes=minutes,
    )


def consent(*recipients, key="c1", status="active", **more):
    """Return a body of facts with the person's consent that the food bank is told."""
    recorded = datetime.now(UTC).isoformat()
    return json.dumps(
        {
            "facts": [
                {
                    "kind": "consent",
                    "person": {
                        "identifiers": [{"system": "KLINIK_NORD", "value": NUMBER}]
                    },
                    "key": {"system": "CARE", "value": key},
                    "recorded": recorded,
                    "status": status,
                    "decision": "permit",
                    "mode": "explicit",
                    "scope": ["care_coordination"],
                    "recipients": list(recipients),
                }
                | more
            ]
        }
    ).encode()


class World:
    """What stands around the hub, and the folder in which it lives."""

    def __init__(self, path, *tables, port=0, **partners):
        self.path = path
        self.inboxes = {name: path / name for name in ("clinic", "food-bank")}
        given = {
            "clinic": {
                "name": "Klinik Nord",
                "sources": ["klinik-nord"],
                "destination": "clinic",
                "sides": ["requester"],
            },
            "food-bank": {
                "name": "The Food Bank",
                "organizations": ["FBREG|FB-1"],
                "sources": ["food-bank-feed"],
                "destination": "food-bank",
                "sides": ["performer"],
            },
        }
        wanted = {
            name: {**given.get(name, {}), **partners.get(name.replace("-", "_"), {})}
            for name in [*given, *(n.replace("_", "-") for n in partners)]
        }
        self.file = write_config(
            path / "hub.toml",
            feed(),
            feed("food-bank-feed", profile={"assigning_authority": "FOODBANK"}),
            feed("stranger", profile={"assigning_authority": "STRANGER"}),
            table(
                "sources.care",
                kind="folder-poller",
                folder=path / "care",
                normaliser="facts-json",
                complete="rename",
            ),
            folder(path / "clinic", name="clinic", format="hl7-rri"),
            folder(
                path / "food-bank",
                name="food-bank",
                retry_initial_seconds=0.02,
                retry_max_seconds=0.05,
            ),
            *(table(f"partners.{name}", **each) for name, each in wanted.items()),
            *tables,
            admin_port=port,
        )
        (path / "care").mkdir(exist_ok=True)

    def load(self):
        return load(self.file, REGISTRY)

    @asynccontextmanager
    async def running(self):
        async with Hub(self.load(), REGISTRY) as hub:
            yield Site(self, hub)

    def told(self, name):
        """Return what a partner got, in the order in which it was made."""
        folder = self.inboxes[name]
        files = sorted(folder.glob("*"), key=lambda each: each.name)
        return [each.read_bytes() for each in files if not each.name.startswith(".")]


class Site:
    """A hub at work in its world."""

    def __init__(self, world, hub):
        self.world = world
        self.hub = hub

    async def idle(self):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.hub.idle()
            # What follows from what was sent is on its way once more.
            await self.hub.idle()

    async def take(self, source, *bodies):
        for body in bodies:
            await self.hub.take(source, body)
            await self.idle()

    async def until(self, sql, *given):
        """Wait until a question has an answer, and return the first one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := self.query(sql, *given)):  # noqa: ASYNC110 - of another thread
                await asyncio.sleep(0.02)
        return found[0]

    def query(self, sql, *given):
        reader = self.hub.store.reader()
        try:
            return reader.execute(sql, given).fetchall()
        finally:
            reader.close()

    def events(self):
        asked = "SELECT type FROM event WHERE type LIKE 'referral.%' ORDER BY seq"
        return [name.removeprefix("referral.") for (name,) in self.query(asked)]

    def desk(self, source):
        """Return where a source looks referrals up."""
        return self.hub._inbox(source).referrals

    def audited(self, action):
        asked = "SELECT actor, object, recipient, outcome, detail FROM audit"
        return self.query(f"{asked} WHERE action = ? ORDER BY n", action)

    def decisions(self, event, subscription):
        asked = (
            "SELECT verdict, reason FROM decision JOIN event ON event.id = event"
            " WHERE type = ? AND subscription = ? ORDER BY decision.seq"
        )
        return self.query(asked, f"referral.{event}", subscription)

    def referral(self):
        asked = "SELECT key, loop, state FROM referral ORDER BY key"
        [found] = self.query(asked)
        return found

    def told(self, name):
        """Return the types of the events that a partner was told of."""
        asked = (
            "SELECT type FROM delivery JOIN event ON event.id = event"
            " WHERE destination = ? AND state = 'delivered' ORDER BY settled_at"
        )
        return [each.removeprefix("referral.") for (each,) in self.query(asked, name)]

    @asynccontextmanager
    async def api(self):
        async with aiohttp.ClientSession(self.hub.admin.address) as session:
            yield Api(session)


class Api:
    """Asks the API; gives status and JSON."""

    def __init__(self, session):
        self._session = session

    async def ask(self, method, path, headers=None, **given):
        async with asyncio.timeout(PATIENCE_SECONDS):
            asked = self._session.request(
                method, f"/api/v1/{path}", headers=headers, **given
            )
            async with asked as response:
                return response.status, await response.json()

    async def get(self, path, **given):
        status, found = await self.ask("GET", path, **given)
        assert status == 200, found
        return found


def rf1(message):
    """Return RF1-1 of a message: its status, and the hub's own word for it."""
    found = re.search(rb"RF1\|([^|]*)\|", message)
    parts = found[1].decode().split("^")
    return parts[0], parts[3]


class Receiver:
    """A hospital's system behind MLLP, which accepts all that it hears."""

    def __init__(self):
        self.bodies = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                body = (await reader.readuntil(mllp.END))[1:-2]
                self.bodies.append(body)
                control = body.split(b"|")[9]
                answer = rb"MSH|^~\&|KIS|X|HUB|Y|20260310081502||ACK|77|P|2.5"
                writer.write(mllp.encode(answer + b"\rMSA|AA|" + control + b"\r"))
        writer.close()
