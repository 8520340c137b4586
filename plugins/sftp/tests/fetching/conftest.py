"""Both sources of files, and the partner who feeds them. All data is synthetic."""

import asyncio
import contextlib
import logging
from pathlib import Path

import asyncssh
import pytest

from hub.sdk import Answer, HubError, Recovery
from hub.testing import MemoryInbox
from hub_sftp.fetching.poller import folder_poller, sftp_poller
from hub_sftp.fetching.settings import FolderPollerSettings, SftpPollerSettings

POLL_SECONDS = 0.03
FOLDERS = ("inbox", "processing", "archive", "error", "outbox")


class Partner:
    """Whoever puts files down and looks for answers: the server's file system."""

    def __init__(self, root: Path):
        self.root = root
        (root / "inbox").mkdir(parents=True, exist_ok=True)

    def path(self, name, folder="inbox"):
        return self.root / folder / name

    def put(self, name, body=b"key;value\n", folder="inbox"):
        path = self.path(name, folder)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
        return path

    def tree(self):
        """Return each file by its path below the root."""
        files = (each for each in self.root.rglob("*") if not each.is_dir())
        return sorted(each.relative_to(self.root).as_posix() for each in files)

    def names(self, folder):
        """Return the names of files in a folder and below it."""
        found = (self.root / folder).rglob("*")
        return sorted(each.name for each in found if not each.is_dir())

    def replies(self):
        folder = self.root / "outbox"
        return {each.name: each.read_bytes() for each in folder.glob("*")}

    def originals(self, place):
        if place == "inbox":
            return [*self.names("inbox"), *self.names("processing")]
        return self.names(place)


class Hub:
    """Runs a source as the supervisor does: again, where it asks for that."""

    def __init__(self, source):
        self.source = source
        self.inbox = MemoryInbox()
        self.desk = self.inbox.files
        self.failures = []
        self.failed = asyncio.Event()
        self.polls = 0
        self._select = source._selector.select
        source._selector.select = self._counted

    async def run(self):
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                await self.source.run(self.inbox)
            except HubError as error:
                self.failures.append(error)
                self.failed.set()
                if error.recovery is Recovery.STOP:
                    raise
            await asyncio.sleep(POLL_SECONDS)

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.run())
        try:
            yield self.desk
            if task.done():
                await task
        finally:
            task.cancel()
            await asyncio.wait({task})

    def bodies(self):
        return [body for _, body in self.desk.delivered]

    async def until(self, condition, seconds=10):
        async with asyncio.timeout(seconds):
            await self.desk.until(condition)

    async def polled(self, times=3):
        """Wait until some polls are over, that begin from now on."""
        last = self.polls + times + 1
        await self.until(lambda: self.polls > last)

    def _counted(self, shelf):
        self.polls += 1
        self._loop.call_soon_threadsafe(self.desk._tell)
        return self._select(shelf)

    async def answer(self, place="archive", number=0, **changes):
        listed = changes.pop("listed", None) or self.desk.delivered[number][0]
        replies = changes.pop("replies", ((f"x-{number}.response.csv", b"ok\n"),))
        answer = Answer(
            exchange=f"x-{number}", listed=listed, place=place, replies=replies
        )
        self.desk.settle(answer)
        return answer


@pytest.fixture
def partner(server):
    return Partner(server.root)


@pytest.fixture
def poller_of(server, partner):
    """Return what makes sources for a server."""
    assert partner.root == server.root

    def make(**changes):
        key = server.root.parent / "id_ed25519"
        if not key.exists():
            new = asyncssh.generate_private_key("ssh-ed25519")
            key.write_bytes(new.export_private_key())
            with server.authorized.open("ab") as keys:
                keys.write(new.export_public_key())
        settings = {
            "kind": "sftp-poller",
            "host": "127.0.0.1",
            "port": server.port,
            "user": "hub",
            "known_hosts": server.known_hosts,
            "folder": "inbox",
            "poll_seconds": POLL_SECONDS,
            **changes,
        }
        if "password" not in settings:
            settings["private_key"] = f"file:{key}"
        return sftp_poller(SftpPollerSettings(**settings))

    return make


@pytest.fixture
def local(tmp_path):
    return Partner(tmp_path / "partner")


@pytest.fixture
def folder_of(local):
    """Return what makes sources for a folder."""

    def make(**changes):
        settings = {
            "kind": "folder-poller",
            "folder": local.root / "inbox",
            "poll_seconds": POLL_SECONDS,
            **changes,
        }
        return folder_poller(FolderPollerSettings(**settings))

    return make


@pytest.fixture
def hub_of():
    return Hub


@pytest.fixture(autouse=True)
def quiet_peer():
    """The server of the tests logs the names that it serves; that is not the hub's."""
    logger = logging.getLogger("asyncssh")
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(logging.NOTSET)
