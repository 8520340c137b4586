"""The suite for sources of files passes a good one and fails each broken one.

The files are synthetic.
"""

import asyncio
from pathlib import Path

import pytest
import structlog

from hub.errors import HubError
from hub.model.files import Listed
from hub.testing import FileSourceContract, MemoryInbox


class Tray:
    """Files in memory, by their folder and name."""

    def __init__(self):
        self.inbox, self.archive, self.error, self.outbox = {}, {}, {}, {}

    def put(self, name, body):
        self.inbox[name] = body

    def originals(self, place):
        return list(getattr(self, place))


class TraySource:
    """Takes files from a tray, and answers into it."""

    def __init__(self, tray):
        self.tray = tray

    async def run(self, inbox):
        self.report(inbox)
        while True:
            for name, body in list(self.tray.inbox.items()):
                await self.look_at(inbox.files, name, body)
            for answer in await inbox.files.owed():
                await self.answer(inbox.files, answer)
            await self.wait()

    def report(self, inbox):
        inbox.report_ready("a tray")

    async def wait(self):
        await asyncio.sleep(0.01)

    async def look_at(self, desk, name, body):
        listed = Listed(path=name, size=len(body), modified=1)
        ticket = await desk.claim(listed)
        if ticket is not None:
            await self.fetch(desk, ticket, body)

    async def fetch(self, desk, ticket, body):
        await asyncio.to_thread(Path(ticket.spool).write_bytes, body)
        try:
            await desk.deliver(ticket)
        except HubError:
            await desk.give_up(ticket, keep=True)
        except asyncio.CancelledError:
            await desk.give_up(ticket, keep=True)
            raise

    async def answer(self, desk, answer):
        for name, body in answer.replies:
            self.reply(name, body)
        self.put_away(answer)
        await desk.done(answer)

    def reply(self, name, body):
        while self.tray.outbox.get(name, body) != body:
            name += "2"
        self.tray.outbox[name] = body

    def put_away(self, answer):
        if answer.place != "processing":
            body = self.tray.inbox.pop(answer.listed.path, None)
            if body is not None:
                getattr(self.tray, answer.place)[answer.listed.path] = body


class TraySuite(FileSourceContract):
    work_seconds = 1.0
    silence_seconds = 0.1

    @pytest.fixture
    def tray(self):
        return Tray()

    @pytest.fixture
    def source(self, tray):
        return TraySource(tray)

    @pytest.fixture
    def put(self, tray):
        return tray.put

    @pytest.fixture
    def replies(self, tray):
        return lambda: dict(tray.outbox)

    @pytest.fixture
    def originals(self, tray):
        return tray.originals


class TestTraySource(TraySuite):
    """A good source passes."""


class ChangesTheBytes(TraySource):
    async def fetch(self, desk, ticket, body):
        await super().fetch(desk, ticket, body.upper() + b"!")


class ForgetsWhatItDelivered(TraySource):
    async def look_at(self, desk, name, body):
        desk._settled.clear()
        await super().look_at(desk, name, body)


class NeedsNoTicket(TraySource):
    async def look_at(self, desk, name, body):
        await super().look_at(desk, name, body)
        desk.delivered.append((name, body))


class LosesWhatWasRefused(TraySource):
    async def fetch(self, desk, ticket, body):
        await super().fetch(desk, ticket, body)
        self.tray.inbox.pop(ticket.listed.path)


class MovesAtOnce(TraySource):
    async def fetch(self, desk, ticket, body):
        await super().fetch(desk, ticket, body)
        self.tray.archive[ticket.listed.path] = self.tray.inbox[ticket.listed.path]


class PutsEverythingIntoTheArchive(TraySource):
    def put_away(self, answer):
        self.tray.archive[answer.listed.path] = self.tray.inbox.pop(
            answer.listed.path, b""
        )


class ForgetsWhatIsOwed(TraySource):
    async def answer(self, desk, answer):
        if getattr(self, "asked", False):
            await super().answer(desk, answer)

    async def look_at(self, desk, name, body):
        self.asked = not desk.delivered
        await super().look_at(desk, name, body)


class RepliesAgainAndAgain(TraySource):
    def reply(self, name, body):
        while name in self.tray.outbox:
            name += "2"
        self.tray.outbox[name] = body


class Overwrites(TraySource):
    def reply(self, name, body):
        self.tray.outbox[name] = body


class IgnoresCancellation(TraySource):
    async def wait(self):
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            if hasattr(self, "asked"):  # the test is over
                raise
            self.asked = True


class KeepsItsTicket(TraySource):
    async def fetch(self, desk, ticket, body):
        await asyncio.to_thread(Path(ticket.spool).write_bytes, body)
        await desk.deliver(ticket)


class ReportsNothing(TraySource):
    def report(self, inbox):
        inbox.report_ready("")


class LogsTheName(TraySource):
    async def look_at(self, desk, name, body):
        structlog.get_logger().info("file.listed", name=name)
        await super().look_at(desk, name, body)


BROKEN = {
    "test_reports_where_it_looks": (ReportsNothing, {}),
    "test_delivers_the_bytes_unchanged": (ChangesTheBytes, {"body": b"key\n"}),
    "test_delivers_each_file_once": (ForgetsWhatItDelivered, {}),
    "test_fetches_nothing_that_another_hub_is_at": (NeedsNoTicket, {}),
    "test_delivers_again_what_the_hub_could_not_keep": (LosesWhatWasRefused, {}),
    "test_moves_nothing_away_before_it_is_settled": (MovesAtOnce, {}),
    "test_answers_and_puts_away": (PutsEverythingIntoTheArchive, {"place": "error"}),
    "test_answers_what_is_owed_from_before": (ForgetsWhatIsOwed, {}),
    "test_leaves_a_file_that_waits_for_a_person": (PutsEverythingIntoTheArchive, {}),
    "test_an_answer_that_was_given_already_is_given_once": (RepliesAgainAndAgain, {}),
    "test_overwrites_no_reply": (Overwrites, {}),
    "test_stops_when_cancelled": (IgnoresCancellation, {}),
    "test_stops_while_a_file_waits_for_the_store": (KeepsItsTicket, {}),
    "test_logs_hold_nothing_of_a_file": (LogsTheName, {}),
}


@pytest.mark.parametrize("claim", BROKEN)
async def test_fails_a_broken_source(claim, caplog, monkeypatch):
    monkeypatch.setattr("hub.testing.source.STOP_SECONDS", 0.3)
    kind, given = BROKEN[claim]
    tray = Tray()
    test = getattr(TraySuite(), claim)
    offered = {
        "put": tray.put,
        "replies": lambda: dict(tray.outbox),
        "originals": tray.originals,
        "caplog": caplog,
    }
    wanted = test.__code__.co_varnames[: test.__code__.co_argcount]
    given = given | {name: offered[name] for name in wanted if name in offered}

    with pytest.raises(AssertionError):
        await test(source=kind(tray), **given)


def test_covers_every_claim_of_the_suite():
    claims = {name for name in vars(FileSourceContract) if name.startswith("test_")}

    assert claims == set(BROKEN)


async def test_the_desk_keeps_what_was_fetched_where_it_is_asked_to():
    desk = MemoryInbox().files
    listed = Listed(path="a", size=9, modified=1)
    first = await desk.claim(listed)
    await asyncio.to_thread(Path(first.spool).write_bytes, b"half")
    await desk.give_up(first, keep=True)
    other = await desk.claim(Listed(path="b", size=9, modified=1))
    second = await desk.claim(listed)
    await desk.give_up(second)
    third = await desk.claim(listed)

    assert (first.offset, second.offset, third.offset) == (0, 4, 0)
    assert first.spool == second.spool != other.spool


async def test_the_desk_waits_until_something_is_owed():
    desk = MemoryInbox().files

    await desk.wait(0.01)

    assert not await desk.owed()
