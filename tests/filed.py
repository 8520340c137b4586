"""A whole hub with a source of made-up files and a destination of files.

Everything in it is made up; see `tests.runtime.exchanges.files_world` for the files.
"""

import asyncio
import sqlite3
from contextlib import closing

import hub_hl7
import hub_sftp
import hub_webhook
from hub.config import load
from hub.registry import Registry
from hub.runtime.exchanges.checking_steps import check
from hub.store.sqlite import DATABASE_NAME
from tests.acceptance.process import feed, folder, subscription, table, write_config
from tests.runtime.exchanges import files_world
from tests.runtime.exchanges.files_world import text

PATIENCE_SECONDS = 30
PLUGINS = {
    "hl7": hub_hl7,
    "sftp": hub_sftp,
    "webhook": hub_webhook,
    "files": files_world,
}
BY = {"by": "Ada", "reason": "they all left"}


class Checking:
    """Checks files in this process, which takes no second to start."""

    async def check(self, job):
        return await asyncio.to_thread(check, job)

    async def close(self):
        """Have nothing to end."""


class Filed:
    """The folder in which a hub with files lives. `gate` is that of the roster."""

    def __init__(self, path, *, port=0, **gate):
        self.path = path
        self.registry = Registry.from_modules(PLUGINS)
        self.inbox = path / "inbox"
        self.inbox.mkdir()
        source = table(
            "sources.roster",
            kind="folder-poller",
            partner="payer",
            folder=self.inbox,
            normaliser="made-up",
            complete="rename",
            poll_seconds=0.05,
            gate={"panel": "payer", **gate},
        )
        self.file = write_config(
            path / "hub.toml",
            feed(),
            source,
            table("panels.payer"),
            folder(path / "out", partner="payer", acknowledge_within_hours=2),
            subscription("out"),
            admin_port=port,
        )

    @property
    def data_dir(self):
        return self.path / "data"

    @property
    def store(self):
        return self.data_dir / DATABASE_NAME

    def load(self):
        return load(self.file, self.registry)

    def drop(self, name, *lines, **more):
        """Put a file where its source looks."""
        body = text(*lines, **more)
        (self.inbox / f".{name}").write_bytes(body)
        (self.inbox / f".{name}").rename(self.inbox / name)
        return body

    def files(self):
        """Return names, states and ids of the files in the ledger."""
        with closing(sqlite3.connect(self.store)) as connection:
            found = "SELECT name, state, id FROM exchange ORDER BY seq"
            return [tuple(row) for row in connection.execute(found)]

    async def until(self, name, *states):
        """Wait until a file is in one of these states, and answered; return its id."""
        asked = "SELECT id, state FROM exchange WHERE name = ? AND answered_at > 0"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with closing(sqlite3.connect(self.store)) as connection:
                    for key, state in connection.execute(asked, [name]):
                        if state in states:
                            return key
                await asyncio.sleep(0.02)

    async def dropped(self, name, *lines, state="applied", **more):
        """Drop a file; return its id once it is in a state."""
        self.drop(name, *lines, **more)
        return await self.until(name, state)


def people(*numbers):
    """Return rows of people: their keys and numbers."""
    return [f"K{number},P{number}" for number in numbers]
