"""No content of a message leaves by a side door (G24). All of it is made up.

Every field that may say something about a patient holds a marker; messages with
markers take every path through the hub, and then the marker is looked for.
"""

import subprocess
from itertools import chain

import pytest

from tests.acceptance.messages import Sender, framed, header, joined
from tests.acceptance.peers import Payer, Receiver
from tests.acceptance.process import (
    COMMAND,
    ENVIRONMENT,
    feed,
    folder,
    subscription,
    table,
    webhook,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("own_process")]

CANARY = "ZQXCANARY"
MARKS = (CANARY.lower(), "57310662")
PID, VISIT = f"{CANARY}57310662", f"V{CANARY}57310662"


def fields(count):
    """Return fields that each hold the marker, with components and repetitions."""
    return "|".join(f"{CANARY}{n}^{CANARY}&{CANARY}~{CANARY}" for n in range(count))


def message(trigger="A01", control_id="C1", **changes):
    """Return a message whose segments after EVN are full of markers."""
    at = changes.get("at", "20260314093104")
    visit, patient = changes.get("visit", VISIT), changes.get("patient", PID)
    pv1 = f"PV1|1|I|{CANARY}^{CANARY}^{CANARY}|{fields(15)}|{visit}|{fields(24)}|{at}"
    lines = [
        header(f"ADT^{trigger}", control_id),
        f"EVN|{trigger}|{at}||{CANARY}|{CANARY}|{at}",
        f"PID|1|{CANARY}|{patient}^^^KLINIK_NORD^PI|{CANARY}|{fields(35)}",
        f"NK1|1|{fields(20)}",
        pv1,
        f"PV2|{fields(20)}",
        f"DG1|1|{fields(15)}",
        f"IN1|1|{fields(48)}",
        f"OBX|1|TX|{fields(15)}",
        f"ZPD|{fields(10)}",
    ]
    return joined(lines)


def broken():
    """Return messages that cannot be processed, each in its own way."""
    whole = message(control_id="B1")
    yield f"{CANARY} is no HL7 {PID}".encode()
    yield b"MSH" + whole[3:4]
    yield whole.replace(b"PID|1|", b"QID|1|")
    yield message(control_id="B2", visit="", patient=CANARY)
    yield message(control_id="B3", at=CANARY)
    yield message(control_id="B4", patient=f"other{CANARY}")
    yield message(control_id="B5").replace(b"ADT^A01", f"{CANARY}^{PID}".encode())
    yield message(control_id="B6").replace(b"ADT^A01", b"ADT^Z99")
    yield message(control_id="B8").replace(CANARY.encode(), CANARY.encode() + b"\xff")
    yield message(control_id="B9").replace(b"\r", b"|")
    yield message(control_id="B10").replace(b"\rPID", b"\rpid\rPID|" * 3)
    yield whole[:200] + b"\x00\x1b\x0b" + whole[200:]


def wanted():
    """Return messages that become events."""
    yield message()
    yield message("A02", "C2", at="20260314100000").replace(b"|1|I|", b"|1|I|NEW")
    yield message("A08", "C3", at="20260314110000").replace(b"IN1|1|", b"IN1|1|X")
    yield message("A03", "C4", at="20260314120000")
    yield message("A13", "C5", at="20260314130000")
    yield message("A08", "C1")


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def payer(tmp_path):
    payer = Payer(tmp_path)
    payer.start()
    yield payer
    payer.close()


@pytest.fixture
def hub(hubs, receiver, payer, tmp_path):
    """A hub with every kind of destination, and each of them in trouble."""
    panel = tmp_path / "members.csv"
    columns = "patient_id,assigning_authority,identifier,valid_from,valid_to"
    panel.write_text(f"{columns}\n{CANARY},KLINIK_NORD,{PID},,\n", encoding="utf-8")
    receiver.answers = [400, 500, (429, {"Retry-After": "0"}), 401]
    payer.cuts = 1
    sftp = {
        "kind": "sftp-writer",
        "format": "notification-csv",
        "host": "127.0.0.1",
        "port": payer.port,
        "user": "hub",
        "private_key": f"file:{payer.user_key}",
        "known_hosts": payer.known_hosts,
        "retry_initial_seconds": 0.1,
        "retry_max_seconds": 0.2,
    }
    blocked = tmp_path / "blocked"
    blocked.write_bytes(b"not a folder")
    trying = {"max_attempts": 3, "retry_max_seconds": 0.1, "dead_letter": "skip"}
    return hubs.start(
        feed(),
        feed("klinik-sued", max_frame_bytes=20_000),
        table("panels.members", file=panel),
        folder(hubs.out),
        folder(blocked, "blocked", **trying),
        webhook(receiver.url, dead_letter="skip"),
        table("destinations.payer-a", **sftp),
        subscription("out"),
        subscription("blocked"),
        subscription("hook", panel="members"),
        subscription("payer-a", panel="members"),
        command=(*COMMAND, "--log-level", "debug"),
    )


def exchange(address, bodies):
    """Send each message on its own connection; return all that was answered."""
    answers = []
    for body in bodies:
        with Sender(address) as sender:
            sender.write(framed(body))
            try:
                answers.append(sender.answer())
            except (EOFError, ConnectionResetError):
                answers.append(b"")
    return answers


def command(name, config, *arguments):
    """Return what a command of the hub prints."""
    done = subprocess.run(
        [COMMAND[0], name, *arguments, "--config", str(config)],
        capture_output=True,
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def lists(hub):
    """Return what the API lists, item by item too; events hold content by design."""
    for path in ("messages", "deliveries", "decisions", "plugins", "sources"):
        yield hub.request("GET", f"/api/v1/{path}?limit=200")[1]
    yield hub.request("GET", "/api/v1/destinations")[1]
    for each in hub.items("messages"):
        yield hub.request("GET", f"/api/v1/messages/{each['id']}")[1]
        yield hub.request("GET", f"/api/v1/explain?message={each['id']}")[1]
    for each in hub.items("deliveries"):
        yield hub.request("GET", f"/api/v1/deliveries/{each['id']}")[1]
    yield hub.request("GET", "/metrics")[1]
    yield hub.request("GET", "/health/ready")[1]


def errors(hub):
    """Return what the API answers to requests that quote a patient."""
    paths = (PID, f"messages/{PID}", f"messages?state={PID}", f"events/{PID}")
    for path in (*paths, f"deliveries/{PID}/replay", f"explain?message={PID}"):
        for method in ("GET", "POST"):
            yield hub.request(method, f"/api/v1/{path}")[1]


def commands(config):
    """Return what the commands print."""
    for name in ("messages", "deliveries"):
        yield command(name, config)
        yield command(name, config, "--json")


def file_names(path, *places):
    """Return the names of all files in some places."""
    for each in chain.from_iterable(place.rglob("*") for place in places):
        yield str(each.relative_to(path)).encode()


def showing(texts):
    """Return the texts that hold a marker."""
    return [text for text in texts if any(m in text.decode().lower() for m in MARKS)]


def test_no_content_shows_outside_messages_and_events(hub, hubs, receiver, payer):
    bodies = [*wanted(), *wanted(), *broken()]
    answers = exchange(hub.address(), bodies)
    answers += exchange(hub.address("klinik-sued"), [message() * 20])
    with Sender(hub.address()) as sender:
        sender.write(f"GET /{CANARY} HTTP/1.1\r\n\r\n".encode())
        assert sender.ended()
    hub.wait_for("delivery.given_up", destination="blocked")
    hub.wait_for("delivery.given_up", destination="hook")
    hub.quiet()

    assert CANARY.encode() in b"".join(each.body for each in receiver.requests)
    assert payer.names()
    states = {each["state"] for each in hub.items("messages")}
    assert states == {"processed", "parked", "unmapped"}
    assert showing(answers) == []
    assert showing(lists(hub)) == []
    assert showing(errors(hub)) == []
    assert showing(commands(hubs.path / "hub.toml")) == []
    assert showing(file_names(hubs.path, hubs.out, hubs.data_dir, payer.root)) == []
    hub.terminate()
    assert showing([hub.log.encode()]) == []
