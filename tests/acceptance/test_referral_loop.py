"""A loop that closes, with a hub as a process of its own and a real browser (R-REF-03).

A hospital sends somebody home without food enough; a food bank without a system of its
own works the referral on its page; the hospital hears each step, the payer the outcome.
Everybody and everything in it is made up.
"""

import asyncio
import json
import os
import re
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugins.community.tests.mail.servers import serving
from plugins.community.tests.page.browser import CHROMIUM, browsing
from tests.acceptance.hl7_receiver import Hl7Receiver
from tests.acceptance.messages import send
from tests.acceptance.process import ENVIRONMENT, eventually, feed, folder, table
from tests.docs.running import free_ports

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
#: Where screenshots go, for whoever wants to look at them.
PICTURES = os.environ.get("CAREHUB_PICTURES", "")
SECRET = "made-up secret of a test, which is long enough"
ZONE = ZoneInfo("America/New_York")
PATIENCE_SECONDS = 30
NUMBER, PARTY, MAIL = "90001", "food-bank", "office@food-bank.example.org"
DIRECTORY = [
    {
        "id": "food-parcels",
        "name": "Food parcels",
        "status": "active",
        "description": "Made up.",
        "organization": {"id": "FB-1", "name": "Food Bank", "description": "Made up."},
        "attributes": [
            {"id": "a", "taxonomy_term": {"id": "t", "code": "t", "name": "Food Bank"}}
        ],
    }
]
CONSENT = {
    "facts": [
        {
            "kind": "consent",
            "person": {"identifiers": [{"system": "ST_MARY", "value": NUMBER}]},
            "key": {"system": "PAPERS", "value": "C-1"},
            "recorded": datetime.now(ZONE).isoformat(),
            "status": "active",
            "decision": "permit",
            "mode": "explicit",
            "scope": ["care_coordination"],
            "data": ["referral.*"],
            "recipients": [PARTY],
        }
    ]
}


def message(kind, control_id, *lines):
    """Return a message of now; `@` in a line is this very second."""
    at = f"{datetime.now(ZONE):%Y%m%d%H%M%S}"
    msh = rf"MSH|^~\&|EHR|ST_MARY|HUB|HUB|{at}||{kind}|{control_id}|P|2.5.1"
    return "".join(f"{line}\r" for line in [msh, *lines]).replace("@", at).encode()


PID = (
    f"PID|1||{NUMBER}^^^ST_MARY^PI||Sample^Zoe^^^^^L||19480312|F"
    "|||12 Elm St^^Albany^NY^12207||^PRN^PH^^1^518^5550100"
)


def stay(trigger, control_id):
    ended = "01||||||||@|@" if trigger == "A03" else "||||||||@"
    visit = f"PV1|1|I|3WEST^012^1{'|' * 16}V100^^^ST_MARY^VN{'|' * 17}{ended}"
    kind = f"ADT^{trigger}^ADT_{trigger}"
    return message(kind, control_id, "EVN||@", PID, visit)


def screening():
    answers = [
        "OBX|1|CE|88122-7^Food would run out^LN||LA28397-0^Often true^LN||||||F",
        "OBX|2|CE|88123-5^Food did not last^LN||LA28397-0^Often true^LN||||||F",
    ]
    panel = "OBR|1||SCR-1^ST_MARY|88121-9^Hunger Vital Sign^LN|||@"
    return message("ORU^R01^ORU_R01", "S3", PID, panel, *answers)


def request():
    return message(
        "REF^I12^REF_I12",
        "S4",
        "RF1|P|R^Routine^HL70280|||food-insecurity|R-77^ST_MARY|@||@",
        "PRD|RT^Referred to Provider^HL70286|||||||||Food Bank^^FB-1^^^city",
        PID,
    )


def tables(path, ports):
    """Return the configuration; `ports` are those of the page, mail and hospital."""
    page, mail, hospital = ports
    smtp = {"host": "127.0.0.1", "port": mail, "security": "none"}
    smtp["sender"] = "carehub@example.org"
    url = f"http://127.0.0.1:{page}"
    profile = {"time_zone": str(ZONE), "assigning_authority": "ST_MARY"}
    link = {"page": url, "secret": "env:LINK_SECRET", "party": PARTY, "email": MAIL}
    return [
        feed("st-mary", profile={**profile, "results": [{"panels": ["sdoh"]}]}),
        table("sources.papers", kind="facts-api"),
        table(
            "sources.city",
            kind="folder-poller",
            folder=path / "city/inbox",
            normaliser="hsds",
            complete="rename",
            gate={"respond": False},
            poll_seconds=0.25,
        ),
        table(
            "sources.referral-page",
            kind="referral-page",
            port=page,
            public_url=url,
            secret="env:LINK_SECRET",
            time_zone=str(ZONE),
            smtp=smtp,
        ),
        table(f"sources.referral-page.parties.{PARTY}", email=MAIL),
        table(
            f"destinations.{PARTY}",
            kind="referral-mail",
            to=MAIL,
            smtp=smtp,
            format_options=link,
        ),
        table(
            "destinations.st-mary",
            kind="mllp-sender",
            format="hl7-rri",
            host="127.0.0.1",
            port=hospital,
            tls=False,
        ),
        folder(path / "payer", "payer"),
        table(f"recipients.{PARTY}", sector="community"),
        table("recipients.payer", sector="payer", purposes=["care_coordination"]),
        table(
            "partners.st-mary",
            sources=["st-mary"],
            destination="st-mary",
            sides=["requester"],
        ),
        table(
            f"partners.{PARTY}",
            organizations=["city:FB-1"],
            sources=["referral-page"],
            destination=PARTY,
            sides=["performer"],
        ),
        table(
            "subscriptions.payer",
            destination="payer",
            panel="all",
            events=["encounter.discharged", "referral.completed"],
            purpose="care_coordination",
        ),
    ]


class Desk:
    """Somebody at the food bank, with a browser and a mailbox."""

    def __init__(self, browser, mails):
        self._browser = browser
        self._mails = mails
        self._pictures = 0
        self.url = ""

    async def come_in(self):
        """Open the link of the first mail, and enter the code of the second."""
        await self._mailed(1)
        self.url = re.search(r"http://\S+/r/\S+", self._mails.bodies[0].decode())[0]
        await self._browser.open(self.url)
        await self._look("gate")
        assert "Zoe" not in await self._text()
        await self._press(lambda it: it["tag"] == "BUTTON")
        await self._mailed(2)
        code = re.search(r"\b[0-9]{6}\b", self._mails.bodies[1].decode())[0]
        await self._browser.tab_to(lambda it: it["name"] == "code")
        await self._browser.type(code)
        await self._browser.press("Tab")
        await self._browser.type("Erin Made-Up")
        await self._browser.press("Enter", leads_on=True)
        await self._look("referral")
        return await self._text()

    async def act(self, name, *, words="", **values):
        """Do one thing, with what is filled in; return what the page says then."""
        await self._browser.open(self.url)
        await self._press(lambda it: it["href"].endswith(f"/act/{name}"))
        for field, value in values.items():
            await self._fill(field, value)
        if words:
            await self._browser.tab_to(lambda it: it["name"] == "explain")
            await self._browser.type(words)
        await self._look(f"{name}-form")
        await self._press(lambda it: it["type"] == "submit")
        await self._look(name)
        said = await self._text()
        assert "Saved" in said, said
        return said

    async def read(self):
        """Return what the page of the referral says now."""
        await self._browser.open(self.url)
        await self._look("read")
        return await self._text()

    async def _fill(self, field, value):
        one = f"[name={field}]"
        chosen = f"{one}[value={value}]" if field == "outcome" else one
        done = "checked = true" if field == "outcome" else f"value = '{value}'"
        await self._browser.value(f'document.querySelector("{chosen}").{done}')

    async def _press(self, found):
        await self._browser.tab_to(found)
        await self._browser.press("Enter", leads_on=True)

    async def _mailed(self, count):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._mails.arrivals(count)

    async def _text(self):
        return await self._browser.value("document.body.innerText")

    async def _look(self, name):
        self._pictures += 1
        if PICTURES:
            path = Path(PICTURES) / f"loop-{self._pictures:02}-{name}.png"
            await self._browser.screenshot(path)


def heard(hospital):
    """Return how the hospital's referral stands, step by step, as it heard."""
    found = [
        re.search(rb"RF1\|([^|]*)\|.*?R-77", each.body) for each in hospital.arrived
    ]
    return [each[1].decode().split("^")[3] for each in found if each]


async def until(question, hub):
    """Wait for something that comes about in another process."""
    return await asyncio.to_thread(eventually, question, hub)


async def test_a_hospital_knows_how_its_referral_ended(hubs, tmp_path):
    inbox = tmp_path / "city/inbox"
    inbox.mkdir(parents=True)
    (inbox / "city.json").write_text(json.dumps(DIRECTORY))
    [page] = free_ports(1)
    env = {**ENVIRONMENT, "LINK_SECRET": SECRET}
    with closing(Hl7Receiver()) as hospital:
        async with serving() as mails, browsing(tmp_path / "profile") as browser:
            given = tables(tmp_path, (page, mails.port, hospital.port))
            start = partial(hubs.start, *given, env=env)
            hub = await asyncio.to_thread(start)
            await asyncio.to_thread(sent_home, hub)
            worker = Desk(browser, mails)
            read = await worker.come_in()
            await worked(worker, hub, hospital)
            closed = partial(hub.items, "referrals?loop=closed_by_requester")
            [referral] = await until(closed, hub)
            over = await worker.read()

    assert "Zoe Sample" in read
    assert not [each for each in ("1948", "3WEST", "88122", "V100") if each in read]
    assert referral["state"] == "completed"
    assert "This referral is closed" in over
    assert "The need is met" in over
    [last] = outcome(tmp_path / "payer")
    assert (last["outcome"], last["state"]) == ({"code": "resolved"}, "completed")
    assert "parcel" not in json.dumps(last)
    told = b"".join(mails.mails).decode().replace("food-bank", "") + hub.log
    assert not [each for each in ("Sample", "Zoe", NUMBER, "R-77") if each in told]


def sent_home(hub):
    """Let the hospital discharge and refer, once a service was found that fits."""
    address = hub.address("st-mary")
    send(address, stay("A01", "S1"), stay("A03", "S2"), screening())
    [need] = eventually(partial(hub.items, "events?type=need.identified"), hub)
    assert need["payload"]["category"] == "food-insecurity"
    match = partial(hub.get, "services/match?category=food-insecurity&postcode=12207")
    [found] = eventually(lambda: match()["items"], hub)
    assert found["organization_name"] == "Food Bank"
    headers = {"Content-Type": "application/json"}
    facts = "/api/v1/facts?source=papers"
    status, _ = hub.request("POST", facts, json.dumps(CONSENT).encode(), **headers)
    assert status == 202
    hub.quiet()
    send(address, request())


async def worked(worker, hub, hospital):
    """Let the food bank do its part; the hospital hears each step."""
    today = datetime.now(ZONE)
    first, second = (f"{today + timedelta(days=n):%Y-%m-%d}" for n in (1, 3))
    steps = [
        ("accept", "accepted", {}),
        ("book", "scheduled", {"date": first, "time": "10:00"}),
        ("no-show", "accepted", {"words": "She had no ride"}),
        ("book", "scheduled", {"date": second, "time": "14:30"}),
        ("done", "completed", {"outcome": "resolved", "words": "A parcel a week"}),
    ]
    wanted = ["received"]
    await until(lambda: heard(hospital) == wanted, hub)
    for act, state, given in steps:
        said = await worker.act(act, **given)
        assert ("the person did not come" in said) == (act == "no-show"), said
        wanted.append(state)
        await until(lambda: heard(hospital) == wanted, hub)


def outcome(inbox):
    """Return what the payer was told of referrals."""
    told = [json.loads(each.read_bytes()) for each in sorted(inbox.glob("*.json"))]
    types = [each["type"].split(".care.")[1] for each in told]
    assert types.count("encounter.discharged.v1") == 1
    return [
        each["data"]["payload"]
        for each, kind in zip(told, types, strict=True)
        if kind == "referral.completed.v1"
    ]
