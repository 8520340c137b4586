"""In a real browser, by keyboard alone, without scripts, as narrow as an old phone."""

import os
import re
from pathlib import Path

import msgspec
import pytest

from hub.sdk import Statement
from plugins.community.tests.page.browser import CHROMIUM, chromium, window
from plugins.community.tests.page.conftest import opened
from plugins.community.tests.page.referrals import PARTY, shown

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine"
)
#: Where screenshots go, for whoever wants to look at them.
PICTURES = os.environ.get("CAREHUB_PICTURES", "")
#: Fields without a label, pictures, scripts, things wider than the window, headings
#: that skip a level, ids that are there twice: none of it may be.
CHECKS = """(() => {
  const all = Array.from(document.querySelectorAll("*")), found = [];
  for (const it of document.querySelectorAll("input,select,textarea"))
    if (it.type !== "hidden" && !it.labels.length) found.push("no label: " + it.name);
  for (const it of document.querySelectorAll("input[type=radio]"))
    if (!it.closest("fieldset").querySelector("legend")) found.push("no legend");
  if (document.querySelector("script,img,iframe,object")) found.push("foreign");
  if (document.documentElement.scrollWidth > window.innerWidth)
    found.push("too wide: " + document.documentElement.scrollWidth);
  const ids = all.map(it => it.id).filter(Boolean);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  for (const it of document.querySelectorAll("button,a.button,header a"))
    if (it.getBoundingClientRect().height < 40) found.push("small: " + it.innerText);
  for (const it of document.querySelectorAll("[aria-describedby]"))
    for (const id of it.getAttribute("aria-describedby").split(" "))
      if (!document.getElementById(id)) found.push("nothing described by " + id);
  if (!document.documentElement.lang || !document.title) found.push("no lang, title");
  return found;
})()"""


#: Ways in which text has become a program in other people's pages.
HOSTILE = (
    "<script>window.hit=1</script>",
    "</dd><script>window.hit=1</script>",
    "</style><script>window.hit=1</script>",
    "</title></head><body onload=window.hit=1>",
    "<img src=x onerror=window.hit=1>",
    "<svg/onload=window.hit=1>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<details open ontoggle=window.hit=1>",
    "<input autofocus onfocus=window.hit=1>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<math><mtext><style><img src onerror=window.hit=1></style></mtext></math>",
    '" autofocus onfocus=window.hit=1 x="',
    "' onmouseover='window.hit=1",
    "javascript:window.hit=1",
    "<a href=javascript:window.hit=1>x</a>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "<meta http-equiv=refresh content='0;url=data:text/html,x'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>x",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<!--<img src=--><img src=x onerror=window.hit=1>",
    "{{constructor.constructor('window.hit=1')()}}",
    "\u003cscript\u003ewindow.hit=1\u003c/script\u003e",
    "<scr\x00ipt>window.hit=1</scr\x00ipt>",
)


@pytest.fixture(scope="module")
def browser_port(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser") / "profile") as port:
        yield port


async def looked_at(browser, name):
    """Check the page that is open; keep a picture of it where wanted."""
    assert await browser.value(CHECKS) == [], name
    assert browser.violations == [], name
    style = "getComputedStyle(document.querySelector('main')).maxWidth"
    assert await browser.value(style) != "none", "the policy lets the style through"
    if PICTURES:
        await browser.screenshot(Path(PICTURES) / f"{name}.png")


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_referral_is_worked_by_keyboard_alone(
    site, token, browser_port, language
):
    site.desk.show(
        PARTY,
        shown(
            "accepted",
            note="Can you bring it?\n<b>Third floor</b>",
            by="requester",
            safety={"safe_contact_methods": ["sms"]},
        ),
    )
    async with window(browser_port) as browser:
        await browser.open(f"{site.base}/r/{token}?lang={language}")
        await looked_at(browser, f"{language}-1-gate")
        way = await browser.tab_to(lambda it: it["tag"] == "BUTTON")
        assert way[0]["href"] == "#main"
        assert all(each["outline"] >= 2 for each in way), way
        assert way[0]["visible"], "the link to the content shows once it has the focus"
        await browser.press("Enter", leads_on=True)

        await looked_at(browser, f"{language}-2-code")
        way = await browser.tab_to(lambda it: it["name"] == "code")
        assert "Code" in way[-1]["label"]
        complete = "document.getElementById('code').autocomplete"
        assert await browser.value(complete) == "one-time-code"
        await browser.type("000000" if site.visitor.code != "000000" else "111111")
        await browser.press("Tab")
        await browser.type("Žofia Müller")
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-3-wrong-code")
        way = await browser.tab_to(lambda it: it["href"] == "#code")
        await browser.press("Enter")
        assert (await browser.focused())["name"] == "code", "a fault leads to its field"
        await browser.type(site.visitor.code)
        await browser.press("Enter", leads_on=True)

        await looked_at(browser, f"{language}-4-referral")
        assert "Third floor" in await browser.value("document.body.innerText")
        assert await browser.value("document.querySelectorAll('main b').length") == 0
        await browser.tab_to(lambda it: it["href"].endswith("/act/book"))
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-5-book")
        await browser.tab_to(
            lambda it: it["tag"] == "BUTTON" and it["type"] == "submit"
        )
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-6-book-faults")
        assert (
            await browser.value("document.querySelectorAll('.summary a').length") == 2
        )
        await _report_the_outcome(browser, f"{site.base}/r/{token}", language)

    (message,) = site.inbox.messages
    one = msgspec.json.decode(message.body, type=Statement)
    assert (one.says, one.name) == ("completed", "Žofia Müller")
    assert (one.outcome.code, one.outcome.text) == (
        "partially_resolved",
        "Zweimal geliefert",
    )


async def _report_the_outcome(browser, url, language):
    await browser.open(url)
    await browser.tab_to(lambda it: it["href"].endswith("/act/done"))
    await browser.press("Enter", leads_on=True)
    await looked_at(browser, f"{language}-7-done")
    way = await browser.tab_to(lambda it: it["name"] == "outcome")
    assert way[-1]["label"]
    await browser.press("Space")
    await browser.press("ArrowDown")
    await browser.tab_to(lambda it: it["name"] == "explain")
    await browser.type("Zweimal geliefert")
    await browser.tab_to(lambda it: it["tag"] == "BUTTON")
    await browser.press("Enter", leads_on=True)
    await looked_at(browser, f"{language}-8-saved")


async def test_pages_of_warnings_and_of_nothing_fit_an_old_phone(
    site, token, browser_port
):
    site.desk.show(
        PARTY,
        shown(
            "received",
            type_="cancel_requested",
            safety={"contact_prohibited": True, "safe_contact_methods": ["phone"]},
            service_requested={"display": "Donaudampfschifffahrtsgesellschaft" * 3},
        ),
    )
    async with window(browser_port) as browser:
        visitor = await site.visitor.sign_in(token)
        (cookie,) = (each for each in visitor.http.cookie_jar if each.key == "referral")
        await browser.ask(
            "Network.setCookie",
            name="referral",
            value=cookie.value,
            url=f"{site.base}/r/{token}",
            path=f"/r/{token}",
        )
        await browser.open(f"{site.base}/r/{token}")
        await looked_at(browser, "de-9-warning")
        await browser.open(f"{site.base}/r/{token}/act/decline")
        await looked_at(browser, "de-10-decline")
        await browser.open(f"{site.base}/r/{token}/act/done")
        await looked_at(browser, "de-11-not-now")
        await browser.open(f"{site.base}/r/{token}x")
        await looked_at(browser, "de-12-no-such-link")


async def test_no_text_of_a_referral_runs_in_a_browser(site, token, browser_port):
    text = " ".join(HOSTILE)
    coded = {"code": text, "display": text, "text": text}
    told = {
        **dict.fromkeys(("category", "priority", "need", "service_requested"), coded),
        "note": text,
        "by": text,
        "accessibility": [coded, *HOSTILE],
        "identifiers": {"placer": {"value": text}},
        "requester": {"org": {"name": text}, "telecoms": [{"value": text}]},
        "person": {
            "names": [{"family": text}],
            "telecoms": [{"system": "email", "value": text}],
            "addresses": [{"lines": list(HOSTILE), "city": text}],
            "language": coded,
        },
        "safety": {"safe_contact_methods": list(HOSTILE)},
        "status_reason": coded,
        "outcome": coded,
    }
    site.desk.show(PARTY, shown("accepted", **told))
    async with window(browser_port, scripts=True) as browser:
        visitor = await site.visitor.sign_in(token, name=text[:80], role=text[:80])
        (cookie,) = (each for each in visitor.http.cookie_jar if each.key == "referral")
        await browser.ask(
            "Network.setCookie",
            name="referral",
            value=cookie.value,
            url=f"{site.base}/r/{token}",
            path=f"/r/{token}",
        )
        for path in ("", "/act/message", "/act/done"):
            await browser.open(f"{site.base}/r/{token}{path}")
            assert await browser.value("typeof window.hit") == "undefined"
            await looked_at(browser, f"hostile{path.replace('/', '-')}")
        shown_text = await browser.value("document.body.innerText")

    assert "<svg/onload=window.hit=1>" in shown_text


@pytest.mark.parametrize("language", ["en", "de"])
async def test_what_was_typed_comes_back_in_a_browser(
    mail_server, clock, token, browser_port, language
):
    ticks = [1000.0]
    words = 'She "calls" <back>\nafter Easter, № 7'
    missed = {"at": "2026-03-24T14:30+01:00"}
    async with (
        opened(mail_server, clock, lambda: ticks[0]) as site,
        window(browser_port) as browser,
    ):
        site.desk.show(PARTY, shown("accepted", type_="no_show", appointment=missed))
        await _come_in(browser, f"{site.base}/r/{token}", mail_server, language)
        await looked_at(browser, f"{language}-13-no-show")
        await browser.open(f"{site.base}/r/{token}/act/fail")
        await looked_at(browser, f"{language}-14-fail")
        await browser.tab_to(lambda it: it["name"] == "outcome")
        await browser.press("Space")
        await browser.tab_to(lambda it: it["name"] == "explain")
        await browser.type(words)
        ticks[0] += 1801
        await browser.tab_to(lambda it: it["tag"] == "BUTTON")
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-15-signed-out")
        await browser.tab_to(lambda it: it["tag"] == "BUTTON")
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-16-code-again")
        await _enter(browser, mail_server)
        await looked_at(browser, f"{language}-17-resumed")
        chosen = "document.querySelector('[name=outcome]:checked').value"
        assert await browser.value(chosen) == "unresolved"
        assert not site.inbox.received
        await browser.tab_to(lambda it: it["tag"] == "BUTTON")
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-18-sent")
        site.desk.show(PARTY, shown("completed", type_="completed"))
        await browser.open(f"{site.base}/r/{token}/act/ask")
        await browser.tab_to(lambda it: it["name"] == "question")
        await browser.type(words)
        told = {"code": "resolved", "text": "A parcel a week"}
        closed = shown("completed", loop="closed_by_requester", outcome=told)
        site.desk.show(PARTY, closed)
        await browser.tab_to(lambda it: it["tag"] == "BUTTON")
        await browser.press("Enter", leads_on=True)
        await looked_at(browser, f"{language}-19-to-copy")
        await browser.open(f"{site.base}/r/{token}")
        await looked_at(browser, f"{language}-20-closed")

    (message,) = site.inbox.messages
    one = msgspec.json.decode(message.body, type=Statement)
    assert (one.says, one.reason.text) == ("failed", words)


async def _come_in(browser, url, mails, language):
    await browser.open(f"{url}?lang={language}")
    await browser.tab_to(lambda it: it["tag"] == "BUTTON")
    await browser.press("Enter", leads_on=True)
    await _enter(browser, mails)


async def _enter(browser, mails):
    code = re.search(r"\b[0-9]{6}\b", mails.bodies[-1].decode())[0]
    await browser.tab_to(lambda it: it["name"] == "code")
    await browser.type(code)
    await browser.press("Tab")
    await browser.type("Žofia Müller")
    await browser.press("Enter", leads_on=True)
