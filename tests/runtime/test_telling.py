"""Who was told of something is told when it is taken back (R-ENC-06).

Through the pipeline, on a store on disk. Every stay is made up.
"""

from contextlib import closing
from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.coordination.incidents import INCIDENT_OPENED
from hub.coordination.policy import Heard
from hub.coordination.routes import Cadence, Subscription
from hub.errors import HubError, Recovery
from hub.model.delivery import DeliveryState
from hub.model.events import Correction
from hub.model.facts import FactKind
from hub.runtime.routing import Router
from hub.runtime.sending import render
from hub.runtime.telling import Recipients
from hub.runtime.whose import Whose
from hub.store import outbox
from hub.store.errors import StorageFullError
from hub.store.outbox import Claim
from hub.testing.samples import admitted, retraction
from tests.coordination.scenarios import at
from tests.runtime.facts import (
    EVERYONE,
    NOBODY,
    OWNERS,
    PANEL,
    events,
    fact,
    reads,
    subscription,
)
from tests.runtime.setting import NOW, config, put, render_lines
from tests.store.rows import settled

CANARY = "ZZCANARYZZ"
MEMBERS = (subscription("members", panel=PANEL.name),)
NO_LONGER = (subscription("members", panel=NOBODY.name),)
WHOSE = Whose("p_1")
#: As `MEMBERS`, without any event that takes something back.
ADMISSIONS = (MEMBERS[0]._replace(events=frozenset({"encounter.admitted"})),)
ADMITTED = fact(demographics={"name": CANARY}, details={"service": CANARY})
CANCELLED = fact(
    FactKind.CANCEL,
    hour=9,
    cancels=FactKind.START,
    occurred=at(8),
    demographics={"name": CANARY},
)


@pytest.fixture
def play(make, store):
    """Return what lets facts arrive at a hub with these subscriptions."""
    known = {}

    def play(subscriptions, *told):
        for each in told:
            body = b"%d" % len(known)
            known[body] = each
            put(store.writer, body, control_id=body.decode())
        pipeline = make(reads(known), subscriptions=subscriptions)
        while pipeline.work():
            continue

    return play


@pytest.fixture
def send(store):
    """Return what sends all that is due, and returns it."""
    return lambda destination="out", now=NOW: send_from(store, destination, now)


def send_from(store, destination, now=NOW):
    sent = []
    while claimed := store.writer.call(outbox.claim, Claim(destination, now, 9)):
        told = [settled(each, DeliveryState.DELIVERED) for each in claimed]
        store.writer.call(outbox.settle, told)
        sent += claimed
    return sent


def notices(claimed):
    """Return what the renderer is given of these deliveries."""
    told = []

    def spy(notices, options):
        told.extend(notices)
        return render_lines(notices, options)

    render(config(spy), claimed)
    return told


@pytest.fixture
def decisions(query):
    """Return what tells of the decisions on the retraction that was stored."""
    return lambda: query(
        "SELECT subscription, d.destination, permitted, reason, patient_id, rules"
        " FROM decision d JOIN event e ON e.id = d.event"
        " WHERE e.type = 'encounter.admit_cancelled' ORDER BY d.seq"
    )


def test_who_was_told_of_something_hears_what_is_so_instead(play, send, query):
    """Whatever types they ask for: they believe what they were told."""
    corrected = fact(FactKind.START, hour=9, occurred=at(7), recorded=at(9))
    play(ADMISSIONS, ADMITTED)
    send()

    play(ADMISSIONS, corrected)

    (claimed,) = send()
    (notice,) = notices([claimed])
    assert notice.event.correction.kind == "amendment"
    [(rules,)] = query("SELECT rules FROM decision ORDER BY seq DESC LIMIT 1")
    assert rules.endswith('"R-ENC-06"]')


def test_who_may_not_know_any_more_is_not_told_what_is_so_instead(play, send):
    corrected = fact(FactKind.START, hour=9, occurred=at(7), recorded=at(9))
    play(ADMISSIONS, ADMITTED)
    send()

    play((ADMISSIONS[0]._replace(panel=NOBODY.name),), corrected)

    assert send() == []


@pytest.mark.parametrize(
    ("later", "rules"),
    [
        (NO_LONGER, '["relationship@1","R-ENC-06"]'),
        (ADMISSIONS, '["R-ENC-06"]'),
        ((), '["R-ENC-06"]'),
        ((subscription("others", "far", PANEL.name),), '["R-ENC-06"]'),
    ],
    ids=["off-the-panel", "type-not-listed", "nothing-configured", "others-only"],
)
def test_who_heard_hears_of_the_retraction_whatever_holds_now(
    play, send, decisions, later, rules
):
    play(MEMBERS, ADMITTED)
    send()

    play(later, CANCELLED)

    owed = ("members", "out", 1, "correction.owed", "M-1", rules)
    assert owed in decisions()
    (claimed,) = send()
    (notice,) = notices([claimed])
    assert notice.event.type == "encounter.admit_cancelled"
    assert notice.patient_id == "M-1"
    assert CANARY not in repr(notice)
    assert "NORD" not in repr(notice)


def test_who_is_entitled_gets_the_usual_retraction(play, send, decisions):
    play(MEMBERS, ADMITTED)
    send()

    play(MEMBERS, CANCELLED)

    assert [row[3] for row in decisions()] == ["relationship.panel"]
    (notice,) = notices(send())
    assert notice.event.payload["person"] == {"name": CANARY}


def test_who_never_heard_is_not_told_of_a_retraction(play, send, query):
    play(NO_LONGER, ADMITTED)
    play(ADMISSIONS, CANCELLED)

    assert query("SELECT count(*) FROM delivery") == [(0,)]
    assert send() == []


def test_who_was_sent_nothing_yet_hears_of_neither(play, query, send):
    play(MEMBERS, ADMITTED)

    play(NO_LONGER, CANCELLED)

    assert query("SELECT state FROM delivery") == [("withdrawn",), ("withdrawn",)]
    assert send() == []


def test_what_is_told_and_taken_back_in_one_round_is_told_to_nobody(play, query):
    play(ADMISSIONS, ADMITTED, CANCELLED)

    assert query("SELECT state FROM delivery ORDER BY seq") == [
        ("withdrawn",),
        ("withdrawn",),
    ]


def test_who_heard_of_what_came_between_in_one_round_hears_the_retraction(play, send):
    wanted = frozenset({"encounter.admitted", "encounter.transferred"})
    moved = fact(FactKind.MOVE, hour=9)
    cancelled = replace(CANCELLED, recorded=at(10))

    play((MEMBERS[0]._replace(events=wanted),), ADMITTED, moved, cancelled)

    assert [notice.event.type for notice in notices(send())] == [
        "encounter.admitted",
        "encounter.transferred",
        "encounter.admit_cancelled",
    ]


def test_the_retraction_goes_behind_what_it_takes_back(play, send, query):
    play(MEMBERS, ADMITTED)
    send()
    before = query("SELECT okey FROM delivery")

    play((), CANCELLED)

    assert query("SELECT okey FROM delivery") == before * 2


def test_the_pace_of_a_subscription_holds_for_what_is_owed(play, send):
    daily = MEMBERS[0]._replace(cadence=Cadence(at(18).earliest.time()))
    play((daily,), ADMITTED)
    send(now=NOW + timedelta(days=1))

    play((daily._replace(events=ADMISSIONS[0].events),), CANCELLED)

    assert send(now=NOW + timedelta(hours=5)) == []
    assert len(send(now=NOW + timedelta(hours=6))) == 1


def test_a_subscription_with_a_new_destination_owes_the_old_one(play, send, decisions):
    play(EVERYONE, ADMITTED)
    send()

    play((subscription(destination="far"),), CANCELLED)

    assert [row[:4] for row in decisions()] == [
        ("everyone", "far", 0, "correction.unheard"),
        ("everyone@out", "out", 1, "correction.owed"),
    ]
    assert len(send()) == 1


def test_what_an_amendment_amends_was_heard_too(play, send, query):
    play(MEMBERS, ADMITTED, fact(FactKind.END, hour=12))
    send()
    play((), fact(FactKind.END, hour=14, occurred=at(13)))

    for hour in (13, 12):
        cancelled = {"cancels": FactKind.END, "occurred": at(hour)}
        play((), fact(FactKind.CANCEL, hour=15, **cancelled))

    told = events(query)
    kinds = [event.correction.kind for event in told if event.correction]
    assert kinds == ["amendment", "amendment", "retraction"]
    assert [each.event for each in send()] == [told[-1].id]


@pytest.mark.parametrize("times", [1, 3])
def test_a_full_disk_keeps_nobody_from_being_owed(
    play, send, store, monkeypatch, decisions, times
):
    play(MEMBERS, ADMITTED)
    send()
    refused = fail_when_retracting(store, monkeypatch, StorageFullError, times)

    for number in range(times):
        with pytest.raises(StorageFullError):
            play((), *([] if number else [CANCELLED]))
    play(())

    assert len(refused) == times
    assert [row[3] for row in decisions()] == ["correction.owed"]
    assert len(send()) == 1


class RefusedError(HubError):
    """Made up."""

    code = "TELLTEST-001"
    summary = "The store does not take this"
    remedy = "Look at it"
    recovery = Recovery.REJECT


def test_a_round_that_fails_is_told_once_when_it_is_done_one_by_one(
    play, send, store, monkeypatch, decisions
):
    refused = fail_when_retracting(store, monkeypatch, RefusedError, 1)
    between = fact(FactKind.MOVE, hour=9)
    cancel = fact(FactKind.CANCEL, hour=10, cancels=FactKind.START, occurred=at(8))
    wanted = frozenset({"encounter.admitted", "encounter.transferred"})

    play((MEMBERS[0]._replace(events=wanted),), ADMITTED, between, cancel)

    assert len(refused) == 1
    assert [row[3] for row in decisions()] == ["correction.owed"]
    assert len(send()) == 3


def fail_when_retracting(store, monkeypatch, error, times):
    """Let the store refuse what takes something back, so many times."""
    real, refused = store.writer.call, []

    def call(apply, payload=None, size=0):
        told = payload if isinstance(payload, list) else ()
        retracts = any(getattr(each, "retracted", ()) for each in told)
        if retracts and len(refused) < times:
            refused.append(apply)
            raise error
        return real(apply, payload, size)

    monkeypatch.setattr(store.writer, "call", call)
    return refused


def test_nobody_is_told_of_an_incident_whoever_asks():
    asks = Subscription("s", "out", frozenset({INCIDENT_OPENED}), "treatment")
    event = replace(admitted(), type=INCIDENT_OPENED)

    routed = Router([asks]).route(event, WHOSE, NOW)

    assert routed == ([], [], 0, 0, ())


def test_what_is_not_committed_yet_is_remembered(store):
    with closing(store.reader()) as connection:
        recipients = Recipients(connection)
        event = admitted()
        amendment = admitted(id="evt-2", correction=Correction(event.id, "amendment"))

        recipients.remember(event, Router(EVERYONE).route(event, WHOSE, NOW))
        recipients.remember(amendment, Router(()).route(amendment, WHOSE, NOW))

        heard = Heard("out", "everyone", "treatment", "", "p_1")
        assert recipients.heard("evt-2") == [heard]
        assert recipients.destinations([event.id, "evt-2", "evt-x"]) == {"out"}


def test_the_oldest_is_forgotten_where_memory_is_full(store):
    with closing(store.reader()) as connection:
        recipients = Recipients(connection, size=2)
        router = Router(EVERYONE)
        for name in ("evt-1", "evt-2", "evt-3"):
            event = admitted(id=name)
            recipients.remember(event, router.route(event, WHOSE, NOW))
        unheard = retraction()
        recipients.remember(unheard, Router(()).route(unheard, WHOSE, NOW))

        assert recipients.heard("evt-1") == []
        assert [len(recipients.heard(name)) for name in ("evt-2", "evt-3")] == [1, 1]


def test_what_is_stored_is_known_by_the_store(play, send, store, query):
    play(MEMBERS, ADMITTED)
    send()
    [(event,)] = query("SELECT id FROM event")

    with closing(store.reader()) as connection:
        heard = Recipients(connection).heard(event)
        [(person,)] = query(OWNERS)
        assert heard == [Heard("out", "members", "treatment", "M-1", person)]
