"""What was typed is not lost where a visit ended. Everybody in here is made up."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hub.testing import StoreRefusedError
from hub_community.page.forms import tidy
from hub_community.page.frame import post
from hub_community.page.keeping import kept_of, sealed
from hub_community.page.links import Link
from plugins.community.tests.page.conftest import opened, token_of
from plugins.community.tests.page.referrals import CANARIES, KEY, PARTY, shown
from plugins.community.tests.page.test_visit import said

WORDS = 'Sie "kommt" <b>nicht</b> & ruft an\nnach Ostern'
SENT = {"reason": "other", "explain": WORDS}
LINK = Link(1, KEY, PARTY, "digest", 2_000_000_000, "m1")


class Watch:
    """A clock of seconds that a test moves on."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
async def site(mail_server, clock, watch):
    async with opened(mail_server, clock, watch) as found:
        yield found


def typed(visitor):
    """Return the explanation that stands in the form on a page."""
    area = re.search(
        r'<textarea[^>]*id="explain"[^>]*>(.*?)</textarea>', visitor.text, 16
    )
    return unescape(area[1])


async def too_late(site, token, watch, act="decline", **fields):
    """Let a visit end while a form is filled in, and send it; return the worker."""
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/{act}")
    watch.now += 1801
    return await worker.submit(f"/act/{act}", **(fields or SENT))


async def sign_in_again(worker):
    count = len(worker.server.mails)
    await worker.submit("/code")
    await worker.server.arrivals(count + 1)
    return await worker.submit("/enter", code=worker.code, name="Erika Muster")


async def test_a_form_of_a_visit_that_is_over_comes_back_after_the_code(
    site, token, watch
):
    worker = await too_late(site, token, watch)
    assert worker.status == 403
    assert "PAGE-012" in worker.text
    assert "nicht verloren" in worker.text
    await sign_in_again(worker)

    assert worker.status == 200
    assert typed(worker) == WORDS
    assert re.search('value="other" checked', worker.text)
    assert "Das ist noch nicht gesendet" in worker.text
    assert not site.inbox.received


async def test_it_is_sent_once_the_worker_says_so_again(site, token, watch):
    worker = await sign_in_again(await too_late(site, token, watch))
    fields = {"reason": "other", "explain": typed(worker)}
    await worker.submit("/act/decline", **fields)

    (one,) = said(site)
    assert (one.says, one.reason.text) == ("rejected", WORDS)
    assert "Gespeichert." in worker.text


async def test_a_wrong_code_loses_nothing(site, token, watch):
    worker = await too_late(site, token, watch)
    await worker.submit("/code")
    await worker.submit("/enter", code="1", name="Erika Muster")
    assert worker.status == 422
    assert "<title>Fehler: " in worker.text
    await sign_in_again(worker)

    assert typed(worker) == WORDS


async def test_a_code_that_cannot_be_sent_loses_nothing(site, token, watch):
    worker = await too_late(site, token, watch)
    for _ in range(4):
        await worker.submit("/code")
        assert worker.status == 200
    with capture_logs() as logs:
        await worker.submit("/code")

    assert worker.status == 429
    assert "PAGE-015" in worker.text
    assert [each["error_code"] for each in logs] == ["PAGE-015"]
    watch.now += 3600
    await sign_in_again(worker)
    assert typed(worker) == WORDS


async def test_what_was_typed_is_in_no_address_cookie_or_log(
    site, token, watch, caplog
):
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        worker = await too_late(site, token, watch, "message", text="Kanarienfrau")
        await worker.submit("/code")
        addresses = [worker.path]
        await worker.submit("/enter", code=worker.code, name="Erika Muster")
    addresses.append(worker.path)
    cookies = [each.value for each in worker.http.cookie_jar]
    mails = b"".join(worker.server.mails).decode()

    assert "Kanarienfrau" in worker.text
    written = f"{addresses}{cookies}{logs}{mails}{caplog.text}"
    assert not [each for each in CANARIES if each in written]


async def test_a_visit_that_is_over_shows_nothing_but_what_was_sent(site, token, watch):
    worker = await too_late(site, token, watch, "message", text="Hello")
    pages = worker.text
    await worker.submit("/code")
    pages += worker.text

    assert "Hello" in pages
    assert not [each for each in CANARIES if each in pages]
    assert len(site.desk.looks) == 2


async def test_markup_that_was_typed_stays_text_on_all_the_way(site, token, watch):
    worker = await too_late(site, token, watch, "message", text='"><script>x</script>')
    pages = worker.text
    await worker.submit("/code")
    pages += worker.text
    await worker.submit("/enter", code=worker.code, name="Erika Muster")

    assert "<script" not in pages + worker.text


async def test_there_is_no_link_that_would_lose_what_was_typed(site, token, watch):
    worker = await too_late(site, token, watch)
    pages = [worker.text]
    await worker.submit("/code")
    pages.append(worker.text)
    await worker.submit("/enter", code=worker.code, name="Erika Muster")
    pages.append(worker.text)

    assert not [each for each in pages if "?lang=" in each]


async def test_a_referral_that_moved_meanwhile_is_said_before_it_is_sent(
    site, token, watch
):
    worker = await too_late(site, token, watch)
    site.desk.show(PARTY, shown("expired"))
    await sign_in_again(worker)

    assert worker.status == 200
    assert "Der Stand ist jetzt: Nicht rechtzeitig beantwortet" in worker.text
    assert "Die Zeit zu antworten ist vorbei" in worker.text
    assert typed(worker) == WORDS


async def test_what_can_no_longer_be_sent_can_be_copied(site, token, watch):
    worker = await too_late(site, token, watch)
    site.desk.show(PARTY, shown("accepted"))
    await sign_in_again(worker)

    assert worker.status == 409
    assert "PAGE-014" in worker.text
    assert "Was Sie geschrieben hatten" in worker.text
    assert WORDS in unescape(worker.text)
    await worker.get(worker.base_path)
    assert "Ottilie" in worker.text


async def test_a_form_of_an_earlier_visit_comes_back_at_once(site, token, watch):
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/decline")
    form = worker.text
    watch.now += 1801
    await worker.sign_in(token, name="Jan Muster")
    worker.text = form
    await worker.submit("/act/decline", **SENT)
    assert worker.status == 403
    assert "PAGE-016" in worker.text
    assert not site.inbox.received
    assert typed(worker) == WORDS
    await worker.submit("/act/decline", **SENT)

    (one,) = said(site)
    assert one.name == "Jan Muster"


async def test_a_restart_of_the_hub_loses_nothing_that_was_typed(
    site, mail_server, clock, token
):
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/decline")
    async with opened(mail_server, clock) as restarted:
        worker.base = restarted.base
        await worker.submit("/act/decline", **SENT)
        assert worker.status == 403
        await sign_in_again(worker)

        assert typed(worker) == WORDS
        assert not restarted.inbox.received


async def test_a_message_survives_a_referral_that_moved_on(site, token):
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/message")
    site.desk.show(PARTY, shown("accepted"))
    await worker.submit("/act/message", text=WORDS)

    assert worker.status == 409
    assert "PAGE-014" in worker.text
    assert "Der Stand ist jetzt: Angenommen" in worker.text
    assert WORDS in unescape(worker.text)
    await worker.submit("/act/message", text=WORDS)
    assert [each.text for each in said(site)] == [WORDS]


async def test_what_could_not_be_stored_can_be_copied(site, token):
    site.inbox.fail_with(StoreRefusedError())
    worker = await site.visitor.sign_in(token)
    await worker.act("message", text=WORDS)

    assert worker.status == 503
    assert WORDS in unescape(worker.text)


async def test_a_visit_that_is_over_ends_only_forms_of_this_page(site, token, watch):
    """Nobody else can put words into the form that somebody is about to send."""
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/message")
    watch.now += 1801
    for changed in ({"seal": "0" * 64}, {"seal": ""}, {"nonce": "0" * 32}):
        page = worker.text
        await worker.submit("/act/message", text="Foreign words", **changed)
        assert worker.status == 403
        assert "Foreign words" not in worker.text
        worker.text = page


async def test_a_form_of_a_foreign_page_is_not_given_back(site, token, watch):
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/message")
    watch.now += 1801
    action, hidden = worker.form("/act/message")
    headers = {"Origin": "https://evil.example"}
    await worker.post(action, hidden | {"text": "Foreign"}, headers=headers)

    assert worker.status == 403
    assert "Foreign" not in worker.text


async def test_a_seal_is_of_its_own_link(site, token, watch, clock):
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/message")
    _, hidden = worker.form("/act/message")
    watch.now += 1801
    other = token_of(clock, mark="m2")
    await worker.post(f"/r/{other}/act/message", hidden | {"text": "Hello"})

    assert worker.status == 403
    assert "Hello" not in worker.text


async def test_a_consent_withdrawn_meanwhile_still_leaves_the_own_words(
    site, token, watch
):
    worker = await too_late(site, token, watch)
    site.desk.hide(PARTY, KEY)
    await sign_in_again(worker)

    assert worker.status == 404
    assert "PAGE-013" in worker.text
    assert WORDS in unescape(worker.text)
    assert not [each for each in CANARIES if each in worker.text]


async def test_a_visit_that_has_sent_too_much_is_not_offered_the_form_again(
    site, token, monkeypatch
):
    monkeypatch.setattr("hub_community.page.sessions.MOST_FORMS", 0)
    worker = await site.visitor.sign_in(token)
    await worker.act("message", text=WORDS)

    assert worker.status == 403
    assert "PAGE-016" in worker.text
    assert "/act/message" not in worker.text
    assert WORDS in unescape(worker.text)


class Fields(HTMLParser):
    """The hidden fields of a form, as a browser reads them."""

    def __init__(self):
        super().__init__()
        self.found = {}

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input":
            self.found[given["name"]] = given["value"]


@given(st.text(max_size=80), st.text(max_size=20))
def test_whatever_is_typed_is_carried_as_it_is(text, state):
    seal = sealed("a" * 40, LINK, "decline", "n")
    posted = {"nonce": "n", "seal": seal, "state": state, "explain": text}
    kept = kept_of("decline", posted, LINK, ["a" * 40])
    fields = Fields()
    fields.feed(post("/r/x/code", **kept.hidden()))
    fields.close()

    again = kept_of(fields.found["act"], fields.found, LINK, ["a" * 40])
    assert again == kept
    assert again.values == {"reason": "", "explain": tidy(text)}


@pytest.mark.parametrize(
    ("name", "secret", "link"),
    [
        ("accept", "a" * 40, LINK),
        ("message", "b" * 40, LINK),
        ("message", "a" * 40, Link(1, "rec_2", PARTY, "digest", 2_000_000_000, "m1")),
        ("none", "a" * 40, LINK),
    ],
)
def test_a_seal_fits_one_form(name, secret, link):
    posted = {"nonce": "n", "seal": sealed("a" * 40, LINK, "message", "n"), "text": "x"}

    assert kept_of("message", posted, LINK, ["b" * 40, "a" * 40]).values == {
        "text": "x"
    }
    assert kept_of(name, posted, link, [secret]) is None


def test_what_is_carried_has_an_end():
    seal = sealed("a" * 40, LINK, "message", "n")
    posted = {"nonce": "n", "seal": seal, "text": "x" * 60_000, "more": "y"}

    kept = kept_of("message", posted, LINK, ["a" * 40])

    assert kept.values == {"text": "x" * 4000}
    assert "more" not in kept.hidden()
