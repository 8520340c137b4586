"""A payer whose SFTP server is in trouble. Every message in here is synthetic."""

import asyncssh
import pytest

from tests.acceptance.messages import adt, send
from tests.acceptance.peers import Payer
from tests.acceptance.process import eventually, feed, subscription, table

pytestmark = pytest.mark.acceptance

COUNT = 20


@pytest.fixture
def payer(tmp_path):
    payer = Payer(tmp_path)
    payer.start()
    yield payer
    payer.close()


@pytest.fixture
def start(hubs, payer):
    """Start a hub that writes for the payer."""

    def start():
        settings = {
            "kind": "sftp-writer",
            "format": "notification-csv",
            "max_notices": 5,
            "host": "127.0.0.1",
            "port": payer.port,
            "user": "hub",
            "private_key": f"file:{payer.user_key}",
            "known_hosts": payer.known_hosts,
            "connect_timeout_seconds": 5,
            "retry_initial_seconds": 0.1,
            "retry_max_seconds": 0.3,
        }
        return hubs.start(
            feed(), table("destinations.payer-a", **settings), subscription("payer-a")
        )

    return start


def admissions():
    return [
        adt(control_id=f"C{n}", patient=f"P{n}", visit=f"V{n}") for n in range(COUNT)
    ]


def arrived(payer):
    """Return the ids of the events in the payer's files, each file being whole."""
    ids = []
    for name in payer.names():
        content = (payer.root / name).read_bytes()
        assert content.endswith(b"\r\n")
        head, *rows = content.decode().splitlines()
        place = head.split(",").index("EventID")
        ids += [row.split(",")[place] for row in rows]
    return ids


def all_arrived_whole(hub, payer):
    """Wait until everything was sent; say whether each event came once."""
    hub.quiet()
    events = [event["id"] for event in hub.items("events")]
    return len(events) == COUNT and sorted(arrived(payer)) == sorted(events)


def suspended(hub, code):
    """Wait until the payer is suspected of being down, for this reason."""

    def said():
        [status] = hub.get("destinations")["items"]
        return (status["state"], status["last_error_code"]) == ("suspended", code)

    return eventually(said, hub)


def test_everything_arrives_after_the_server_was_down(start, payer):
    payer.stop()
    hub = start()

    assert send(hub.address(), *admissions()) == ["AA"] * COUNT
    hub.wait_for("delivery.postponed", error_code="SFTP-001")
    assert payer.names() == []

    payer.start()
    assert all_arrived_whole(hub, payer)


def test_nothing_is_sent_to_a_server_with_another_key(start, payer):
    hub = start()
    payer.stop()
    payer.start(host_key=asyncssh.generate_private_key("ssh-ed25519"))

    assert send(hub.address(), *admissions()) == ["AA"] * COUNT
    assert suspended(hub, "SFTP-012")
    assert payer.names() + payer.names(partial=True) == []

    payer.stop()
    payer.start()
    assert all_arrived_whole(hub, payer)


def test_an_upload_that_is_cut_halfway_arrives_whole(start, payer):
    payer.cuts = 2
    hub = start()

    assert send(hub.address(), *admissions()) == ["AA"] * COUNT

    assert all_arrived_whole(hub, payer)
    assert payer.names(partial=True) == []


def test_everything_arrives_after_the_servers_disk_was_full(start, payer):
    payer.full = True
    hub = start()

    assert send(hub.address(), *admissions()) == ["AA"] * COUNT
    hub.wait_for("delivery.postponed", error_code="SFTP-005")
    assert payer.names() == []

    payer.full = False
    assert all_arrived_whole(hub, payer)
    assert payer.names(partial=True) == []


def test_everything_arrives_when_the_server_comes_and_goes(start, payer):
    hub = start()
    for n, body in enumerate(admissions()):
        if n % 5 == 2:
            payer.stop()
        assert send(hub.address(), body) == ["AA"]
        if n % 5 == 4:
            payer.start()

    assert all_arrived_whole(hub, payer)
