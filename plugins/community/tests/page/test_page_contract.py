"""The page, its statements and its invitations keep the contracts of the hub."""

import asyncio
import re
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

import hub_community
from hub.sdk import FactKind, HubError, Reason, Reported, Statement
from hub.testing import (
    FakeClock,
    MemoryInbox,
    NormaliserContract,
    RendererContract,
    SourceContract,
)
from hub.testing.inbox import MemoryReferralDesk
from hub.testing.samples import notice
from hub_community.mail.invitation import InvitationOptions
from hub_community.page import errors, links
from hub_community.page.server import ReferralPage
from hub_community.page.settings import PageSettings
from hub_community.page.statements import StatementProfile
from plugins.community.tests.page.conftest import (
    EMAIL,
    SECRET,
    Visitor,
    settings,
    token_of,
)
from plugins.community.tests.page.referrals import (
    CANARIES,
    KEY,
    NUMBER,
    PARTY,
    shown,
)

encode = msgspec.json.Encoder(order="sorted").encode


def saying(**changes):
    given = {
        "referral": NUMBER,
        "by": "performer",
        "says": "message_added",
        "at": "2026-03-16T12:00:00.000Z",
        "party": PARTY,
        "name": "Erika Muster",
        "role": "Beratung",
        "text": "Kanarientext eins",
    }
    return Statement(**given | changes)


class TestReferralPage(SourceContract):
    answer_seconds = 10.0

    @pytest.fixture
    def source(self, mail_server, clock, monkeypatch):
        desk = MemoryReferralDesk()
        desk.show(PARTY, shown(), NUMBER)
        monkeypatch.setattr("hub.testing.inbox.MemoryReferralDesk", lambda: desk)
        monkeypatch.setattr("hub_community.page.telling._WORK_SECONDS", 0.01)
        monkeypatch.setattr("hub_community.page.server._SHUTDOWN_SECONDS", 0.1)
        return ReferralPage(settings(mail_server.port), clock)

    @pytest.fixture
    def samples(self):
        return [encode(saying()), encode(saying(text="Kanarientext zwei"))]

    @pytest.fixture
    def canaries(self):
        return ["Kanarientext", *CANARIES]

    @pytest.fixture
    def exchange(self, mail_server, clock):
        """Sign in, and send the form that says what a sample says."""

        async def exchange(address, body):
            wanted = msgspec.json.decode(body, type=Statement)
            parts = urlsplit(address)
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as http:
                base = f"{parts.scheme}://{parts.netloc}"
                visitor = Visitor(http, base, mail_server)
                # Another link each time: one is good for only so many codes.
                mark = f"m{len(mail_server.mails)}"
                await visitor.sign_in(token_of(clock, mark=mark))
                try:
                    await visitor.act("message", text=wanted.text)
                except aiohttp.ClientError:
                    return None
                return visitor.text.encode() if visitor.status == 200 else None

        return exchange


class TestStatements(NormaliserContract):
    @pytest.fixture
    def spec(self):
        found = {each.name: each for each in hub_community.normalisers()}
        return found["referral-statement"]

    @pytest.fixture
    def profile(self):
        return StatementProfile()

    @pytest.fixture
    def samples(self):
        person = ({"system": "KLINIK_TEST", "value": "0000471"},)
        return [
            encode(each)
            for each in (
                saying(person=person),
                saying(says="rejected", reason=Reason("other", "x"), person=person),
                saying(says="completed", outcome=Reported("resolved"), person=person),
                saying(says="scheduled", appointment="2026-03-24T14:30+01:00"),
            )
        ]


class TestInvitation(RendererContract):
    @pytest.fixture
    def spec(self):
        found = {each.name: each for each in hub_community.renderers()}
        return found["referral-invitation"]

    @pytest.fixture
    def options(self):
        return invitation()


def invitation(**changes):
    given = {
        "page": "https://referrals.example.org/",
        "secret": "env:PAGE_SECRET",
        "party": PARTY,
        "email": EMAIL,
    }
    return InvitationOptions.model_validate(given | changes)


def test_hook_sources_declares_the_page():
    spec = {each.kind: each for each in hub_community.sources()}["referral-page"]

    assert (spec.settings, spec.normaliser) == (PageSettings, "referral-statement")


def test_a_statement_becomes_a_fact_about_the_referral():
    (spec,) = (
        each
        for each in hub_community.normalisers()
        if each.name == "referral-statement"
    )
    result = spec.normalise(
        encode(saying(says="rejected", reason=Reason("other", "x"))), StatementProfile()
    )

    (fact,) = result.facts
    assert (fact.kind, fact.record) == (FactKind.RECORD, NUMBER)
    assert fact.details["party"] == PARTY
    assert fact.details["actor"] == {"name": "Erika Muster", "role": "Beratung"}
    assert fact.details["status_reason"] == {"code": "other", "text": "x"}
    assert fact.subject.identifiers == ()


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", encode(saying(says="flown away"))]
)
def test_what_is_no_statement_is_set_aside(body):
    (spec,) = (
        each
        for each in hub_community.normalisers()
        if each.name == "referral-statement"
    )

    assert spec.normalise(body, StatementProfile()).problem.code == "PAGE-020"


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_invitation_has_one_link_and_no_content(language):
    (spec,) = hub_community_renderers("referral-invitation")
    rendered = spec.render([shown()], invitation(language=language))
    text = rendered.body.decode()

    found = re.findall(r"https?://\S+", text)
    assert len(found) == 1
    assert rendered.media_type == "text/plain; charset=utf-8"
    words = [*CANARIES, "Klinik", "food", "Groceries", "partner-tafel", "@", "R-47"]
    outside = text.replace(found[0], "")
    assert not [each for each in words if each.lower() in outside.lower()]
    assert not [each for each in words if each in found[0]]
    assert all(len(line) < 998 for line in text.split("\r\n"))


def test_the_link_of_an_invitation_opens_the_referral_of_its_notice():
    (spec,) = hub_community_renderers("referral-invitation")
    text = spec.render([shown()], invitation(valid_days=3)).body.decode()
    (token,) = re.findall(r"https://referrals.example.org/r/(\S+)", text)

    link = links.read(token, [SECRET], FakeClock().now())

    assert (link.referral, link.party) == (KEY, PARTY)
    assert link.until == shown().event.times.emitted.replace(day=19)
    assert link.address == links.address_digest(SECRET, EMAIL.upper())
    assert "tafel.example" not in repr(link)


def test_two_deliveries_have_two_links():
    (spec,) = hub_community_renderers("referral-invitation")
    event = shown().event
    bodies = {
        spec.render([notice(event, delivery=f"dlv-{n}")], invitation()).body
        for n in range(2)
    }

    assert len(bodies) == 2


def hub_community_renderers(name):
    return [each for each in hub_community.renderers() if each.name == name]


async def test_an_address_that_is_taken_is_said(mail_server, clock, unused_tcp_port):
    listening = await asyncio.start_server(
        lambda _reader, writer: writer.close(), "127.0.0.1", unused_tcp_port
    )
    async with listening:
        page = ReferralPage(settings(mail_server.port, port=unused_tcp_port), clock)
        with pytest.raises(errors.PageAddressTakenError), capture_logs():
            await page.run(MemoryInbox())


@pytest.mark.parametrize(
    "error", [each for each in vars(errors).values() if getattr(each, "code", "")]
)
def test_every_error_explains_itself(error):
    with pytest.raises(HubError, match=error.code):
        raise error("detail")
