"""The whole demonstration: hub, hospitals, SSH and HTTP, all on loopback."""

import asyncio
import json
import signal
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO

import pytest

from hub.config import load
from hub.demo.directories import SECRET_PLACE
from hub.demo.errors import DemoFolderTakenError
from hub.demo.expectation import PAYER_EVENTS, STARTS
from hub.demo.panel import STRANGERS
from hub.demo.pathways import PATHWAYS
from hub.demo.people import DOUBLED, DOZEN, make_people
from hub.demo.result import Directories, Exchanged
from hub.demo.run import WATCHED_RATE, DemoOptions, main, run
from hub.demo.scenario import Scenario
from hub.registry import Registry
from hub.telemetry import configure_logging

pytestmark = pytest.mark.acceptance

PEOPLE = 2 * len(PATHWAYS)
START = """
from pathlib import Path
from hub.demo.run import DemoOptions, main
import sys
sys.exit(main(DemoOptions(data_dir=Path(sys.argv[1]), people=20, rate=0)))
"""


@pytest.fixture
def options(tmp_path):
    folder = tmp_path / "demo"
    return DemoOptions(data_dir=folder, people=PEOPLE, seed=3, exit=True, json=True)


@pytest.fixture(scope="module")
def playing(tmp_path_factory):
    """Play it once; return the outcome, the folder, and what was printed."""
    folder = tmp_path_factory.mktemp("played") / "demo"
    given = DemoOptions(data_dir=folder, people=PEOPLE, seed=3, exit=True, json=True)
    configure_logging(level="warning")  # as `main` does: to where it does not disturb
    with redirect_stdout(StringIO()) as said:
        outcome = asyncio.run(run(given))
    return outcome, folder, said.getvalue()


@pytest.fixture
def played(playing):
    outcome, folder, _ = playing
    return outcome, folder


@pytest.fixture
def result(played):
    outcome, _ = played
    return outcome


def test_tells_everybody_exactly_what_they_must_know(result):
    assert result.succeeded
    assert result.messages.received == result.messages.acknowledged
    payers = {"payer-a", "payer-a-278n", "payer-b"}
    others = {"social-services", "meals", "archive", "st-mary", "food-bank"}
    assert set(result.deliveries) == payers | others
    states = {state for each in result.deliveries.values() for state in each}
    assert states <= {"delivered", "withdrawn"}


def test_says_why_nobody_else_was_told_and_proves_it(result):
    assert result.denied["consent.revoked"] > 0
    assert result.denied["consent.missing"] > 0
    assert sum(result.denied.values()) == result.decisions.deny
    assert result.audit.verified
    assert result.audit.records > result.messages.received


def test_leads_to_the_events_that_the_script_promises(result):
    simulation = Scenario.make(PEOPLE, 3).simulation
    promised = simulation.events()
    about_visits = {
        name: count
        for name, count in result.events.items()
        if name.startswith("encounter.")
    }
    shared = {v.person.index for v in simulation.visits if v.person.shared}
    told_again = Counter(about_visits) - promised
    assert promised <= Counter(about_visits)
    assert set(told_again) <= STARTS
    assert told_again.total() <= len(shared)
    assert result.events["person.demographics_changed"] > 0


def test_knows_who_is_who_and_what_is_due(result):
    people = make_people(3, PEOPLE)
    assert result.persons == len(people) + STRANGERS
    assert result.review_queue == sum(
        each.index % DOZEN == DOUBLED + 1 for each in people
    )
    assert min(result.stays["opened"], result.stays["closed"]) > 0
    assert result.transitions["open"] > 0
    assert 0 < result.readmissions <= result.events["stay.readmission_detected"]
    assert {"person.merged", "person.linked", "person.deceased"} <= set(result.events)


def test_takes_the_rosters_that_it_may_take_and_hears_that_all_was_received(played):
    outcome, folder = played
    members = Scenario.make(PEOPLE, 3).members
    left = sum(each.left for each in members)
    server = folder / "payer-sftp"
    sent = [*(server / "notifications").iterdir(), *(server / "x12").iterdir()]
    acknowledged = outcome.exchanges.acknowledged

    assert outcome.exchanges == Exchanged(3, 1, 1, acknowledged)
    assert acknowledged == len(sent)
    assert len(list((server / "x12").iterdir())) > 0
    assert outcome.events["exchange.acknowledgement_received"] == acknowledged
    assert outcome.events["exchange.file_rejected"] == 1
    assert outcome.events["coverage.terminated"] == left
    enrolled = outcome.events["coverage.member_enrolled"]
    assert enrolled == len(members) - left + STRANGERS
    assert [each.name for each in (server / "error").iterdir()] == ["roster-02.csv"]
    held = [each.name for each in (server / "processing").iterdir()]
    assert held == ["roster-03.csv"]
    assert not list((server / "inbox").iterdir())


def test_one_referral_runs_to_its_end_and_one_is_left_unanswered(played):
    outcome, folder = played
    told = sorted((folder / "food-bank").glob("*.json"))
    types = [json.loads(each.read_bytes())["type"].split(".care.")[1] for each in told]

    assert outcome.referrals == {"completed": 1, "received": 1}
    assert outcome.loops_closed == 1
    assert outcome.events["need.identified"] == 2
    assert outcome.events["match.proposed"] == 1
    assert outcome.events["referral.no_show"] == 1
    assert outcome.events["referral.scheduled"] == 2
    assert outcome.events["referral.loop_closed"] == 1
    assert outcome.events["referral.escalated"] >= 1
    assert types.count("referral.requested.v1") == 2
    assert types[-1] == "referral.loop_closed.v1"


def test_loads_two_directories_and_keeps_the_secret_place(played):
    outcome, folder = played
    county = b"".join(each.read_bytes() for each in folder.glob("directories/**/*.csv"))
    told = [*folder.glob("food-bank/*"), folder / "webhook-received.jsonl"]

    assert outcome.directory == Directories(services=6, restricted=1)
    assert outcome.events["directory.feed_refreshed"] == 2
    assert SECRET_PLACE.encode() in county
    assert SECRET_PLACE.encode() not in b"".join(each.read_bytes() for each in told)


def test_leaves_a_folder_that_other_commands_can_look_at(played):
    _, folder = played

    config = load(folder / "hub.toml", Registry.discover())
    assert config.hub.data_dir == folder / "data"
    assert (folder / "data" / "carehub.sqlite3").exists()


def test_prints_one_json_object(playing):
    *_, said = playing

    printed = json.loads(said)
    assert printed["books_balance"] is True
    assert {"messages", "events", "decisions", "deliveries"} <= set(printed)
    assert printed["directory"] == {"services": 6, "restricted": 1}
    assert printed["referrals"] == {"completed": 1, "received": 1}
    assert printed["loops_closed"] == 1


def test_ends_with_status_one_when_a_notice_is_missing(options, capsys, monkeypatch):
    """The hub is not asked for discharges, which the payer still waits for."""
    asked = tuple(e for e in PAYER_EVENTS if e != "encounter.discharged")
    monkeypatch.setattr("hub.demo.setting.PAYER_EVENTS", asked)
    status = main(options)

    printed = json.loads(capsys.readouterr().out)
    assert status == 1
    assert {each["type"] for each in printed["missing"]} == {"encounter.discharged"}
    assert {each["destination"] for each in printed["missing"]} == {"payer-a"}
    assert printed["books_balance"] is True
    assert printed["unexpected"] == []


async def test_refuses_a_folder_that_is_in_use(options, played):
    _, folder = played
    options = replace(options, data_dir=folder)

    with pytest.raises(DemoFolderTakenError):
        await run(options)


async def test_stays_until_it_is_interrupted(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", START, str(tmp_path / "demo")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        said = await process.stderr.readuntil(b"Ctrl-C ends it.\n")
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()

    assert b"still running" in said
    assert b"The books balance." in out
    assert process.returncode == 0


def test_is_slow_enough_to_watch_unless_asked_otherwise():
    assert DemoOptions().pace == WATCHED_RATE
    assert DemoOptions(exit=True).pace == 0
    assert DemoOptions(exit=True, rate=5).pace == 5
