"""The fakes and the samples. All content is synthetic."""

import asyncio
from datetime import UTC, datetime

import pytest

from hub.errors import HubError
from hub.model.message import RawMessage, Stored
from hub.model.taxonomy import EVENT_TYPES
from hub.testing import FakeClock, MemoryInbox, StoreRefusedError
from hub.testing.samples import NOTICES, fuzzy_time, notices


def raw(body=b"synthetic"):
    return RawMessage(
        body=body, media_type="text/plain", received_at=datetime.now(tz=UTC)
    )


async def test_inbox_tells_a_duplicate_by_its_body():
    inbox = MemoryInbox()

    first, other, again = [await inbox.put(raw(body)) for body in (b"1", b"2", b"1")]

    assert not first.duplicate
    assert other.id != first.id
    assert again == Stored(first.id, duplicate=True)
    assert [message.body for message in inbox.messages] == [b"1", b"2"]
    assert [message.body for message in inbox.duplicates] == [b"1"]


async def test_inbox_refuses_until_told_otherwise():
    inbox = MemoryInbox()
    inbox.fail_with(StoreRefusedError("full"))
    with pytest.raises(StoreRefusedError, match=r"TESTING-001.*full"):
        await inbox.put(raw())
    inbox.fail_with(None)

    stored = await inbox.put(raw())

    assert not stored.duplicate
    assert len(inbox.received) == 2


async def test_inbox_stores_nothing_while_held_and_then_in_order():
    inbox = MemoryInbox()
    told = []
    inbox.hold()
    for body in (b"1", b"2"):
        inbox.submit(raw(body), told.append)
    await asyncio.sleep(0)
    early = list(told)
    inbox.release()
    await asyncio.sleep(0)

    assert not early
    assert [stored.id for stored in told] == ["test-1", "test-2"]


async def test_inbox_never_calls_back_from_within_submit():
    inbox = MemoryInbox()
    told = []
    inbox.submit(raw(), told.append)

    assert not told


async def test_inbox_survives_a_put_that_is_cancelled():
    inbox = MemoryInbox()
    inbox.hold()
    putting = asyncio.create_task(inbox.put(raw()))
    await inbox.arrivals(1)
    putting.cancel()
    await asyncio.wait({putting})
    inbox.release()
    await asyncio.sleep(0)

    assert len(inbox.messages) == 1


async def test_inbox_hands_on_the_address():
    inbox = MemoryInbox("klinik-test")
    waiting = asyncio.create_task(inbox.ready())
    await asyncio.sleep(0)
    inbox.report_ready("127.0.0.1:2575")

    assert await waiting == "127.0.0.1:2575"
    assert inbox.feed == "klinik-test"


def test_clock_moves_only_when_told():
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(90, days=1)

    assert clock() == clock.now() == datetime(2026, 1, 2, 0, 1, 30, tzinfo=UTC)


def test_clock_does_not_go_back():
    with pytest.raises(ValueError, match="back"):
        FakeClock().advance(-1)


def test_clock_wants_an_aware_time():
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001  the mistake under test


def test_samples_are_of_known_types_and_distinct():
    assert {notice.event.type for notice in NOTICES} <= EVENT_TYPES
    assert len({notice.event.id for notice in NOTICES}) == len(NOTICES)
    assert len({notice.delivery for notice in notices(50)}) == 50


def test_sample_time_says_the_same_thrice():
    time = fuzzy_time(60)

    assert time.raw == "20260316140000+0100"
    assert datetime.fromisoformat(time.local + "+01:00") == time.earliest


def test_refusal_of_the_test_inbox_is_catalogued():
    assert HubError.catalogue["TESTING-001"] is StoreRefusedError
