"""A payer with OpenSSH: what it drops counts once or not at all. All of it is made up.

`make exchange-faults` plays the accidents a hundred times.
"""

import json
import subprocess

import pytest

from tests.acceptance import exchange_loop
from tests.acceptance.exchange_loop import manifest
from tests.acceptance.messages import adt, send
from tests.acceptance.openssh import (
    PROFILE,
    Dropbox,
    OpenSsh,
    free_port,
    roster,
    why_not,
)
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
    found = hub.items("exchanges?direction=in")
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


@pytest.mark.long
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
    assert (held.code, held.counts) == ("members.drop", (6, 0, 0, 0))
    assert held.about["readable"] == "6"
    assert held.about["reason"].endswith("4 of 10 active records would be gone.")
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


@pytest.mark.long
def test_a_download_is_cut_again_and_again_and_counts_once(launch, server, box):
    """F61: a server that dies while a large file is fetched."""
    body = roster(range(LARGE))
    hub = launch()
    box.put("large.tmp", body, final="large.csv")

    def spooled():
        found = (hub.data_dir / "exchange" / "spool").rglob("*")
        return sum(each.stat().st_size for each in found if each.is_file())

    for share in (0, 1):
        eventually(lambda least=share: spooled() > least or exchanges(hub), hub)
        server.kill_sessions()
    given = settled(hub, box, "large.csv", "applied")

    assert given.is_of("large.csv", body)
    assert given.counts == (LARGE, LARGE, 0, 0)
    assert len(exchanges(hub)) == 1


def test_content_that_came_before_is_a_duplicate_and_a_name_that_did_waits(launch, box):
    """F62."""
    hub = launch()
    box.put("a.tmp", roster(range(10)), final="a.csv")
    settled(hub, box, "a.csv", "applied")

    box.put("b.tmp", roster(range(10)), final="b.csv")
    again = settled(hub, box, "b.csv", "duplicate")
    box.put("a.tmp", roster(range(9)), final="a.csv")
    changed = settled(hub, box, "a.csv", "held")

    assert (again.code, changed.code) == ("content.known", "name.reused")
    eventually(lambda: box.names("archive") == ["a.csv", "b.csv"], hub)
    assert box.names("processing") == ["a.csv"]


def test_a_file_that_cannot_be_put_away_counts_once_and_is_told(launch, box):
    """F63: not even a hub that starts anew takes it again."""
    (box.root / "archive").write_bytes(b"no folder")
    hub = launch()
    box.put("a.tmp", roster(range(10)), final="a.csv")
    hub.wait_for("file.kept_back")
    hub.kill()
    hub = launch()
    hub.wait_for("file.kept_back")

    assert [each["state"] for each in exchanges(hub)] == ["applied"]
    assert len(box.responses()) == 1

    (box.root / "archive").unlink()
    eventually(lambda: box.names("archive") == ["a.csv"], hub)
    assert hub.query("SELECT count(*) FROM message WHERE source = 'rosters'") == [(10,)]


def test_a_server_that_is_another_one_gets_and_gives_nothing(launch, server, box):
    """F64."""
    box.put("a.tmp", roster(range(10)), final="a.csv")
    server.stop()
    server.change_host_key()
    server.start()
    hub = launch()

    hub.wait_for("source.failed", error_code="SFTP-020")

    assert "SFTP-012" in hub.log
    assert box.paths() == ["inbox/a.csv"]
    assert exchanges(hub) == []


@pytest.mark.parametrize(
    "weak", ["Ciphers aes256-cbc", "KexAlgorithms diffie-hellman-group14-sha1"]
)
def test_a_server_that_speaks_weakly_gives_nothing(tmp_path, hubs, weak):
    """F65."""
    server = OpenSsh(tmp_path, weak).start()
    try:
        box = Dropbox(server, "rosters")
        (box.root / "inbox" / "a.csv").write_bytes(roster(range(10)))
        given = {"kind": "sftp-poller", "normaliser": "roster-csv", "profile": PROFILE}
        hub = hubs.start(table("sources.rosters", **given, **box.settings))

        hub.wait_for("source.failed")

        assert box.paths() == ["inbox/a.csv"]
        assert exchanges(hub) == []
    finally:
        server.stop()


def test_a_hub_killed_while_a_roster_takes_effect_counts_each_row_once(launch, box):
    """F67, from the file on the server to the messages of its rows."""
    hub = launch()
    box.put("a.tmp", roster(range(3000)), final="a.csv")
    for event in ("file.judged", "file.applied"):
        hub.wait_for(event)
        hub.kill()
        hub = launch()
    settled(hub, box, "a.csv", "applied")

    def fed():
        return hub.query("SELECT fed FROM exchange") == [(3000,)]

    eventually(fed, hub)
    sql = "SELECT count(*), count(DISTINCT control_id) FROM message WHERE source = ?"
    assert hub.query(sql, "rosters") == [(3000, 3000)]


def test_an_upload_that_hangs_at_the_end_of_a_line_is_never_taken_for_whole(
    launch, box
):
    """F60, where nothing but the file says that it is whole."""
    body = roster(range(10))
    hub = launch(complete="stable")
    box.put_in_part("a.csv", body[: body.index(b"M000005")])

    refused = settled(hub, box, "a.csv", "rejected")
    assert refused.code == "totals.wrong"
    eventually(lambda: box.names("error") == ["a.csv"], hub)

    box.put("a.csv", body)
    assert settled(hub, box, "a.csv", "applied").counts == (10, 10, 0, 0)


def test_all_files_of_a_manifest_count_once_it_is_there(launch, box):
    """And none of them before, whatever was cut."""
    parts = {f"part-{n}.csv": roster(range(n * 5, n * 5 + 5)) for n in range(2)}
    profile = PROFILE | {"semantics": "delta"}
    hub = launch(complete="manifest", profile=profile)
    box.put("part-0.csv", parts["part-0.csv"])
    box.put_in_part("part-1.csv", parts["part-1.csv"][:99])
    box.put("part-1.csv", parts["part-1.csv"])
    assert exchanges(hub) == []

    listed = b"".join(manifest(name, body) for name, body in parts.items())
    box.put("both.sha256", listed)

    for name, body in parts.items():
        assert settled(hub, box, name, "applied").is_of(name, body)
    eventually(lambda: "both.sha256" in box.names("archive"), hub)
