"""Between a source and the journal. Every message in here is synthetic."""

import asyncio

import pytest
from msgspec import structs

from hub.errors import HubError
from hub.model.message import MessageState, Processed, Stored
from hub.runtime.errors import NoDeskError
from hub.runtime.intake import FeedInbox, Intake
from hub.store import state
from hub.store.errors import IntakeFullError, RowRefusedError, StoreClosedError
from tests.runtime.setting import NOW, metrics, raw


class Told(list):
    """Counts its calls."""

    def __call__(self, *what):
        self.append(what)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
async def inbox(live_store, told):
    intake = Intake(live_store.writer, metrics(), lambda count: told("arrived", count))
    return FeedInbox("klinik-nord", intake, told)


def bodies(store):
    reader = store.reader()
    try:
        return [body for (body,) in reader.execute("SELECT body FROM message")]
    finally:
        reader.close()


async def test_returns_once_the_message_is_stored(inbox, live_store, told):
    stored = await inbox.put(raw(b"first"))

    assert not stored.duplicate
    assert bodies(live_store) == [b"first"]
    assert told == [("arrived", 1)]


async def test_says_that_a_message_came_before_and_wakes_nobody(inbox, told):
    first = await inbox.put(raw(b"same"))
    second = await inbox.put(raw(b"same"))

    assert second == Stored(first.id, duplicate=True)
    assert told == [("arrived", 1)]


async def test_tells_in_the_order_of_submission(inbox, live_store):
    count = 500
    answers = []
    done = asyncio.Event()

    def note(number):
        def on_stored(stored):
            answers.append((number, stored.duplicate))
            if len(answers) == count:
                done.set()

        return on_stored

    for number in range(count):
        inbox.submit(raw(b"%d" % number), note(number))
    async with asyncio.timeout(30):
        await done.wait()

    assert answers == [(number, False) for number in range(count)]
    assert bodies(live_store) == [b"%d" % number for number in range(count)]


async def test_raises_where_the_store_takes_nothing(inbox, live_store):
    live_store.writer.close()

    with pytest.raises(StoreClosedError):
        await inbox.put(raw())


async def test_one_row_that_the_store_refuses_costs_no_other(inbox, live_store):
    junk = raw(b"junk", control_id="\udcff")
    works = [inbox.put(each) for each in (raw(b"before"), junk, raw(b"after"))]

    async with asyncio.timeout(10):
        before, refused, after = await asyncio.gather(*works, return_exceptions=True)

    assert isinstance(before, Stored)
    assert isinstance(refused, HubError | Stored)
    assert isinstance(after, Stored)
    assert {b"before", b"after"} <= set(bodies(live_store))


@pytest.mark.parametrize(
    "junk",
    [{"message_type": None}, {"peer": ["somewhere"]}, {"media_type": object()}],
)
async def test_refuses_a_message_that_is_full_of_junk(inbox, junk):
    message = type(raw())(**{"body": b"", "media_type": "", "received_at": NOW, **junk})

    async with asyncio.timeout(10):
        with pytest.raises(RowRefusedError):
            await inbox.put(message)
        assert await inbox.put(raw(b"good"))


async def test_passes_on_where_the_source_receives(inbox, told):
    inbox.report_ready("127.0.0.1:2575")

    assert told == [("klinik-nord", "127.0.0.1:2575")]
    assert inbox.feed == "klinik-nord"


async def test_the_hub_is_busy_for_a_moment_after_each_message(inbox, monkeypatch):
    before = inbox.busy
    await inbox.put(raw())
    meanwhile = inbox.busy
    monkeypatch.setattr("hub.runtime.intake.BUSY_SECONDS", 0.0)

    assert (before, meanwhile, inbox.busy) == (False, True, False)


async def test_refuses_in_its_turn_what_does_not_fit_into_memory(
    inbox, live_store, monkeypatch
):
    """The answers keep the order of the messages, the refused ones among them."""
    monkeypatch.setattr("hub.runtime.intake.MOST_BYTES", 1200)
    answers, done = [], asyncio.Event()

    def answer(result):
        answers.append(result)
        if len(answers) == 3:
            done.set()

    for body in (b"a" * 700, b"b" * 700, b"c" * 10):
        inbox.submit(raw(body), answer)
    await done.wait()

    assert [type(each) for each in answers] == [Stored, IntakeFullError, Stored]
    assert sorted(bodies(live_store)) == [b"a" * 700, b"c" * 10]
    assert not (await inbox.put(raw(b"b" * 700))).duplicate


async def test_one_that_raises_when_it_is_answered_keeps_no_other_from_its_answer(
    inbox,
):
    answered = asyncio.Event()

    def broken(_stored):
        raise RuntimeError

    inbox.submit(raw(b"one"), broken)
    inbox.submit(raw(b"two"), lambda _stored: answered.set())

    async with asyncio.timeout(10):
        await answered.wait()


class Verdicts(asyncio.Queue):
    """What became of messages, as a source hears it."""

    async def next(self):
        async with asyncio.timeout(5):
            return await self.get()


async def asked(inbox, body, verdicts):
    stored = asyncio.get_running_loop().create_future()
    inbox.submit(raw(body), stored.set_result, verdicts.put_nowait)
    return await stored


DONE = Processed(state=MessageState.PROCESSED)


async def test_tells_who_asked_what_became_of_a_message(inbox):
    verdicts = Verdicts()
    stored = await asked(inbox, b"first", verdicts)

    inbox._intake.verdicts.tell([("another", DONE), (stored.id, DONE)])

    assert await verdicts.next() == DONE
    assert verdicts.empty()


async def test_who_asks_about_a_repeat_hears_of_the_first(inbox):
    verdicts = Verdicts()
    await inbox.put(raw(b"same"))
    stored = await asked(inbox, b"same", verdicts)

    inbox._intake.verdicts.tell([(stored.id, DONE)])

    assert await verdicts.next() == DONE


async def test_who_asks_about_what_was_processed_before_hears_of_it(inbox, live_store):
    verdicts = Verdicts()
    stored = await inbox.put(raw(b"same"))
    reader = live_store.reader()
    [(seq,)] = reader.execute("SELECT seq FROM message WHERE id = ?", [stored.id])
    reader.close()
    settlement = state.Settlement(seq, MessageState.UNMAPPED, 0, reason="type.X")
    loop = asyncio.get_running_loop()
    settled = loop.create_future()
    live_store.writer.submit(state.settle, [settlement], settled.set_result)
    await settled
    await asked(inbox, b"same", verdicts)

    heard = await verdicts.next()

    assert heard == Processed(state=MessageState.UNMAPPED, reason="type.X")


async def test_forgets_who_asked_about_what_was_not_stored(inbox, live_store):
    live_store.writer.close()

    refused = await asked(inbox, b"first", Verdicts())

    assert isinstance(refused, StoreClosedError)
    assert inbox._intake.verdicts._asked == {}


async def test_what_a_source_refused_is_kept_and_wakes_nobody(inbox, live_store, told):
    stored = asyncio.get_running_loop().create_future()
    refused = structs.replace(raw(b"refused"), refused="HL7-020")
    inbox.submit(refused, stored.set_result)

    assert not (await stored).duplicate
    assert bodies(live_store) == [b"refused"]
    assert told == []


async def test_who_asks_about_what_was_refused_before_hears_of_it(inbox):
    verdicts = Verdicts()
    refused = asyncio.get_running_loop().create_future()
    message = structs.replace(raw(b"late"), refused="HL7-022")
    inbox.submit(message, refused.set_result)
    first = await refused
    stored = await asked(inbox, b"late", verdicts)

    inbox._intake.verdicts.tell([(first.id, DONE)])

    assert (stored.id, stored.duplicate) == (first.id, False)
    assert await verdicts.next() == DONE


def test_a_source_of_other_things_than_files_has_no_desk(inbox):
    with pytest.raises(NoDeskError):
        _ = inbox.files
