"""The referral desk that plugin authors test with. Everything in it is made up."""

from datetime import UTC, datetime

import pytest

from hub.model.delivery import Notice
from hub.model.events import CareEvent, Entity, EventSource, EventSubject, EventTimes
from hub.model.facts import RecordKey
from hub.testing.inbox import MemoryInbox


def notice(key, minute):
    at = datetime(2026, 3, 10, 12, minute, tzinfo=UTC)
    event = CareEvent(
        id=f"evt_{key}",
        type="referral.requested",
        schema="careevent/referral/1.0",
        subject=EventSubject("p_1"),
        entity=Entity("referral", key, 1),
        times=EventTimes(received=at, emitted=at),
        source=EventSource(feed="klinik"),
        causes=("msg_1",),
    )
    return Notice(
        event=event,
        hub="test",
        delivery="",
        destination="d",
        subscription="s",
        purpose="care_coordination",
    )


@pytest.fixture
def desk():
    return MemoryInbox().referrals


async def test_it_shows_what_a_test_lets_it_show(desk):
    one = notice("rec_1", 1)
    desk.show("bank", one, RecordKey("referral", "A", "1"))

    assert await desk.newest("bank", "rec_1") == one
    assert await desk.newest("kitchen", "rec_1") is None
    assert await desk.record("rec_1") == RecordKey("referral", "A", "1")
    assert await desk.record("rec_2") is None
    assert desk.looks == [("bank", "rec_1"), ("kitchen", "rec_1")]


async def test_what_changed_first_comes_first(desk):
    late, early = notice("rec_1", 5), notice("rec_2", 1)
    for each in (late, early):
        desk.show("bank", each)

    found = await desk.changed("bank")
    assert [each.event for each in found] == [early.event, late.event]
    assert await desk.changed("bank", limit=1) == found[:1]
    assert await desk.changed("bank", found[1].changed_at) == found[1:]
    after = found[0].changed_at, 100, found[0].event.entity.key
    assert await desk.changed("bank", *after) == found[1:]
    assert await desk.changed("kitchen") == []


async def test_it_hides_what_may_be_seen_no_more(desk):
    desk.show("bank", notice("rec_1", 1))

    desk.hide("bank", "rec_1")

    assert await desk.newest("bank", "rec_1") is None
    assert await desk.changed("bank") == []
