"""The referral page in a whole hub: strangers, hurried people, and old programs.

Everybody and everything in here is made up.
"""

import asyncio
import io
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import pytest
from structlog.testing import capture_logs

import hub_care
import hub_community
import hub_hl7
import hub_sftp
from hub.app import Hub
from hub.config import load
from hub.registry import Registry
from hub.runtime.referrals import closing
from plugins.community.tests.mail.servers import serving
from tests.acceptance.process import feed, folder, table, write_config
from tests.runtime.referrals.loop_world import Site, consent
from tests.runtime.referrals.walked import hl7

REGISTRY = Registry.from_modules(
    {"care": hub_care, "community": hub_community, "hl7": hub_hl7, "sftp": hub_sftp}
)
SECRET = "made-up secret of the page, which is long enough"
CANARIES = {
    "family": "Zzcanaryfam",
    "given": "Zzcanarygiv",
    "birth": "19610807",
    "number": "ZZ4711ZZ",
    "phone": "312-555-0147",
    "street": "9 Zzcanary St",
    "reason": "Zzcanaryreason",
    "category": "zz-food-insecurity",
    "said": "Zzcanarysaid",
    "diagnosis": "Zzcanarydiag",
}
PARTIES = {"food-bank": "desk@food.example", "soup": "desk@soup.example"}


def smtp(port):
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "hub@region.example",
    }


def config_of(path, mail, **partner):
    """Write a configuration with two that work on the page."""
    tables = [
        feed(),
        table("sources.care", kind="facts-api"),
        table(
            "sources.page",
            kind="referral-page",
            port=0,
            secret="env:PAGE_SECRET",
            public_url="http://127.0.0.1",
            smtp=smtp(mail),
            parties={name: {"email": email} for name, email in PARTIES.items()},
        ),
        folder(path / "clinic", name="clinic", format="hl7-rri"),
        table(
            "partners.clinic",
            sources=["klinik-nord"],
            destination="clinic",
            sides=["requester"],
        ),
    ]
    for name, email in PARTIES.items():
        own = {
            "page": "http://127.0.0.1",
            "secret": "env:PAGE_SECRET",
            "party": name,
            "email": email,
        }
        tables += [
            table(
                f"destinations.{name}",
                kind="referral-mail",
                to=email,
                smtp=smtp(mail),
                format_options=own,
                retry_initial_seconds=0.05,
            ),
            table(
                f"partners.{name}",
                sources=["page"],
                destination=name,
                organizations=[f"FBREG|{name}"],
                sides=["performer"],
                **partner,
            ),
        ]
    return write_config(path / "hub.toml", *tables)


def asked(
    at=None,
    *,
    to="food-bank",
    number="R-77",
    trigger="I12",
    reason="",
    name="",
):
    at = at or datetime.now(UTC)
    c = CANARIES
    stamp = f"{at:%Y%m%d%H%M%S}+0000"
    return hl7(
        f"REF^{trigger}^REF_I12",
        at,
        f"RF1||R|MED||{c['category']}|{number}^KLINIK_NORD|||{stamp}|"
        + (reason or f"E11^{c['reason']}^I10"),
        f"PRD|RT|||||||||Somebody^^{to}^^^FBREG",
        f"PID|1||{c['number']}^^^KLINIK_NORD^PI||{name or c['family']}^{c['given']}"
        f"|||F|||{c['street']}^^Town^IL^60601||{c['phone']}".replace(
            "|||F", f"||{c['birth']}|F", 1
        ),
        f"DG1|1||E11.9^{c['diagnosis']}^I10",
    )


class Browser:
    """A plain client: keeps cookies, follows where it is led, runs nothing."""

    def __init__(self, http, base, mails):
        self.http, self.base, self.mails = http, base, mails
        self.status, self.text, self.path = 0, "", ""

    async def get(self, path):
        async with self.http.get(self.base + path) as response:
            return await self._keep(response)

    async def post(self, path, data, **more):
        async with self.http.post(self.base + path, data=data, **more) as response:
            return await self._keep(response)

    async def _keep(self, response):
        self.status, self.path = response.status, response.url.path
        self.text = await response.text()
        return self

    def hidden(self, page=""):
        found = re.findall(
            r'<form.*?action="([^"]*/act/[^"]*)".*?</form>',
            page or self.text,
            re.DOTALL,
        )
        fields = re.findall(
            r'type="hidden" name="([^"]*)" value="([^"]*)"', page or self.text
        )
        return (found or [""])[0], dict(fields)

    async def sign_in(self, link):
        self.link = link
        before = len(self.mails.mails)
        await self.post(f"{link}/code", {})
        assert self.status == 200, self.text
        await self.mails.arrivals(before + 1)
        code = re.search(r"\b\d{6}\b", self.mails.bodies[-1].decode())[0]
        return await self.post(
            f"{link}/enter", {"code": code, "name": "Kim", "role": "desk"}
        )

    async def act(self, name, **fields):
        await self.get(f"{self.link}/act/{name}")
        if self.status != 200:
            return self
        action, hidden = self.hidden()
        return await self.post(action, hidden | fields)


class PageSite(Site):
    """A hub with a page, its mails, and browsers."""

    def __init__(self, hub, mails, logs):
        super().__init__(None, hub)
        self.mails, self.logs = mails, logs

    async def ready(self):
        """Wait until the page can be visited."""
        async with asyncio.timeout(20):
            while not self._addresses():  # noqa: ASYNC110 - a log has no event for it
                await asyncio.sleep(0.01)
        return self

    @property
    def base(self):
        return self._addresses()[-1]

    def _addresses(self):
        return [
            each["address"]
            for each in self.logs
            if each.get("connector") == "page" and "address" in each
        ]

    @asynccontextmanager
    async def browser(self):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Browser(http, self.base, self.mails)

    async def link(self, place=-1, to=""):
        """Return the link of an invitation."""
        bodies = [
            each.get_payload(decode=True).decode()
            for each in self.mails.messages
            if not to or each["To"] == to
        ]
        links = [
            found[1]
            for body in bodies
            if (found := re.search(r"https?://[^/\s]+(/r/\S+)", body))
        ]
        return links[place]

    def standing(self):
        return self.query("SELECT state, loop FROM referral")


@asynccontextmanager
async def opened(path, monkeypatch, **partner):
    monkeypatch.setenv("PAGE_SECRET", SECRET)
    monkeypatch.setattr(closing, "LOOK_SECONDS", 0.02)
    async with serving() as mails:
        file = config_of(path, mails.port, **partner)
        with capture_logs() as logs:
            async with Hub(load(file, REGISTRY), REGISTRY) as hub:
                site = PageSite(hub, mails, logs)
                yield await site.ready()


@pytest.fixture
async def site(tmp_path, monkeypatch):
    async with opened(tmp_path, monkeypatch) as found:
        yield found


async def invited(site, *recipients, **more):
    paper = json.loads(consent(*(recipients or ("food-bank",))))
    paper["facts"][0]["person"]["identifiers"][0]["value"] = CANARIES["number"]
    await site.take("care", json.dumps(paper).encode())
    await site.take("klinik-nord", asked(**more))
    await site.mails.arrivals(1)
    return await site.link()


async def test_nothing_of_anybody_is_anywhere_but_on_the_page(site, tmp_path, caplog):
    caplog.set_level("DEBUG")
    link = await invited(site)
    async with site.browser() as browser:
        await browser.sign_in(link)
        assert CANARIES["family"] in browser.text
        shown = browser.text
        await browser.act("accept", explain=CANARIES["said"])
        await browser.act("message", text=CANARIES["said"])
        titles = re.findall("<title>(.*?)</title>", shown + browser.text)
        await browser.get(f"{link}/act/{CANARIES['family']}")
    await site.idle()
    # What is wrong, and what nobody may ask.
    number = CANARIES["number"]
    await site.take("klinik-nord", asked(number="").replace(b"RF1", b"RFX"))
    await site.take("care", json.dumps({"facts": [{"kind": number}]}).encode())
    address = site.hub.admin.address
    errors = []
    async with aiohttp.ClientSession(address) as http:
        for path in (
            f"referrals/{number}",
            f"referrals?state={number}",
            f"persons/{number}",
            f"referrals/rec_{number}/statements",
        ):
            async with http.get(f"/api/v1/{path}") as response:
                errors.append((await response.text()).replace(f"/{number}", ""))
        async with http.get("/metrics") as response:
            metrics = await response.text()
        async with http.get("/api/v1/referrals") as response:
            listed = await response.text()
    mails = b"".join(site.mails.mails).decode()
    names = "\n".join(str(each) for each in tmp_path.rglob("*"))
    ids = "".join(
        str(site.query(f"SELECT id FROM {each}"))  # noqa: S608 - names of tables
        for each in ("event", "delivery", "message")
    )

    for kind, canary in CANARIES.items():
        assert canary not in repr(site.logs), kind
        assert canary not in caplog.text, kind
        assert canary not in metrics, kind
        assert canary not in mails, kind
        assert canary not in names + ids + link + str(titles), kind
        # Of a referral the list has its category, and nothing else of anybody.
        assert kind == "category" or canary not in listed, kind
        assert canary not in str(errors), kind
    assert CANARIES["diagnosis"] not in shown
    assert CANARIES["birth"] not in shown
    assert CANARIES["number"] not in shown
    assert CANARIES["reason"] not in shown


async def test_two_tabs_say_one_thing_and_the_second_is_told_so(site):
    link = await invited(site)
    async with site.browser() as browser:
        await browser.sign_in(link)
        await browser.get(f"{link}/act/accept")
        one = browser.hidden()
        await browser.get(f"{link}/act/decline")
        two = browser.hidden()
        await browser.post(one[0], one[1])
        assert browser.status == 200
        await site.idle()
        await browser.post(two[0], two[1] | {"reason": "no_capacity"})

        assert browser.status == 409
    assert site.standing() == [("accepted", "open")]


async def test_a_double_click_and_the_way_back_say_it_once(site):
    link = await invited(site)
    async with site.browser() as browser:
        await browser.sign_in(link)
        await browser.get(f"{link}/act/message")
        action, hidden = browser.hidden()
        given = hidden | {"text": "Grüße 🏥\r\nBcc: x@y.example"}
        await asyncio.gather(
            *(browser.http.post(browser.base + action, data=given) for _ in range(8))
        )
        await browser.post(action, given)
    await site.idle()

    assert site.query("SELECT count(*) FROM message WHERE source = 'page'") == [(1,)]


async def test_a_link_of_one_organisation_opens_nothing_for_another(site):
    link = await invited(site, "food-bank", "soup")
    await site.take("klinik-nord", asked(to="soup", number="R-78"))
    their = await site.link(to=PARTIES["soup"])
    async with site.browser() as browser, site.browser() as other:
        await browser.sign_in(link)
        cookies = {each.key: each.value for each in browser.http.cookie_jar}
        headers = {"Cookie": f"referral={cookies['referral']}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            for path in (their, f"{their}/act/accept"):
                async with http.get(site.base + path) as response:
                    assert CANARIES["family"] not in await response.text()
        form = (await browser.get(f"{link}/act/accept")).hidden()
        await other.sign_in(their)
        assert CANARIES["family"] in other.text
        # The form of one organisation, sent by another one to its own referral.
        await other.post(f"{their}/act/accept", form[1])
        assert other.status == 403
    await site.idle()

    assert {state for state, _ in site.standing()} == {"received"}


@pytest.mark.parametrize("how", ["revoked", "closed"])
async def test_a_link_shows_what_may_be_seen_by_then(site, how):
    link = await invited(site)
    async with site.browser() as browser:
        await browser.sign_in(link)
        await browser.get(f"{link}/act/accept")
        action, hidden = browser.hidden()
        if how == "revoked":
            paper = json.loads(consent("food-bank", status="revoked"))
            paper["facts"][0]["person"]["identifiers"][0]["value"] = CANARIES["number"]
            await site.take("care", json.dumps(paper).encode())
        else:
            key = site.query("SELECT key FROM referral")[0][0]
            async with site.api() as api:
                said = {
                    "side": "performer",
                    "says": "rejected",
                    "reason": {"text": "full"},
                }
                await api.ask("POST", f"referrals/{key}/statements", json=said)
            await site.idle()
        before = site.standing()
        await browser.post(action, hidden)
        assert browser.status in {404, 409}
        assert site.standing() == before
        await browser.get(link)

    shows = CANARIES["family"] in browser.text
    assert shows is (how == "closed")
    if how == "closed":
        assert "/act/accept" not in browser.text


async def test_a_hundred_wrong_codes_open_nothing_and_the_hub_lives(site):
    link = await invited(site)
    async with site.browser() as browser:
        await browser.post(f"{link}/code", {})
        right = re.search(r"\b\d{6}\b", site.mails.bodies[-1].decode())[0]
        wrong = f"{(int(right) + 1) % 10**6:06}"
        statuses = set()
        for _ in range(100):
            await browser.post(f"{link}/enter", {"code": wrong, "name": "X"})
            statuses.add(browser.status)
        await browser.post(f"{link}/enter", {"code": right, "name": "X"})

        assert statuses == {422}
        assert browser.status == 422
        assert CANARIES["family"] not in browser.text


async def test_two_megabytes_are_refused_and_long_texts_explained(site):
    link = await invited(site)
    async with site.browser() as browser:
        await browser.sign_in(link)
        await browser.act("message", text="ü" * 5000)
        assert browser.status == 422
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        large = io.BytesIO(b"text=" + b"x" * 2_000_000)
        await browser.post(f"{link}/act/message", large, headers=form)
        assert browser.status == 413
        await browser.act("message", text="🏥" * 2000)
        assert browser.status == 200
    await site.idle()

    assert site.query("SELECT count(*) FROM message WHERE source = 'page'") == [(1,)]


async def test_a_restart_between_code_and_act_loses_nothing_and_says_so(
    tmp_path, monkeypatch
):
    async with opened(tmp_path, monkeypatch) as site:
        link = await invited(site)
        async with site.browser() as browser:
            await browser.sign_in(link)
            await browser.get(f"{link}/act/accept")
            form, jar = browser.hidden(), browser.http.cookie_jar
            cookies = {each.key: each.value for each in jar}
    async with opened(tmp_path, monkeypatch) as site, site.browser() as browser:
        await site.idle()
        headers = {"Cookie": f"referral={cookies['referral']}"}
        await browser.post(form[0], form[1], headers=headers)
        assert browser.status == 403
        await browser.sign_in(link)
        await browser.act("accept")
        assert browser.status == 200
        await site.idle()

        assert site.standing() == [("accepted", "open")]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "PROPFIND"])
async def test_other_methods_show_and_change_nothing(site, method):
    link = await invited(site)
    async with site.browser() as browser:
        await browser.sign_in(link)
        async with browser.http.request(method, browser.base + link) as response:
            text = await response.text()
            assert response.status in {200, 403, 405}
            assert response.headers["Cache-Control"] == "no-store"
        assert CANARIES["family"] not in text
        assert "referral=" not in text


async def test_the_name_of_a_partner_is_no_header(tmp_path, monkeypatch):
    name = "Food\r\nBcc: everybody@example.org\r\n" + "x" * 3000
    async with opened(tmp_path, monkeypatch, name=name) as site:
        await invited(site)
        [mail] = site.mails.messages

    assert mail["Bcc"] is None
    assert "everybody" not in mail.as_string()
