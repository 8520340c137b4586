"""A referral page on loopback, its mail server, and somebody who visits it."""

import re
import time
from contextlib import asynccontextmanager
from html import unescape
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp
import pytest

from hub.sdk import MessageState, Processed
from hub.testing import FakeClock, MemoryInbox, running
from hub_community.page.links import Link, address_digest, signed
from hub_community.page.server import ReferralPage
from hub_community.page.settings import PageSettings
from plugins.community.tests.mail.servers import serving
from plugins.community.tests.page.referrals import KEY, NUMBER, PARTY, shown

SECRET = "synthetic secret that is long enough for links"
EMAIL = "buero@tafel.example"


class Visitor:
    """Somebody with a browser that keeps cookies, follows links and fills in forms."""

    def __init__(self, http, base, server):
        self.http = http
        self.base = base
        self.server = server
        self.path = ""
        self.status = 0
        self.text = ""
        self.headers = {}

    async def get(self, path, **more):
        return await self._keep(self.http.get(self.base + path, **more))

    async def post(self, path, data, **more):
        return await self._keep(self.http.post(self.base + path, data=data, **more))

    async def _keep(self, asking):
        async with asking as response:
            self.status, self.headers = response.status, response.headers
            self.path = response.url.path
            self.text = await response.text()
        return self

    def form(self, ending):
        """Return where the form that ends so is posted, and its hidden fields."""
        for form in re.findall(r"<form.*?</form>", self.text, re.DOTALL):
            action = unescape(re.search(r'action="([^"]*)"', form)[1])
            if action.endswith(ending):
                found = re.findall(
                    r'type="hidden" name="([^"]*)" value="([^"]*)"', form
                )
                return action, {name: unescape(value) for name, value in found}
        raise AssertionError(f"no form that ends in {ending}")

    async def submit(self, ending, **fields):
        action, hidden = self.form(ending)
        return await self.post(action, hidden | fields)

    async def sign_in(self, token, name="Erika Muster", role="Beratung"):
        self.base_path = f"/r/{token}"
        await self.get(self.base_path)
        count = len(self.server.mails)
        await self.submit("/code")
        await self.server.arrivals(count + 1)
        await self.submit("/enter", code=self.code, name=name, role=role)
        assert self.status == 200
        return self

    @property
    def code(self):
        """The code of the newest mail."""
        body = self.server.bodies[-1].decode()
        return re.search(r"\b[0-9]{6}\b", body)[0]

    async def act(self, name, **fields):
        """Open the form of an act, fill it in and send it."""
        await self.get(f"{self.base_path}/act/{name}")
        assert self.status == 200, self.status
        return await self.submit(f"/act/{name}", **fields)


def settings(smtp_port, /, **changes):
    given = {
        "kind": "referral-page",
        "port": 0,
        "public_url": "http://127.0.0.1",
        "secret": "env:PAGE_SECRET",
        "time_zone": "Europe/Berlin",
        "smtp": {
            "host": "127.0.0.1",
            "port": smtp_port,
            "security": "none",
            "sender": "hub@region.example",
            "step_seconds": 5,
        },
        "parties": {
            PARTY: {"email": EMAIL, "language": "de"},
            "pantry": {"email": "desk@pantry.example", "language": "en"},
        },
    }
    return PageSettings.model_validate(given | changes)


def token_of(clock, *, party=PARTY, email=EMAIL, days=14, **changes):
    given = {
        "version": 1,
        "referral": KEY,
        "party": party,
        "address": address_digest(SECRET, email),
        "expires": int(clock().timestamp()) + days * 86_400,
        "mark": "m1",
    }
    return signed(Link(**given | changes), SECRET)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("PAGE_SECRET", SECRET)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def mail_server():
    async with serving() as listening:
        yield listening


@asynccontextmanager
async def opened(mail_server, clock, ticks=time.monotonic, **changes):
    """Run a page to which a requested referral is shown; give all that is needed."""
    inbox = MemoryInbox("referral-page")
    inbox.process_with(Processed(state=MessageState.PROCESSED))
    desk = inbox.referrals
    desk.show(PARTY, shown(), NUMBER)
    page = ReferralPage(settings(mail_server.port, **changes), clock, ticks)
    jar = aiohttp.CookieJar(unsafe=True)
    async with running(page, inbox) as address:
        parts = urlsplit(address)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            base = f"{parts.scheme}://{parts.netloc}"
            visitor = Visitor(http, base, mail_server)
            yield SimpleNamespace(
                inbox=inbox, desk=desk, base=base, visitor=visitor, page=page
            )


@pytest.fixture
async def site(mail_server, clock):
    async with opened(mail_server, clock) as found:
        yield found


@pytest.fixture
def token(clock):
    return token_of(clock)


@pytest.fixture
async def worker(site, token):
    """Return a visitor who has signed in."""
    return await site.visitor.sign_in(token)


@pytest.fixture
def another(site, mail_server):
    """Return what gives another visitor, with a browser of their own."""

    @asynccontextmanager
    async def make():
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Visitor(http, site.base, mail_server)

    return make
