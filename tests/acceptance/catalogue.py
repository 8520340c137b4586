"""A hub that is sent bad input, and what has to hold after each piece of it.

All messages are synthetic. Each is full of markers that must not show in a log.
"""

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.conftest import Hubs
from tests.acceptance.messages import send
from tests.acceptance.process import folder, subscription, unbalanced

CANARY, NUMBER = "ZQXCANARY", "57310662"
#: From the first byte until nothing is left to do.
LONGEST_SECONDS = 5.0
#: Above what the hub held before, at any moment.
MOST_MEMORY = 64 << 20
SETTLED = {"processed", "parked", "unmapped", "split"}

MSH = {
    2: "^~\\&",
    3: "KIS",
    4: "KLINIK_NORD",
    5: "CAREHUB",
    6: "REGION",
    7: "20260314093104",
    11: "P",
    12: "2.5",
}
PID = {5: f"{CANARY}^Erika", 7: "19700101", 8: "F"}
PV1 = {1: "1", 2: "I", 3: "INN1^12^1^KLINIK_NORD", 44: "20260314080000"}


@dataclass(frozen=True)
class Case:
    """A message and what becomes of it: MSA-1, state, its reason or error code."""

    name: str
    body: bytes
    answer: str = "AA"
    state: str = "processed"
    why: str = ""
    warnings: tuple[str, ...] = ()


def patient(key):
    """Return the PID-3 of messages with this key."""
    return f"{NUMBER}{key}^^^KLINIK_NORD^PI"


def visit(key):
    """Return the PV1-19 of messages with this key."""
    return f"V{NUMBER}{key}^^^KLINIK_NORD^VN"


def line(name, fields):
    """Return a segment of fields by their numbers in the standard."""
    first = 2 if name == "MSH" else 1
    numbers = range(first, max(fields, default=0) + 1)
    return "|".join([name, *(fields.get(number, "") for number in numbers)])


def build(key, trigger="A01", *, drop=(), extra=(), encoding="utf-8", **changes):
    """Return an ADT message of a patient and a visit that only `key` has.

    `changes` are fields by number, as in ``msh={10: "1"}``.
    """
    parts = {
        "MSH": MSH | {9: f"ADT^{trigger}", 10: key},
        "EVN": {1: trigger, 2: "20260314093104"},
        "PID": {3: patient(key)} | PID,
        "PV1": {19: visit(key)} | PV1,
    }
    lines = [
        line(name, fields | changes.get(name.lower(), {}))
        for name, fields in parts.items()
        if name not in drop
    ]
    return "".join(f"{each}\r" for each in (*lines, *extra)).encode(encoding)


@contextmanager
def running(path, *feeds):
    """Run a hub with these feeds, which tells all events to two folders."""
    hubs = Hubs(path)
    tables = (
        *feeds,
        folder(hubs.out),
        folder(path / "csv", "csv", format="notification-csv"),
        subscription("out"),
        subscription("csv"),
    )
    try:
        yield hubs.start(*tables)
    finally:
        hubs.close()
    (hub,) = hubs.started
    assert leaks(hub.lines) == []


@contextmanager
def unharmed(hub, memory=MOST_MEMORY):
    """Have a hub live through something, and see that it did no harm.

    After it the hub is at rest and takes a good message, its books balance, it has
    logged lines of JSON and no content, and it needed little time and memory.
    """
    before = held(hub, "VmRSS", anew=True)
    logged, started = len(hub.lines), time.monotonic()
    yield
    hub.quiet()
    seconds, peak = time.monotonic() - started, held(hub, "VmHWM")
    assert hub.process.poll() is None
    assert seconds <= LONGEST_SECONDS
    assert peak - before <= memory, f"{(peak - before) >> 20} MiB more"
    assert takes_a_good_message(hub)
    assert unbalanced(hub.data_dir) == []
    assert all(hub.entries[logged:])
    assert leaks(hub.lines[logged:]) == []


def held(hub, name, *, anew=False):
    """Return what the hub holds or held in bytes; `anew` forgets the peak before."""
    place = Path("/proc", str(hub.process.pid))
    if anew:
        (place / "clear_refs").write_text("5")
    lines = (place / "status").read_text().splitlines()
    (found,) = (each for each in lines if each.startswith(f"{name}:"))
    return int(found.split()[1]) << 10


def leaks(lines):
    """Return the lines that hold a marker."""
    return [each for each in lines if CANARY in each.upper() or NUMBER in each]


def good():
    """Return a message that nobody has sent before."""
    return build(f"good{time.monotonic_ns()}")


def takes_a_good_message(hub, sender=None):
    """Say whether a good message is accepted and understood, on any connection."""
    body = good()
    if sender:
        code, _ = sender.send(body)
    else:
        (code,) = send(hub.address(), body)
    return (code, outcome(hub, body)["state"]) == ("AA", "processed")


def outcome(hub, body):
    """Return the one row that a message has; its bytes are those that were sent."""
    hub.quiet()
    digest = hashlib.sha256(body).digest()
    [(key,)] = hub.query("SELECT id FROM message WHERE sha256 = ?", digest)
    assert hub.request("GET", f"/api/v1/messages/{key}/raw") == (200, body)
    found = hub.get(f"messages/{key}")
    assert found["state"] in SETTLED
    return found


def stored(hub):
    """Return how many messages the hub has."""
    [(count,)] = hub.query("SELECT count(*) FROM message")
    return count


def told(hub, body):
    """Return the care events that a message states, in order.

    What the hub infers from them, such as a stay, comes when its time has come.
    """
    key = outcome(hub, body)["id"]
    rows = hub.query(
        "SELECT e.id FROM event e JOIN message m ON m.seq = e.message"
        " WHERE m.id = ? ORDER BY e.seq",
        key,
    )
    events = [hub.get(f"events/{each}") for (each,) in rows]
    return [event for event in events if event["basis"] == "explicit"]


def verdict(hub, body, answer):
    """Return what became of a message in the form of a `Case`, without its name."""
    found = outcome(hub, body)
    why = found["error_code"] or found["reason"]
    return answer, found["state"], why, tuple(found["warnings"])


def expected(case):
    """Return the same of a case."""
    return case.answer, case.state, case.why, case.warnings
