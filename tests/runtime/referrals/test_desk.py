"""What a source that works referrals may see of them, at the moment it looks."""

import json
from contextlib import closing
from datetime import timedelta

import pytest

from hub.coordination.partners import Partner
from hub.model.facts import RecordKey
from hub.runtime.errors import NoDeskError
from hub.runtime.wiring import partners
from hub.store.referral_sides import changed_of
from tests.runtime.referrals.loop_world import (
    CANARY,
    World,
    consent,
    mistake,
    reply,
    request,
)

FEED = "food-bank-feed"


@pytest.fixture
async def site(tmp_path):
    # It has no destination: it looks by itself.
    async with World(tmp_path, food_bank={"destination": ""}).running() as site:
        yield site


@pytest.fixture
async def asked(site):
    """Let the person consent, and the hospital ask; return the referral's key."""
    await site.take("care", consent("food-bank"))
    await site.take("klinik-nord", request())
    return site.referral()[0]


async def test_a_party_sees_how_its_referral_stands(site, asked):
    notice = await site.desk(FEED).newest("food-bank", asked)

    assert notice.event.type == "referral.requested"
    assert notice.event.payload["state"] == "requested"
    assert notice.event.payload["person"]["names"][0]["family"] == "Roe"
    assert notice.subscription == "partner-food-bank"
    assert CANARY not in json.dumps(notice.event.payload)


async def test_a_party_sees_its_own_words_where_it_looks(site, asked):
    await site.take(FEED, reply("A"))

    notice = await site.desk(FEED).newest("food-bank", asked)

    assert notice.event.type == "referral.accepted"


async def test_who_acts_still_sees_how_to_reach_the_person_after_answering(site, asked):
    before = (await site.desk(FEED).newest("food-bank", asked)).event.payload["person"]
    await site.take(FEED, reply("A"))

    after = (await site.desk(FEED).newest("food-bank", asked)).event.payload["person"]

    assert after == before
    assert before["telecoms"]


async def test_a_look_is_decided_at_that_moment(site, asked):
    desk = site.desk(FEED)
    assert await desk.newest("food-bank", asked)

    await site.take("care", consent("food-bank", status="revoked"))

    assert await desk.newest("food-bank", asked) is None
    assert await desk.changed("food-bank") == []
    [*_, last] = site.audited("referral.viewed")
    assert last[3] == "denied"
    assert json.loads(last[4])["reason"] == "consent.revoked"


async def test_each_look_is_audited(site, asked):
    await site.desk(FEED).newest("food-bank", asked)

    [(actor, thing, recipient, outcome, detail)] = site.audited("referral.viewed")
    assert (actor, thing, recipient, outcome) == (FEED, asked, "food-bank", "success")
    assert json.loads(detail)["event"].startswith("evt_")


@pytest.mark.parametrize(
    ("feed", "party"),
    [("stranger", "food-bank"), (FEED, "clinic"), (FEED, "nobody")],
)
async def test_a_source_looks_for_its_own_partners_only(site, asked, feed, party):
    desk = site.desk(feed)

    assert await desk.newest(party, asked) is None
    assert await desk.changed(party) == []
    assert site.audited("referral.viewed") == []


async def test_what_is_no_referral_of_the_party_is_not_there(site, asked):
    await site.take("klinik-nord", request("R-78", to="FB-2", control="ref-2"))
    [(other,)] = site.query("SELECT key FROM referral WHERE key != ?", asked)
    desk = site.desk(FEED)

    assert await desk.newest("food-bank", other) is None
    assert await desk.newest("food-bank", "rec_unknown") is None
    assert await desk.record(other) is None
    assert [each.event.entity.key for each in await desk.changed("food-bank")] == [
        asked
    ]


async def test_it_says_how_the_requester_numbers_a_referral(site, asked):
    found = await site.desk(FEED).record(asked)

    assert found == RecordKey("referral", "KLINIK_NORD", "R-77")
    assert await site.desk("stranger").record(asked) is None


async def test_what_changed_comes_in_that_order_and_no_more_than_asked_for(site, asked):
    await site.take("klinik-nord", request("R-78", control="ref-2"))
    desk = site.desk(FEED)
    first, second = await desk.changed("food-bank")
    assert first.event.entity.key == asked

    await site.take(FEED, reply("A"))

    changed = await desk.changed("food-bank")
    assert [each.event.type for each in changed] == [
        "referral.requested",
        "referral.accepted",
    ]
    assert await desk.changed("food-bank", limit=1) == changed[:1]
    since = changed[-1].event.times.emitted
    assert await desk.changed("food-bank", since) == changed[-1:]
    assert await desk.changed("food-bank", since + timedelta(hours=1)) == []
    assert second.event.entity.key != asked


@pytest.mark.usefixtures("asked")
async def test_a_page_goes_on_where_the_one_before_ended_and_audits_its_own(site):
    for number in ("R-78", "R-79"):
        await site.take("klinik-nord", request(number, control=number))
    desk = site.desk(FEED)
    whole = await desk.changed("food-bank")
    audited = len(site.audited("referral.viewed"))
    place, pages = (None, 2, ""), []

    while page := await desk.changed("food-bank", *place):
        pages.append(page)
        place = page[-1].changed_at, 2, page[-1].event.entity.key

    assert [each for page in pages for each in page] == whole
    assert [len(page) for page in pages] == [2, 1]
    assert len(site.audited("referral.viewed")) == audited + 3
    times = [each.changed_at for each in whole]
    assert times == sorted(times)
    assert all(each.changed_at >= each.event.times.emitted for each in whole)


async def test_a_party_does_not_wait_for_the_referrals_of_others(site, asked):
    for number in range(3):
        sent = request(f"S-{number}", to="FB-2", control=f"s-{number}")
        await site.take("klinik-nord", sent)
    partner = partners(site.hub.config).by_name["food-bank"]
    with closing(site.hub.store.reader()) as reader:
        found = [each.key for each in changed_of(reader, partner, 0)]

    assert found == [asked]


async def test_a_party_that_is_named_later_finds_its_referrals_of_before(site, asked):
    by_feed = Partner("else", sources=frozenset({"klinik-nord"}))
    by_number = Partner("else", organizations=frozenset({"FBREG:FB-1"}))
    with closing(site.hub.store.reader()) as reader:
        for partner in (by_feed, by_number):
            assert [each.key for each in changed_of(reader, partner, 0)] == [asked]


async def test_of_a_mistake_only_that_is_seen(site, asked):
    await site.take("klinik-nord", mistake(minutes=5))

    notice = await site.desk(FEED).newest("food-bank", asked)

    assert notice.event.type == "referral.entered_in_error"


async def test_the_hubs_own_feed_has_no_desk(site):
    with pytest.raises(NoDeskError):
        assert site.desk("carehub-referrals")


async def test_a_look_has_the_last_words_of_each_side_and_an_open_wish(site, asked):
    said = f"referrals/{asked}/statements"
    async with site.api() as api:
        for words in (
            {"side": "performer", "says": "accepted", "note": "Which floor?"},
            {"side": "requester", "says": "message_added", "note": "The third"},
            {"side": "requester", "says": "cancel_requested"},
        ):
            status, found = await api.ask("POST", said, json=words)
            assert status == 200, found
            await site.idle()

    payload = (await site.desk(FEED).newest("food-bank", asked)).event.payload
    assert {by: each["text"] for by, each in payload["notes"].items()} == {
        "performer": "Which floor?",
        "requester": "The third",
    }
    assert payload["cancel_requested"] is True


async def test_who_asks_is_called_as_people_call_it(site, asked):
    notice = await site.desk(FEED).newest("food-bank", asked)

    requester = notice.event.payload["requester"]
    assert requester["party"] == "clinic"
    assert requester["org"]["display"] == "Klinik Nord"
