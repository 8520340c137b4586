"""The programs in the guides do what the guides say."""

import asyncio
import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli.group import COMMANDS
from hub.config import load
from hub.coordination.policy.reasons import REASONS
from hub.store.books import balance
from tests.docs.conftest import PANEL, SECRET
from tests.docs.pages import ROOT, blocks
from tests.docs.running import (
    background,
    exchange,
    free_ports,
    hub_command,
    segments,
    wait_for_port,
    wait_for_text,
)

ADMIT = segments(
    next(
        each.text
        for each in blocks(ROOT / "README.md", "hl7")
        if "first/admit.hl7" in each.introduction
    )
)
HUB = """
[admin]
port = {admin}

[sources.klinik-nord]
kind = "mllp-listener"
port = {mllp}
profile = {{ time_zone = "Europe/Berlin", assigning_authority = "KLINIK_NORD" }}
"""
WEBHOOK = """
[destinations.meals]
kind = "webhook"
format = "cloudevents-json"
url = "http://127.0.0.1:{web}/"
secret = "env:MEALS_SECRET"

[panels.meals]
file = "panel.csv"

[subscriptions.meals]
destination = "meals"
panel = "meals"
events = ["*"]
purpose = "care_coordination"
"""


#: What else decides whether a notice goes out.
BESIDE_THE_POLICY = ("filters.py", "suppression.py")


@pytest.fixture
def ports():
    return dict(zip(("admin", "mllp", "web"), free_ports(3), strict=True))


@pytest.fixture
def config(tmp_path, ports, monkeypatch):
    """Return the configuration of a hub with a feed and a webhook."""
    monkeypatch.setenv("MEALS_SECRET", SECRET)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    (tmp_path / "panel.csv").write_text(PANEL)
    path = tmp_path / "hub.toml"
    path.write_text(HUB.format(**ports) + WEBHOOK.format(**ports))
    return path


def program(page, folder):
    """Write the only Python block of a guide as a program; return its path."""
    (block,) = blocks(ROOT / "docs/how-to" / page, "python")
    path = folder / "program.py"
    path.write_text(block.text)
    return path


async def test_the_receiver_in_the_guide_takes_genuine_notices_once(
    config, ports, registry, tmp_path
):
    receiver = program("receive-notices-by-webhook.md", tmp_path)
    command = [sys.executable, str(receiver), str(ports["web"])]
    log = tmp_path / "log"
    with background(command, log, cwd=tmp_path) as process, capture_logs():
        wait_for_port(ports["web"], process, log)
        async with Hub(load(config, registry), registry) as hub:
            await hub.started()
            await exchange(ports["mllp"], ADMIT)
            await hub.idle()
            key = only_delivery(tmp_path)
            assert await hub.replay("delivery", key)
            await hub.idle()
        printed = wait_for_text(log, "known already")

    with closing(sqlite3.connect(tmp_path / "received.sqlite3")) as received:
        rows = received.execute("SELECT body FROM event").fetchall()
    assert printed.split("\n")[:2] == ["new", "known already"]
    (body,) = rows[0]
    assert json.loads(body)["data"]["recipient"]["patient_id"] == "M-2201"


def only_delivery(folder):
    store = folder / "var/carehub/carehub.sqlite3"
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as connection:
        ((key,),) = connection.execute("SELECT id FROM delivery").fetchall()
    return key


async def test_a_backup_of_a_running_hub_can_be_restored(
    config, ports, registry, tmp_path
):
    config.write_text(HUB.format(**ports))
    tool = program("back-up-and-restore.md", tmp_path)
    restored = tmp_path / "restored"
    restored.mkdir()
    with capture_logs():
        async with Hub(load(config, registry), registry) as hub:
            await hub.started()
            await exchange(ports["mllp"], ADMIT)
            await hub.idle()
            target = restored / "carehub.sqlite3"
            command = [sys.executable, tool, tmp_path / "var/carehub", target]
            await asyncio.to_thread(subprocess.run, command, check=True)
            await exchange(ports["mllp"], ADMIT.replace(b"N-000017", b"N-000018"))
        config.write_text('[hub]\ndata_dir = "restored"\n' + HUB.format(**ports))
        async with Hub(load(config, registry), registry) as hub:
            await hub.started()
            repeated = await exchange(ports["mllp"], ADMIT)
            await hub.idle()
            with closing(hub.store.reader()) as reader:
                balanced = balance(reader).balanced
                counts = reader.execute("SELECT count(*), max(repeats) FROM message")
                stored = counts.fetchone()

    assert b"MSA|AA|N-000017" in repeated
    assert stored == (1, 1)
    assert balanced


@pytest.mark.acceptance
def test_a_hub_that_is_told_to_stop_ends_with_status_0(config, ports, tmp_path):
    """And the script that sends one message prints the acknowledgement."""
    config.write_text(HUB.format(**ports))
    (tmp_path / "admit.hl7").write_bytes(ADMIT.replace(b"\r", b"\n"))
    script = [sys.executable, ROOT / "docs/how-to/send.py"]
    log = tmp_path / "log"
    with background(hub_command("run", "--config", str(config)), log) as process:
        wait_for_text(log, "hub.started")
        sent = subprocess.run(
            [*script, tmp_path / "admit.hl7", str(ports["mllp"])],
            check=True,
            capture_output=True,
            text=True,
        )
        process.send_signal(signal.SIGTERM)
        status = process.wait(10)

    assert sent.stdout.splitlines()[1] == "MSA|AA|N-000017"
    assert status == 0


def test_the_reference_explains_every_reason_of_a_decision():
    """Each reason that a rule gives is catalogued; the page is made from that."""
    rules = ROOT / "hub/coordination"
    files = [*rules.glob("policy/**/*.py"), *map(rules.joinpath, BESIDE_THE_POLICY)]
    source = "".join(each.read_text(encoding="utf-8") for each in files)
    families = "|".join({code.partition(".")[0] for code in REASONS})
    given = set(re.findall(rf'"((?:{families})\.(?!toml)[a-z_]+)"', source))

    assert given <= set(REASONS)


def test_the_guides_name_each_command_that_looks():
    guides = "".join(
        block.text
        for page in (ROOT / "docs/how-to").glob("*.md")
        for block in blocks(page, "sh", "console")
    )

    looks = set(COMMANDS) - {"demo", "plugins"}
    assert not [name for name in looks if f"hub {name}" not in guides]
