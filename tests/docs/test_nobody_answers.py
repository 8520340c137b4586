"""When nobody answers: the days of the page are those on which a hub acts."""

import asyncio
import json
import re
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.cli import main
from hub.config import load
from tests.docs.hearers import squeezed
from tests.docs.hearing import MovedHub
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports, segments

PAGE = ROOT / "docs/how-to/when-nobody-answers.md"
TEXT = PAGE.read_text(encoding="utf-8")
PLACES = {"US-NY": "America/New_York", "DE-BY": "Europe/Berlin"}
#: The days of the page, in its order.
ASKED = [datetime(2026, 4, 2, 12), datetime(2026, 11, 25, 12)]  # noqa: DTZ001 - of each place
LONG = timedelta(days=40)
NAMES = {
    "reminder": "reminder, after 2 business days",
    "escalation": "escalation, after 5 business days",
    "expired": "it expires, after 14 days",
}
TABLES = """
[referrals]
calendar = "{calendar}"
time_zone = "{zone}"
[stays]
time_zone = "{zone}"
calendar = "{calendar}"
[sources.clinic]
kind = "mllp-listener"
port = {mllp}
profile = {{ time_zone = "{zone}", assigning_authority = "CLINIC" }}
[sources.consents]
kind = "facts-api"
[destinations.kitchen]
kind = "folder"
format = "cloudevents-json"
folder = "kitchen"
[recipients.kitchen]
sector = "community"
[partners.clinic]
sources = ["clinic"]
sides = ["requester"]
[partners.kitchen]
organizations = ["REGISTER|K-1"]
destination = "kitchen"
sides = ["performer"]
"""
REQUEST = r"""
MSH|^~\&|EHR|CLINIC|CAREHUB|REGION|{at}||REF^I12^REF_I12|C1|P|2.5.1
RF1|P|R^Routine^HL70280|||food-insecurity|R-1^CLINIC|{at}||{at}
PRD|RT^Referred to Provider^HL70286|||||||||Kitchen^^K-1^^^REGISTER
PID|1||4711^^^CLINIC^PI||Sample^Sam
"""
CONSENT = {
    "kind": "consent",
    "person": {"identifiers": [{"system": "CLINIC", "value": "4711", "type": "PI"}]},
    "key": {"system": "PAPERS", "value": "C-1"},
    "status": "active",
    "decision": "permit",
    "mode": "explicit",
    "scope": ["care_coordination"],
    "data": ["referral.*"],
    "recipients": ["kitchen"],
}


def config_of(folder, place):
    """Write the configuration of a place."""
    admin, mllp = free_ports(2)
    own = f'[hub]\ndata_dir = "data"\npipeline = "thread"\n[admin]\nport = {admin}\n'
    tables = TABLES.format(calendar=place, zone=PLACES[place], mllp=mllp)
    path = folder / "config/hub.toml"
    path.parent.mkdir(parents=True)
    path.write_text(own + tables)
    return path


def rows(hub):
    asked = "SELECT type, body FROM event WHERE type LIKE 'referral.%' ORDER BY seq"
    with closing(hub.store.reader()) as reader:
        return [(kind, json.loads(body)) for kind, body in reader.execute(asked)]


async def played(folder, registry, place, asked, monkeypatch):
    """Let nobody answer; return when what happens, and what is shown in between."""
    at = asked.replace(tzinfo=ZoneInfo(PLACES[place]))
    config = load(config_of(folder, place), registry)
    monkeypatch.chdir(folder)
    with capture_logs():
        async with MovedHub(config, registry, at) as hub:
            consent = {**CONSENT, "recorded": at.isoformat()}
            await hub.take("consents", json.dumps({"facts": [consent]}).encode())
            await hub.rest()
            said = REQUEST.format(at=at.strftime("%Y%m%d%H%M%S"))
            await hub.hear("clinic", segments(said))
            assert [kind for kind, _ in rows(hub)][-1] == "referral.received"
            await hub.wait_until(at + timedelta(days=9))
            command = ["referrals", "escalations"]
            shown = await asyncio.to_thread(CliRunner().invoke, main, command)
            await hub.wait_until(at + LONG)
            return dict(happened(hub, PLACES[place])), squeezed(shown.output)


def happened(hub, zone):
    for kind, event in rows(hub):
        level = event["payload"].get("level", "")
        name = level if kind == "referral.escalated" else kind.partition(".")[2]
        # What follows the end waits for something else.
        waiting = event["payload"].get("waiting") or {"for": "undecided"}
        if name in NAMES and waiting["for"] == "undecided":
            when = datetime.fromisoformat(event["times"]["emitted"])
            local = when.astimezone(ZoneInfo(zone))
            yield name, f"{local:%a} {local.day} {local:%b %H:%M}"


def tables():
    """Return the tables of the page about a request, in its order."""
    found = re.findall(
        r"^\| What happens \|.*?(?=^[^|]|\Z)", TEXT, re.MULTILINE | re.DOTALL
    )
    return [each.strip() for each in found]


@pytest.mark.parametrize("number", range(len(ASKED)))
async def test_the_page_has_the_days_of_both_calendars(
    number, tmp_path, registry, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "200")
    days = {
        place: await played(
            tmp_path / place, registry, place, ASKED[number], monkeypatch
        )
        for place in PLACES
    }

    lines = ["| What happens | `US-NY` | `DE-BY` |", "| --- | --- | --- |"]
    for name, words in NAMES.items():
        cells = [days[place][0][name] for place in PLACES]
        lines.append(f"| {' | '.join([words, *cells])} |")
    assert tables()[number] == "\n".join(lines)
    if number == 0:
        [block] = blocks(PAGE, "console")
        assert block.text.partition("\n")[2].rstrip() == days["US-NY"][1]
