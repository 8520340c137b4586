"""What every source of files must do.

A third party subclasses the suite and plays the partner, who puts files where the
source looks for them and finds answers where the source leaves them::

    class TestMyPoller(FileSourceContract):
        @pytest.fixture
        def source(self, server):
            return MyPoller(MySettings(kind="my-poller", poll_seconds=0.05, ...))

        @pytest.fixture
        def put(self, server):
            return lambda name, body: (server.root / "inbox" / name).write_bytes(body)

        @pytest.fixture
        def replies(self, server):
            return lambda: {each.name: each.read_bytes() for each in ...}

        @pytest.fixture
        def originals(self, server):
            return lambda place: [each.name for each in ...]

The source has to poll at least ten times a second here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from structlog.testing import capture_logs

from hub.contract import Source
from hub.model.files import Answer
from hub.testing.desk import MemoryDesk
from hub.testing.inbox import MemoryInbox, StoreRefusedError
from hub.testing.source import running, stopped

#: Puts a complete file there, the way that the source takes as complete.
Put = Callable[[str, bytes], object]
#: Gives what lies where the partner looks for answers, by name.
Replies = Callable[[], dict[str, bytes]]
#: Gives the names of the originals that are in ``archive``, ``error`` or ``inbox``
#: (which stands for wherever they are while nothing is decided).
Originals = Callable[[str], Sequence[str]]

CANARY = "Kanarienvogel4711"


class FileSourceContract:
    """Subclass in a plugin's tests and provide the four fixtures."""

    #: How long the source may take for what it has to do.
    work_seconds = 10.0
    #: How long nothing may happen where nothing has to.
    silence_seconds = 0.3

    @pytest.fixture
    def source(self) -> Source:
        """Return a source, built but not running."""
        raise NotImplementedError

    @pytest.fixture
    def put(self) -> Put:
        """Return what puts a file where the source looks."""
        raise NotImplementedError

    @pytest.fixture
    def replies(self) -> Replies:
        """Return what tells the answers that the partner finds."""
        raise NotImplementedError

    @pytest.fixture
    def originals(self) -> Originals:
        """Return what tells where the partner's files are now."""
        raise NotImplementedError

    @pytest.mark.asyncio
    async def test_reports_where_it_looks(self, source: Source) -> None:
        """An operator learns from it that the source is at work."""
        async with running(source, MemoryInbox()) as address:
            assert address

    @pytest.mark.asyncio
    @pytest.mark.parametrize(
        "body", [b"key;value\n", b"\x00\xff\r\n", bytes(range(256)) * 8192]
    )
    async def test_delivers_the_bytes_unchanged(
        self, source: Source, put: Put, body: bytes
    ) -> None:
        """Files that are not text, and those longer than one read, too."""
        inbox = MemoryInbox()
        put("a.csv", body)

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))

        assert [each for _, each in inbox.files.delivered] == [body]
        assert inbox.files.delivered[0][0].size == len(body)

    @pytest.mark.asyncio
    async def test_delivers_each_file_once(self, source: Source, put: Put) -> None:
        """Also where it is started again with the same ledger (G7)."""
        inbox = MemoryInbox()
        put("a.csv", b"first\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
            put("b.csv", b"second\n")
            await self._in_time(inbox.files.arrivals(2))
        async with running(source, inbox):
            await asyncio.sleep(self.silence_seconds)

        bodies = [body for _, body in inbox.files.delivered]
        assert bodies == [b"first\n", b"second\n"]

    @pytest.mark.asyncio
    async def test_fetches_nothing_that_another_hub_is_at(
        self, source: Source, put: Put
    ) -> None:
        """The ledger decides who fetches; a source without a ticket does not."""
        inbox = MemoryInbox()
        inbox.files = _Elsewhere()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await asyncio.sleep(self.silence_seconds)

        assert not inbox.files.delivered

    @pytest.mark.asyncio
    async def test_delivers_again_what_the_hub_could_not_keep(
        self, source: Source, put: Put
    ) -> None:
        """A full disk is a pause, not an end, and the file is not lost."""
        inbox = MemoryInbox()
        inbox.files.fail_with(StoreRefusedError())
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.until(lambda: inbox.files.deliveries > 0))
            inbox.files.fail_with(None)
            await self._in_time(inbox.files.arrivals(1))

        assert [body for _, body in inbox.files.delivered] == [b"synthetic\n"]

    @pytest.mark.asyncio
    async def test_moves_nothing_away_before_it_is_settled(
        self, source: Source, put: Put, originals: Originals
    ) -> None:
        """What the hub has not decided about may still be needed."""
        inbox = MemoryInbox()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
            await asyncio.sleep(self.silence_seconds)

        assert list(originals("inbox")) == ["a.csv"]
        assert not [*originals("archive"), *originals("error")]

    @pytest.mark.asyncio
    @pytest.mark.parametrize("place", ["archive", "error"])
    async def test_answers_and_puts_away(
        self,
        source: Source,
        put: Put,
        replies: Replies,
        originals: Originals,
        place: str,
    ) -> None:
        """The replies are there before the file is in its place, whole."""
        inbox = MemoryInbox()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
            await self._answered(inbox.files, place)

        assert replies() == {"x-1.response.csv": b"accepted\n"}
        assert list(originals(place)) == ["a.csv"]
        assert not originals("inbox")

    @pytest.mark.asyncio
    async def test_answers_what_is_owed_from_before(
        self, source: Source, put: Put, replies: Replies
    ) -> None:
        """The hub may have stopped between decision and answer."""
        inbox = MemoryInbox()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
        self._owe(inbox.files, "archive")
        async with running(source, inbox):
            await self._in_time(inbox.files.until(lambda: bool(inbox.files.finished)))

        assert set(replies()) == {"x-1.response.csv"}

    @pytest.mark.asyncio
    async def test_leaves_a_file_that_waits_for_a_person(
        self, source: Source, put: Put, originals: Originals
    ) -> None:
        """A held file is answered for now, and stays."""
        inbox = MemoryInbox()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
            await self._answered(inbox.files, "processing")

        assert list(originals("inbox")) == ["a.csv"]

    @pytest.mark.asyncio
    async def test_an_answer_that_was_given_already_is_given_once(
        self, source: Source, put: Put, replies: Replies
    ) -> None:
        """The hub may have stopped between the answer and its note of it."""
        inbox = MemoryInbox()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
            await self._answered(inbox.files, "archive")
            await self._answered(inbox.files, "archive")

        assert replies() == {"x-1.response.csv": b"accepted\n"}

    @pytest.mark.asyncio
    async def test_overwrites_no_reply(
        self, source: Source, put: Put, replies: Replies
    ) -> None:
        """A partner may not have fetched the first one."""
        inbox = MemoryInbox()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.arrivals(1))
            await self._answered(inbox.files, "processing", b"held\n")
            await self._answered(inbox.files, "archive", b"accepted\n")

        assert sorted(replies().values()) == [b"accepted\n", b"held\n"]

    @pytest.mark.asyncio
    async def test_stops_when_cancelled(self, source: Source) -> None:
        """The source ends as cancelled, not by itself."""
        inbox = MemoryInbox()
        task = asyncio.create_task(source.run(inbox))
        await self._in_time(inbox.ready())

        await stopped(task)

        assert task.cancelled()

    @pytest.mark.asyncio
    async def test_stops_while_a_file_waits_for_the_store(
        self, source: Source, put: Put, originals: Originals
    ) -> None:
        """The file is neither lost nor delivered by a stop, and its ticket is free."""
        inbox = MemoryInbox()
        inbox.files.hold()
        put("a.csv", b"synthetic\n")

        async with running(source, inbox):
            await self._in_time(inbox.files.until(lambda: inbox.files.deliveries > 0))

        assert not inbox.files.delivered
        assert list(originals("inbox")) == ["a.csv"]
        assert inbox.files.returned

    @pytest.mark.asyncio
    async def test_logs_hold_nothing_of_a_file(
        self, source: Source, put: Put, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither its content nor its name, which a partner may have made of one."""
        caplog.set_level("DEBUG")
        inbox = MemoryInbox()
        put(f"{CANARY}.csv", CANARY.encode())

        with capture_logs() as logs:
            async with running(source, inbox):
                await self._in_time(inbox.files.arrivals(1))
                await self._answered(inbox.files, "archive")

        leaked = CANARY in repr(logs) + caplog.text
        assert not leaked, "a log quotes the file or its name"

    async def _answered(
        self, desk: MemoryDesk, place: str, body: bytes = b"accepted\n"
    ) -> None:
        before = len(desk.finished)
        self._owe(desk, place, body)
        await self._in_time(desk.until(lambda: len(desk.finished) > before))

    def _owe(self, desk: MemoryDesk, place: str, body: bytes = b"accepted\n") -> None:
        desk.settle(
            Answer(
                exchange="x-1",
                listed=desk.delivered[0][0],
                place=place,  # type: ignore[arg-type]
                replies=(("x-1.response.csv", body),),
            )
        )

    async def _in_time(self, awaitable: Awaitable[object]) -> None:
        try:
            async with asyncio.timeout(self.work_seconds):
                await awaitable
        except TimeoutError:
            raise AssertionError("the source did not do it in time") from None


class _Elsewhere(MemoryDesk):
    """A desk whose files another hub fetches."""

    async def claim(self, listed: object) -> None:
        """Return no ticket."""
        del listed
