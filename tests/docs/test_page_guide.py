"""The guide to referrals without a system: its page, its mail and its tables work."""

import asyncio
import csv
import io
import re
import shutil
from html import unescape
from types import SimpleNamespace

import aiohttp
import pytest
from structlog.testing import capture_logs

from hub.app import Hub
from hub.config import load
from plugins.community.tests.mail.servers import serving
from tests.docs.pages import ROOT, blocks
from tests.docs.test_care_guide import ask

PAGE = ROOT / "docs/how-to/work-referrals-without-a-system.md"
SECRET = "made-up secret of the guide, which is long enough"
PATIENCE_SECONDS = 30
NAMES = ("Roe", "Jane", "C-4711")
CANARIES = (*NAMES, "food-insecurity", "Ernährung", "Ground floor")
FACTS = {
    "id": "guide",
    "facts": [
        {
            "kind": "need",
            "person": {
                "identifiers": [{"system": "CASES", "value": "C-4711", "type": "MR"}],
                "names": [{"family": "Roe", "given": "Jane"}],
                "birth_date": "1961-04-07",
            },
            "key": {"system": "CASES", "value": "N-1"},
            "recorded": "2026-03-16T09:00:00Z",
            "status": "identified",
            "category": "food-insecurity",
        },
        {
            "kind": "consent",
            "person": {"identifiers": [{"system": "CASES", "value": "C-4711"}]},
            "key": {"system": "CASES", "value": "E-1"},
            "recorded": "2026-03-16T09:10:00Z",
            "status": "active",
            "decision": "permit",
            "mode": "explicit",
            "scope": ["care_coordination"],
            "data": ["referral.*"],
            "recipients": ["food-bank", "pantry"],
            "until": "2099-12-31",
        },
    ],
}


def configuration(folder, mail_port):
    """Write the tables of the page, with what there is on this machine."""
    text = "\n".join(each.text for each in blocks(PAGE, "toml"))
    text = text.replace(
        'host = "mail.example.org"\nuser = "carehub"\npassword = "env:SMTP_PASSWORD"',
        f'host = "127.0.0.1"\nport = {mail_port}\nsecurity = "none"',
    )
    text = text.replace("https://referrals.example.org", "http://127.0.0.1")
    text = text.replace("port = 8083", "port = 0")
    own = '[hub]\npipeline = "thread"\n[admin]\nport = 0\n'
    path = folder / "hub.toml"
    path.write_text(f"{own}{text}")
    return path


@pytest.fixture
async def site(tmp_path, registry, monkeypatch):
    """Run the hub of the page beside a mail server."""
    monkeypatch.setenv("REFERRAL_LINK_SECRET", SECRET)
    async with serving() as mails:
        config = load(configuration(tmp_path, mails.port), registry)
        with capture_logs() as logs:
            async with Hub(config, registry) as hub:
                await hub.started()
                (address,) = (
                    each["address"]
                    for each in logs
                    if each.get("source", each.get("connector")) == "referral-page"
                    and "address" in each
                )
                yield SimpleNamespace(
                    hub=hub, mails=mails, address=address, folder=tmp_path, logs=logs
                )


async def idle(hub):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hub.idle()
        await hub.idle()


async def refer(hub, to):
    """Tell the hub whom it is about, and send a referral."""
    async with aiohttp.ClientSession(hub.admin.address) as http:
        path = "/api/v1/facts?source=case-management"
        async with http.post(path, json=FACTS) as response:
            assert response.status in {200, 201, 202}, await response.text()
        await idle(hub)
        wanted = {
            "person": {"system": "CASES", "value": "C-4711"},
            "category": "food-insecurity",
            "performers": [to],
            "requester": "case-management",
            "note": "Ground floor",
        }
        async with http.post("/api/v1/referrals", json=wanted) as response:
            assert response.status in {201, 202}, await response.text()
    await idle(hub)


async def mail(site, count):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await site.mails.arrivals(count)
    return site.mails.bodies[count - 1].decode()


async def test_a_referral_is_worked_on_the_page_of_the_guide(site):
    await refer(site.hub, "food-bank")
    invitation = await mail(site, 1)
    path = re.search(r"http://127.0.0.1(/r/\S+)", invitation)[1]
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(site.address, cookie_jar=jar) as http:
        await http.post(f"{path}/code")
        code = re.search(r"\b[0-9]{6}\b", await mail(site, 2))[0]
        seen = await text_of(
            http.post(f"{path}/enter", data={"code": code, "name": "Erika Muster"})
        )
        form = await text_of(http.get(f"{path}/act/accept"))
        saved = await text_of(http.post(f"{path}/act/accept", data=hidden(form)))
        await idle(site.hub)
        form = await text_of(http.get(f"{path}/act/done"))
        done = {"outcome": "resolved", "explain": "Zwei Kisten"}
        await text_of(http.post(f"{path}/act/done", data=hidden(form) | done))
        await idle(site.hub)

    [state] = ask(site.hub, "SELECT state FROM referral")
    looks = ask(site.hub, "SELECT count(*) FROM audit WHERE action = 'referral.viewed'")
    wire = b"".join(site.mails.mails).decode() + path
    assert "Jane Roe" in seen
    assert "1961" not in seen
    assert "Gespeichert." in saved
    assert "Angenommen" in saved
    assert state == "completed"
    assert next(iter(looks)) >= 4
    assert not [each for each in CANARIES if each in wire]
    assert not [each for each in NAMES if each in repr(site.logs)]


async def test_a_referral_is_answered_in_a_table_of_the_guide(site):
    await refer(site.hub, "pantry")
    [sent] = sorted((site.folder / "exchange/pantry/referrals").glob("*.csv"))
    header, row = csv.reader(io.StringIO(sent.read_text("utf-8-sig"), newline=""))
    row[header.index("New status")] = "declined"
    row[header.index("Reason")] = "no capacity"
    answers = site.folder / "exchange/pantry/answers"
    answers.mkdir(parents=True, exist_ok=True)
    part = answers / "answer.csv.part"
    with part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, row])
    shutil.move(part, answers / "answer.csv")

    async with asyncio.timeout(PATIENCE_SECONDS):
        while [*ask(site.hub, "SELECT state FROM referral")] != ["rejected"]:  # noqa: ASYNC110  # of a thread
            await asyncio.sleep(0.05)


async def text_of(asking):
    async with asking as response:
        assert response.status == 200, await response.text()
        return await response.text()


def hidden(page):
    """Return the hidden fields of the form of an act."""
    (form,) = re.findall(r'<form[^>]*action="[^"]*/act/.*?</form>', page, re.DOTALL)
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found}
