"""A receiver of webhooks in trouble. Every message in here is synthetic."""

import pytest

from tests.acceptance.messages import adt, send
from tests.acceptance.peers import Receiver
from tests.acceptance.process import eventually, feed, subscription, webhook

pytestmark = pytest.mark.acceptance


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def start(hubs, receiver):
    """Start a hub that tells the receiver everything; takes changed settings."""

    def start(**keys):
        hook = webhook(receiver.url, **keys)
        return hubs.start(feed(), hook, subscription("hook"))

    return start


def stay(*triggers):
    """Return the messages of one stay."""
    return [
        adt(trigger, control_id=f"C{place}", at=f"2026031410{place:02}00")
        for place, trigger in enumerate(triggers)
    ]


def test_sends_again_under_the_same_key_after_a_500(start, receiver):
    receiver.answers = [500, 500]
    hub = start()

    send(hub.address(), adt())
    hub.quiet()

    assert len(receiver.requests) == 3
    assert len(set(receiver.keys)) == 1
    assert len({request.body for request in receiver.requests}) == 1
    [delivery] = hub.items("deliveries")
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 3)


def test_waits_as_long_as_a_429_asks(start, receiver):
    receiver.answers = [(429, {"Retry-After": "2"})]
    hub = start()

    send(hub.address(), adt())
    hub.quiet()
    first, second = receiver.requests

    assert second.at - first.at >= 2
    assert first.key == second.key


def test_makes_a_dead_letter_of_what_gets_a_400_and_sends_it_when_replayed(
    start, receiver
):
    receiver.answers = [400]
    hub = start()
    send(hub.address(), adt())
    hub.wait_for("delivery.given_up", error_code="HTTP-006")
    [dead] = hub.items("deliveries")

    status, _ = hub.request("POST", f"/api/v1/deliveries/{dead['id']}/replay")
    hub.quiet()

    assert status == 200
    assert (dead["state"], dead["attempts"]) == ("dead", 1)
    assert hub.get(f"deliveries/{dead['id']}")["state"] == "delivered"
    assert len(receiver.requests) == 2
    assert len(set(receiver.keys)) == 1


def test_a_dead_letter_holds_back_what_follows_for_the_same_person(start, receiver):
    receiver.answers = [400]
    hub = start()
    admission, transfer = stay("A01", "A02")
    send(hub.address(), admission)
    hub.wait_for("delivery.given_up")

    send(hub.address(), transfer.replace(b"INN1", b"CHIR"))
    send(hub.address(), adt(control_id="other", patient="P2", visit="V2"))
    receiver.wait_for(2)

    def states():
        return sorted(delivery["state"] for delivery in hub.items("deliveries"))

    assert eventually(lambda: states() == ["dead", "delivered", "ready"], hub)
    for dead in hub.items("deliveries?state=dead"):
        hub.request("POST", f"/api/v1/deliveries/{dead['id']}/replay")
    hub.quiet()
    assert [request.event for request in receiver.requests][-2:] == [
        ("encounter.admitted", 1),
        ("encounter.transferred", 2),
    ]


def test_skips_a_dead_letter_where_that_is_wanted(start, receiver):
    receiver.answers = [400]
    hub = start(dead_letter="skip")
    admission, transfer = stay("A01", "A02")

    send(hub.address(), admission, transfer.replace(b"INN1", b"CHIR"))
    hub.quiet()

    states = [delivery["state"] for delivery in hub.items("deliveries")]
    assert states == ["dead", "delivered"]


def test_sends_again_under_the_same_key_where_no_answer_came(start, receiver):
    receiver.answers = [Receiver.SILENCE]
    hub = start(timeout_seconds=0.5)

    send(hub.address(), adt())
    hub.quiet()
    first, second = receiver.requests

    assert first.key == second.key
    assert first.body == second.body
    [delivery] = hub.items("deliveries")
    history = hub.get(f"deliveries/{delivery['id']}")["history"]
    assert [attempt["outcome"] for attempt in history] == ["unknown", "accepted"]


def test_makes_no_dead_letters_of_a_wrong_secret(start, receiver):
    receiver.always = 401
    hub = start(max_attempts=2)

    send(hub.address(), *(adt(control_id=f"C{n}", visit=f"V{n}") for n in range(3)))
    receiver.wait_for(4)
    status = hub.get("destinations")["items"]
    receiver.always = 202
    hub.quiet()

    assert [(each["state"], each["last_error_code"]) for each in status] == [
        ("suspended", "HTTP-004")
    ]
    states = {delivery["state"] for delivery in hub.items("deliveries")}
    assert states == {"delivered"}


def test_keeps_a_persons_order_through_failures(start, receiver):
    receiver.answers = [500, 202, 503, 500, 202, 500]
    hub = start(concurrency=8)
    triggers = ("A01", "A02", "A03", "A13", "A03")
    bodies = [
        body.replace(b"INN1", f"WARD{place}".encode())
        for place, body in enumerate(stay(*triggers))
    ]

    send(hub.address(), *bodies)
    hub.quiet()
    arrived = dict.fromkeys(request.event[1] for request in receiver.requests)

    withdrawn = "SELECT count(*) FROM delivery WHERE state = 'withdrawn'"
    [(taken_back,)] = hub.query(withdrawn)
    events = [each for each in hub.items("events") if "stay" not in each["type"]]
    assert list(arrived) == sorted(arrived)
    assert len(arrived) + taken_back == len(events)


def test_a_dead_destination_keeps_nobody_from_an_acknowledgement(start, receiver):
    receiver.always = Receiver.SILENCE
    hub = start(timeout_seconds=600)
    bodies = [
        adt(control_id=f"C{n}", visit=f"V{n}", patient=f"P{n}") for n in range(50)
    ]

    answers = send(hub.address(), *bodies)
    processed = "SELECT count(*) FROM message WHERE state = 'processed'"

    assert answers == ["AA"] * 50
    assert eventually(lambda: hub.query(processed) == [(50,)], hub)
