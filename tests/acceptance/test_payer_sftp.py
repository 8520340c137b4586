"""A payer with OpenSSH: what it drops counts once or not at all. All of it is made up.

`make exchange-faults` plays the accidents a hundred times.
"""

import json
import os
import subprocess
from contextlib import contextmanager

import pytest

from tests.acceptance import exchange_loop
from tests.acceptance.exchange_loop import manifest
from tests.acceptance.messages import adt, send
from tests.acceptance.openssh import PROFILE, Dropbox, OpenSsh, free_port, roster, why_not
from tests.acceptance.process import (
    COMMAND,
    ENVIRONMENT,
    eventually,
    feed,
    subscription,
    table,
)

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "it runs"),
]

#: So long a file takes that something can happen while it is fetched.
LARGE = 60_000


@pytest.fixture
def server(tmp_path):
    server = OpenSsh(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def box(server):
    return Dropbox(server, "rosters")


@pytest.fixture
def notices(server):
    folder = server.root / "notices"
    folder.mkdir()
    return folder


@pytest.fixture
def launch(hubs, server, box, notices):
    """Return what starts a hub that fetches rosters and tells of their members."""

    def start(gate=(), **changes):
        given = {
            "kind": "sftp-poller",
            "normaliser": "roster-csv",
            "partner": "payer-a",
            "poll_seconds": 0.05,
            "profile": PROFILE,
            "gate": {"panel": "members", **dict(gate)},
            **box.settings,
        }
        told = table(
            "destinations.payer-a",
            kind="sftp-writer",
            format="notification-csv",
            partner="payer-a",
            folder=str(notices),
            **server.settings,
        )
        return hubs.start(
            feed(),
            table("sources.rosters", **(given | changes)),
            table("panels.members"),
            told,
            table("recipients.payer-a", sector="payer", purposes=["payment"]),
            subscription(
                "payer-a", panel="members", events=["encounter.*"], purpose="payment"
            ),
            admin_port=free_port(),
        )

    return start


def exchanges(hub, **fields):
    """Return what is in the ledger of what came, oldest first."""
    found = [each for each in hub.items("exchanges?direction=in")]
    return [each for each in found if fields.items() <= each.items()]


def settled(hub, box, name, status, count=1):
    """Wait until the payer has been told so often that a file became this."""

    def told():
        given = [each for each in box.responses() if each.about["file"] == name]
        return [each for each in given if each.status == status][count - 1 :]

    return eventually(told, hub)[0]


def command(hubs, *words):
    """Return what a command prints."""
    done = subprocess.run(
        [COMMAND[0], *words, "--config", str(hubs.path / "hub.toml")],
        capture_output=True,
        env=ENVIRONMENT | {"HUB_OPERATOR": ""},
        timeout=60,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def told_of(notices):
    """Return whom the payer heard of, by its own numbers, and what."""
    rows = []
    for path in sorted(notices.glob("*.csv"), key=lambda each: each.stat().st_mtime_ns):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        names = head.split(",")
        number, event = names.index("SubscriberPatientID"), names.index("EventType")
        rows += [(line.split(",")[number], line.split(",")[event]) for line in lines]
    return rows


def comes(number, trigger="A01", **given):
    """Return a message about one member's stay."""
    return adt(
        trigger,
        control_id=f"{trigger}-{number}",
        patient=f"P{number}",
        visit=f"V{number}",
        **given,
    )


def test_five_files_with_accidents_each_count_once(tmp_path):
    happened = exchange_loop.play(tmp_path, times=5, seed=7)

    assert happened["cut"] == 5
    assert happened["notices"] > 0


def test_a_roster_that_loses_two_fifths_waits_until_somebody_approves_it(
    launch, hubs, box, notices
):
    hub = launch()
    box.put("march.tmp", roster(range(10)), final="march.csv")
    settled(hub, box, "march.csv", "applied")
    assert send(hub.address(), comes(1), comes(9)) == ["AA", "AA"]
    eventually(lambda: len(told_of(notices)) == 2, hub)

    box.put("april.tmp", roster(range(6)), final="april.csv")
    held = settled(hub, box, "april.csv", "held")
    listed = json.loads(command(hubs, "exchange", "list", "--state", "held", "--json"))
    (waiting,) = listed["items"]
    shown = json.loads(command(hubs, "exchange", "show", waiting["id"], "--json"))
    assert (held.code, held.counts) == ("members.drop", (6, 6, 0, 0))
    assert shown["reason"] == "members.drop"
    assert box.names("processing") == ["april.csv"]
    assert send(hub.address(), comes(8)) == ["AA"]
    eventually(lambda: len(told_of(notices)) == 3, hub)

    words = ("--by", "ines", "--reason", "The payer said that it sold a plan")
    command(hubs, "exchange", "approve", waiting["id"], *words)
    settled(hub, box, "april.csv", "applied")
    left = "20260320100000"
    leaving = [comes(number, "A03", left=left, at=left) for number in (1, 8, 9)]
    assert send(hub.address(), *leaving, comes(7), comes(2)) == ["AA"] * 5
    hub.quiet()

    assert told_of(notices)[:3] == [
        ("M000001", "encounter.admitted"),
        ("M000009", "encounter.admitted"),
        ("M000008", "encounter.admitted"),
    ]
    assert sorted(told_of(notices)[3:]) == [
        ("M000001", "encounter.discharged"),
        ("M000002", "encounter.admitted"),
    ]
    assert box.names("processing") == []
    assert box.names("archive") == ["april.csv", "march.csv"]
