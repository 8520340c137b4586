"""Nothing leaves on a decision that does not hold any more."""

from contextlib import closing
from functools import partial

import msgspec
import pytest

from hub.coordination.ids import Keys
from hub.model.delivery import DeliveryState, Terms
from hub.model.events import Correction
from hub.runtime.entities import Entities
from hub.runtime.rechecking import Rechecker
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.store import generation, outbox, rechecks, resending
from hub.store.outbox import Claim
from hub.store.rechecks import Rechecked
from hub.testing.samples import retraction
from tests.runtime.facts import NOBODY, PANEL, SECRET, fact, says, subscription
from tests.runtime.setting import NOW, Scripted, config, dispatcher, put
from tests.runtime.test_dispatch import running, settled

MEMBERS = (subscription("members", panel=PANEL.name),)
ON_THE_PANEL = {PANEL.name: PANEL}
OFF_THE_PANEL = {PANEL.name: NOBODY}


@pytest.fixture
def claimed(make, store):
    """Return a claimed delivery to a member of the panel."""
    put(store.writer, b"1")
    make(says(fact()), subscriptions=MEMBERS).work()
    [found] = store.writer.call(outbox.claim, Claim("out", NOW, 9))
    return found


@pytest.fixture
def recheck(store):
    """Return what decides anew, with these panels and subscriptions."""
    with closing(store.reader()) as reader:

        def recheck(claimed, panels, subscriptions=MEMBERS, destination="out"):
            entities = Entities(reader, Keys(SECRET).person)
            router, relations = Router(subscriptions), Relations(panels)
            rechecker = Rechecker(reader, entities, router, relations)
            [found] = rechecker.recheck(destination, [claimed], NOW)
            return found

        yield recheck


def revive(store):
    def advance(connection, payloads):
        return [generation.advance(connection) for _ in payloads]

    store.writer.call(advance, None)


@pytest.mark.parametrize(
    ("panels", "subscriptions", "destination", "verdict", "reason"),
    [
        (ON_THE_PANEL, MEMBERS, "out", "permit", "relationship.panel"),
        (OFF_THE_PANEL, MEMBERS, "out", "deny", "relationship.expired"),
        ({}, MEMBERS, "out", "deny", "relationship.none"),
        (ON_THE_PANEL, (), "out", "deny", "subscription.gone"),
        (ON_THE_PANEL, MEMBERS, "elsewhere", "deny", "subscription.gone"),
    ],
)
def test_what_holds_now_counts(
    claimed, recheck, panels, subscriptions, destination, verdict, reason
):
    found = recheck(claimed, panels, subscriptions, destination)

    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize("template", ["retraction", ""])
def test_a_retraction_is_owed_whatever_holds(claimed, recheck, template):
    terms = msgspec.json.encode(Terms(template="retraction")).decode()

    found = recheck(taking_back(claimed, claimed.event, template), {}, ())

    assert (found.verdict, found.reason) == ("permit", "correction.owed")
    assert (found.terms, found.known_as) == (terms, "M-1")


def test_nobody_hears_that_is_taken_back_what_they_were_not_told(claimed, recheck):
    found = recheck(taking_back(claimed, "evt_other", ""), ON_THE_PANEL)

    assert (found.verdict, found.reason) == ("deny", "correction.unheard")


def taking_back(claimed, of, template):
    """Return what was claimed as if it took back an event."""
    body = msgspec.json.encode(retraction(correction=Correction(of, "retraction")))
    terms = msgspec.json.encode(Terms(template=template)).decode()
    return claimed._replace(event_body=body, terms=terms)


def test_what_cannot_be_decided_is_held(claimed, recheck):
    found = recheck(claimed._replace(event_body=b"{"), ON_THE_PANEL)

    assert (found.verdict, found.reason) == ("hold", "rule.failed")


@pytest.mark.parametrize(
    ("panels", "state"), [(ON_THE_PANEL, "claimed"), (OFF_THE_PANEL, "withheld")]
)
def test_what_is_not_permitted_any_more_leaves_the_line(
    store, query, claimed, recheck, panels, state
):
    store.writer.call(rechecks.record, [recheck(claimed, panels)])

    assert query("SELECT state FROM delivery") == [(state,)]
    assert query("SELECT count(*) FROM recheck") == [(1,)]


def test_a_recheck_that_comes_late_changes_nothing(store, query, claimed, recheck):
    store.writer.call(outbox.release, [claimed])

    store.writer.call(rechecks.record, [recheck(claimed, OFF_THE_PANEL)])

    assert query("SELECT state FROM delivery") == [("ready",)]


def test_a_claim_is_stale_once_what_it_rests_on_changed(store, claimed):
    assert not claimed.stale
    store.writer.call(outbox.release, [claimed])
    revive(store)

    [again] = store.writer.call(outbox.claim, Claim("out", NOW, 9))

    assert again.stale


def test_what_was_withheld_may_be_sent_after_all(store, claimed, recheck):
    store.writer.call(rechecks.record, [recheck(claimed, OFF_THE_PANEL)])

    assert store.writer.call(partial(resending.replay, now=NOW), claimed.id)
    [found] = store.writer.call(outbox.claim, Claim("out", NOW, 9))
    assert found.stale


def says_no(*numbers):
    """Return what permits all but the deliveries with these numbers, from 1."""

    def recheck(_destination, claimed, _now):
        return [
            Rechecked(
                each,
                "deny" if each.seq in numbers else "permit",
                "for.a.test",
                "[]",
                "{}",
                None,
                9,
                0,
            )
            for each in claimed
        ]

    return recheck


async def test_a_dispatcher_sends_nothing_that_is_not_permitted(live_store, outbox):
    sent = Scripted()
    ids = outbox.add("anna", "bert", "cleo")
    revive(live_store)

    async with running(dispatcher(live_store, sent, config(), recheck=says_no(2))):
        await settled(outbox, "delivered", "withheld", "delivered")

    assert sent.ids == [ids[0], ids[2]]


async def test_an_artifact_is_split_where_one_of_its_notices_may_not_go(
    live_store, outbox
):
    sent = Scripted()
    ids = outbox.add("anna", "bert", "cleo")
    revive(live_store)

    told = config(together=9)
    async with running(dispatcher(live_store, sent, told, recheck=says_no(2))):
        await settled(outbox, "delivered", "withheld", "delivered")

    [artifact] = sent.sent
    assert [line.split()[0] for line in artifact.body.decode().splitlines()] == [
        ids[0],
        ids[2],
    ]


def test_every_state_of_a_delivery_that_was_settled_can_be_replayed():
    settled_states = {*DeliveryState} - {DeliveryState.READY, DeliveryState.CLAIMED}

    assert set(resending.SETTLED) == settled_states - {DeliveryState.WITHDRAWN}
