"""How a hub ends: asked to, or killed. Every message in here is synthetic."""

import sys
import threading
from pathlib import Path

import pytest

from tests.acceptance.messages import Sender, adt, framed, msa, send
from tests.acceptance.peers import Receiver
from tests.acceptance.process import (
    COMMAND,
    eventually,
    feed,
    folder,
    subscription,
    webhook,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("own_process")]

SENDERS = 8
DIES = (sys.executable, str(Path(__file__).with_name("killed_before_answer.py")))


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


class Load:
    """Hospitals that send, each waiting for its answer, until the hub hangs up.

    `unanswered` has what was written whole and not answered, `resets` how many of
    these connections ended with a reset.
    """

    def __init__(self, address):
        self.answered = []
        self.unanswered = []
        self.resets = 0
        self.enough = threading.Event()
        self._senders = [
            threading.Thread(target=self._send, args=(address, number))
            for number in range(SENDERS)
        ]
        for sender in self._senders:
            sender.start()

    def _send(self, address, number):
        with Sender(address) as sender:
            for place in range(1_000_000):
                name = f"C{number}-{place}"
                if not self._exchange(sender, number, name):
                    return

    def _exchange(self, sender, number, name):
        body = adt("A08", control_id=name, patient=f"P{number}", visit=f"V{number}")
        try:
            sender.write(framed(body))
        except OSError:
            return False
        try:
            code, control_id = msa(sender.answer())
        except (EOFError, OSError) as error:
            self.resets += isinstance(error, ConnectionResetError)
            self.unanswered.append(body)
            return False
        assert (code, control_id) == ("AA", name)
        self.answered.append(body)
        if len(self.answered) > 300:
            self.enough.set()
        return True

    def over(self):
        """Wait until the last sender has given up."""
        for sender in self._senders:
            sender.join()


def stored(hub):
    return {body for (body,) in hub.query("SELECT body FROM message")}


def test_stops_under_load_and_keeps_what_it_acknowledged(hubs):
    hub = hubs.start()
    load = Load(hub.address())
    load.enough.wait(60)

    status, seconds = hub.terminate()
    load.over()

    assert status == 0
    assert seconds < 10
    assert set(load.answered) <= stored(hub)
    # What was stored and not answered would come again: allowed, and rare.
    assert len(stored(hub)) - len(load.answered) <= SENDERS
    # A reset could take an answer away that is already on its way.
    assert load.resets == 0


def test_stops_while_a_destination_does_not_answer(hubs, receiver):
    receiver.always = Receiver.SILENCE
    hook = webhook(receiver.url, timeout_seconds=600)
    hub = hubs.start(feed(), hook, subscription("hook"))
    send(hub.address(), adt())
    receiver.wait_for(1)

    status, seconds = hub.terminate()

    assert status == 0
    assert seconds < 10


def test_stops_while_peers_are_connected_and_silent(hubs):
    hub = hubs.start(feed(), feed("klinik-sued"), folder(hubs.out), subscription("out"))
    with Sender(hub.address()) as idle, Sender(hub.address("klinik-sued")) as begun:
        begun.write(framed(adt())[:-2])
        idle.send(adt())

        status, seconds = hub.terminate()

    assert status == 0
    assert seconds < 10


def test_ends_at_once_when_it_is_asked_twice(hubs, receiver):
    receiver.always = Receiver.SILENCE
    hook = webhook(receiver.url, timeout_seconds=600)
    hub = hubs.start(feed(), hook, subscription("hook"))
    answers = send(hub.address(), adt())
    receiver.wait_for(1)

    hub.process.terminate()
    hub.process.terminate()
    hub.wait()

    assert answers == ["AA"]
    assert stored(hub) == {adt()}


def test_killed_between_commit_and_answer_it_takes_the_resend_as_a_repeat(hubs):
    dying = hubs.start(command=(*DIES, *COMMAND[1:]))
    with Sender(dying.address()) as sender:
        sender.write(framed(adt()))

        assert sender.ended()
    dying.wait()

    hub = hubs.start()
    answers = send(hub.address(), adt())
    hub.quiet()

    assert answers == ["AA"]
    [message] = hub.items("messages")
    assert (message["repeats"], message["state"]) == (1, "processed")
    assert len(hub.items("events")) == 1


def test_killed_during_a_delivery_it_sends_again_under_the_same_key(hubs, receiver):
    receiver.answers = [Receiver.SILENCE]
    tables = (
        feed(),
        webhook(receiver.url, timeout_seconds=600),
        subscription("hook"),
    )
    dying = hubs.start(*tables)
    send(dying.address(), adt())
    receiver.wait_for(1)
    dying.kill()

    hub = hubs.start(*tables)
    first, second = receiver.wait_for(2)
    hub.quiet()

    assert (first.key, first.body) == (second.key, second.body)
    [delivery] = hub.items("deliveries")
    assert delivery["state"] == "delivered"


def test_killed_with_work_in_hand_it_finishes_it_by_itself(hubs, receiver):
    receiver.always = 503
    tables = (feed(), webhook(receiver.url), subscription("hook"))
    dying = hubs.start(*tables)
    bodies = [
        adt(control_id=f"C{n}", visit=f"V{n}", patient=f"P{n}") for n in range(40)
    ]
    assert send(dying.address(), *bodies) == ["AA"] * 40
    dying.kill()
    receiver.always = 202

    hub = hubs.start(*tables)

    delivered = "SELECT count(*) FROM delivery WHERE state = 'delivered'"
    assert eventually(lambda: hub.query(delivered) == [(40,)], hub)
    assert stored(hub) == set(bodies)
