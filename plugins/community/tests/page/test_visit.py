"""From the link to the statement: what a worker does, and what is never possible."""

import asyncio
import re
import ssl

import aiohttp
import msgspec
import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from hub.sdk import MessageState, Processed, Recovery, Statement
from hub.testing import FakeClock, MemoryInbox, StoreRefusedError
from hub_community.page.errors import NotStoredError
from hub_community.page.telling import message_of, tell
from plugins.community.tests.mail.servers import authority, pem, tls_of
from plugins.community.tests.page.conftest import opened, settings, token_of
from plugins.community.tests.page.referrals import (
    CANARIES,
    KEY,
    NUMBER,
    PARTY,
    shown,
)

statement = msgspec.json.Decoder(Statement).decode


def said(site):
    return [statement(each.body) for each in site.inbox.messages]


async def read_with(cookies, url):
    """Return a page as a browser with somebody's cookies gets it."""
    async with (
        aiohttp.ClientSession(cookies=cookies) as http,
        http.get(url) as response,
    ):
        return await response.text()


async def test_a_link_alone_shows_nothing_of_the_referral(site, token):
    visitor = await site.visitor.get(f"/r/{token}")

    assert visitor.status == 200
    assert not [each for each in CANARIES if each in visitor.text]
    assert site.desk.looks == []


async def test_a_code_goes_to_the_address_of_the_organisation(site, token):
    visitor = await site.visitor.get(f"/r/{token}")
    await visitor.submit("/code")

    (mail,) = visitor.server.messages
    assert mail["To"] == "buero@tafel.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "buero" not in visitor.text


async def test_whoever_has_the_code_sees_the_referral(worker, site):
    assert "Ottilie Kanarienfrau" in worker.text
    assert "Vermittlung R-4711" in worker.text
    assert "Groceries once a week" in worker.text
    assert site.desk.looks == [(PARTY, KEY)]


async def test_a_code_is_good_for_one_time(site, token, another):
    await site.visitor.sign_in(token)
    used = site.visitor.code
    async with another() as other:
        await other.get(f"/r/{token}/code")
        await other.submit("/enter", code=used, name="Somebody")

        assert other.status == 422
        assert not [each for each in CANARIES if each in other.text]


async def test_a_code_is_void_after_five_wrong_ones(site, token):
    visitor = await site.visitor.get(f"/r/{token}")
    await visitor.submit("/code")
    right = visitor.code
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(5):
        await visitor.submit("/enter", code=wrong, name="Somebody")
        assert visitor.status == 422
    await visitor.submit("/enter", code=right, name="Somebody")

    assert visitor.status == 422
    assert not [each for each in CANARIES if each in visitor.text]


async def test_codes_are_not_sent_without_end(site, token):
    visitor = site.visitor
    statuses = []
    for _ in range(6):
        await visitor.get(f"/r/{token}")
        await visitor.submit("/code")
        statuses.append(visitor.status)

    assert statuses == [200] * 5 + [429]
    assert len(visitor.server.mails) == 5


async def test_a_code_without_a_name_is_not_used_up(site, token):
    visitor = await site.visitor.get(f"/r/{token}")
    await visitor.submit("/code")
    await visitor.submit("/enter", code=visitor.code, name=" ")
    assert visitor.status == 422
    assert 'href="#name"' in visitor.text
    await visitor.submit("/enter", code=visitor.code, name="Erika")

    assert "Ottilie" in visitor.text


async def test_a_mail_server_that_is_away_is_said(token, clock, unused_tcp_port):
    class Away:
        port = unused_tcp_port

    async with opened(Away, clock) as site:
        visitor = await site.visitor.get(f"/r/{token}")
        await visitor.submit("/code")

    assert visitor.status == 503
    assert "PAGE-018" in visitor.text


@pytest.mark.parametrize(
    ("act", "fields", "expected"),
    [
        ("accept", {}, {"says": "accepted"}),
        (
            "decline",
            {"reason": "no_capacity", "explain": ""},
            {
                "says": "rejected",
                "reason": ("no_capacity", "Wir haben keine Kapazität"),
            },
        ),
        (
            "decline",
            {"reason": "other", "explain": "Renovierung"},
            {"says": "rejected", "reason": ("other", "Renovierung")},
        ),
        (
            "hold",
            {"reason": "information_missing", "explain": "Welche Adresse?"},
            {"says": "on_hold", "reason": ("information_missing", "Welche Adresse?")},
        ),
        (
            "ask",
            {"question": "Seit wann?"},
            {"says": "information_requested", "text": "Seit wann?"},
        ),
        (
            "message",
            {"text": "Wir melden uns.\r\nBis bald"},
            {"says": "message_added", "text": "Wir melden uns.\nBis bald"},
        ),
    ],
)
async def test_an_act_becomes_a_statement(worker, site, act, fields, expected):
    await worker.act(act, **fields)

    (one,) = said(site)
    assert (one.by, one.party, one.referral) == ("performer", PARTY, NUMBER)
    assert (one.name, one.role) == ("Erika Muster", "Beratung")
    assert one.at == "2026-03-16T12:00:00.000Z"
    assert one.says == expected["says"]
    assert one.text == expected.get("text", "")
    reason = (one.reason.code, one.reason.text) if one.reason else None
    assert reason == expected.get("reason")
    assert "Gespeichert." in worker.text


@pytest.mark.parametrize(
    ("state", "act", "fields", "says"),
    [
        ("accepted", "book", {"date": "2026-03-24", "time": "14:30"}, "scheduled"),
        (
            "scheduled",
            "rebook",
            {"date": "24.3.2026", "time": "14.30 Uhr"},
            "appointment_rescheduled",
        ),
        (
            "in_progress",
            "book-again",
            {"date": "2026-03-24", "time": "14:30"},
            "appointment_booked",
        ),
    ],
)
async def test_an_appointment_is_local_time(site, token, state, act, fields, says):
    site.desk.show(PARTY, shown(state))
    worker = await site.visitor.sign_in(token)

    await worker.act(act, **fields)

    (one,) = said(site)
    assert one.says == says
    assert one.appointment == "2026-03-24T14:30+01:00"


@pytest.mark.parametrize(
    ("state", "act", "says"),
    [
        ("scheduled", "no-show", "no_show"),
        ("scheduled", "call-off", "appointment_cancelled"),
        ("accepted", "start", "in_progress"),
        ("on_hold", "resume", "accepted"),
        ("rejected", "reopen", "received"),
        ("expired", "accept", "accepted"),
    ],
)
async def test_each_state_has_its_acts(site, token, state, act, says):
    site.desk.show(PARTY, shown(state))
    worker = await site.visitor.sign_in(token)

    await worker.act(
        act, **({"reason": "other", "explain": "x"} if act == "call-off" else {})
    )

    assert [each.says for each in said(site)] == [says]


@pytest.mark.parametrize(
    ("act", "says"),
    [("done", "completed"), ("fail", "failed"), ("report", "outcome_reported")],
)
async def test_an_end_has_an_outcome(site, token, act, says):
    site.desk.show(PARTY, shown("in_progress"))
    worker = await site.visitor.sign_in(token)

    await worker.act(act, outcome="unresolved", explain="")

    (one,) = said(site)
    assert (one.says, one.outcome.code) == (says, "unresolved")
    if says == "failed":
        assert one.reason.text == "Der Bedarf besteht weiter"


@pytest.mark.parametrize(
    ("act", "fits", "misfits"),
    [
        ("done", "resolved", ["patient_unreachable", "no_capacity"]),
        ("fail", "patient_unreachable", ["resolved", "partially_resolved"]),
        ("report", "resolved", []),
    ],
)
async def test_the_outcomes_of_a_button_fit_its_heading(
    site, token, act, fits, misfits
):
    site.desk.show(PARTY, shown("in_progress"))
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/{act}")
    offered = re.findall(r'type="radio"[^>]* value="([^"]*)"', worker.text)
    for each in misfits:
        await worker.act(act, outcome=each, explain="x")
        assert worker.status == 422

    assert fits in offered
    assert "other" in offered
    assert not set(offered) & set(misfits)
    assert not site.inbox.received


@pytest.mark.parametrize(
    ("act", "says"), [("agree-to-cancel", "cancelled"), ("keep", "cancel_declined")]
)
async def test_a_wish_to_cancel_is_answered(site, token, act, says):
    site.desk.show(PARTY, shown("accepted", type_="cancel_requested"))
    worker = await site.visitor.sign_in(token)
    assert "Sie werden gebeten" in worker.text

    await worker.act(act)

    (one,) = said(site)
    assert one.says == says
    assert one.reason.text


async def test_nobody_can_agree_to_what_was_not_asked(site, token):
    site.desk.show(PARTY, shown("accepted"))
    worker = await site.visitor.sign_in(token)

    await worker.get(f"{worker.base_path}/act/agree-to-cancel")

    assert worker.status == 409


@pytest.mark.parametrize(
    ("act", "state", "fields", "field"),
    [
        ("decline", "requested", {}, "reason"),
        ("decline", "requested", {"reason": "other"}, "explain"),
        ("decline", "requested", {"reason": "<script>"}, "reason"),
        ("done", "accepted", {"outcome": "made up"}, "outcome"),
        ("ask", "requested", {"question": " \t "}, "question"),
        ("message", "requested", {"text": "x" * 2001}, "text"),
        ("book", "accepted", {"date": "03/04/2026", "time": "10:00"}, "date"),
        ("book", "accepted", {"date": "2026-02-30", "time": "10:00"}, "date"),
        ("book", "accepted", {"date": "٢٠٢٦-03-24", "time": "10:00"}, "date"),
        ("book", "accepted", {"date": "2026-03-01", "time": "10:00"}, "date"),
        ("book", "accepted", {"date": "2036-03-01", "time": "10:00"}, "date"),
        ("book", "accepted", {"date": "9999-12-31", "time": "10:00"}, "date"),
        ("book", "accepted", {"date": "2026-03-24", "time": "25:00"}, "time"),
        ("book", "accepted", {"date": "2026-03-29", "time": "02:30"}, "time"),
    ],
)
async def test_a_fault_is_named_and_linked_to_its_field(
    site, token, act, state, fields, field
):
    site.desk.show(PARTY, shown(state))
    worker = await site.visitor.sign_in(token)

    await worker.act(act, **fields)

    assert worker.status == 422
    assert f'<a href="#{field}">' in worker.text
    assert f'id="{field}"' in worker.text
    assert f'id="{field}-wrong"' in worker.text
    assert "<title>Fehler: " in worker.text
    assert not site.inbox.received


async def test_what_was_typed_is_still_there_after_a_fault(worker):
    await worker.act("decline", explain='Nur <b>"montags"</b> & dienstags')

    assert "Nur &lt;b&gt;&quot;montags&quot;&lt;/b&gt; &amp; dienstags" in worker.text


async def test_a_double_click_is_one_statement(worker, site):
    await worker.get(f"{worker.base_path}/act/accept")
    action, hidden = worker.form("/act/accept")
    url = worker.base + action

    async def click():
        async with worker.http.post(url, data=hidden | {"explain": ""}) as response:
            return response.status

    statuses = await asyncio.gather(*(click() for _ in range(4)))

    assert statuses == [200] * 4
    assert len(site.inbox.received) == 1
    assert site.inbox.received[0].control_id == hidden["nonce"]


async def test_the_same_form_with_something_else_in_it_is_not_taken(worker, site):
    await worker.get(f"{worker.base_path}/act/message")
    action, hidden = worker.form("/act/message")
    await worker.post(action, hidden | {"text": "one"})
    await worker.post(action, hidden | {"text": "two"})

    assert worker.status == 409
    assert [each.text for each in said(site)] == ["one"]


async def test_saved_is_said_only_of_what_is_stored(worker, site):
    site.inbox.fail_with(StoreRefusedError())
    await worker.get(f"{worker.base_path}/act/accept")
    action, hidden = worker.form("/act/accept")
    await worker.post(action, hidden)
    refused = worker.status, worker.text
    site.inbox.fail_with(None)
    await worker.post(action, hidden)

    assert refused[0] == 503
    assert "PAGE-017" in refused[1]
    assert "Gespeichert" not in refused[1]
    assert "Gespeichert" in worker.text
    first, second = site.inbox.received
    assert first.body == second.body


async def test_what_the_store_refuses_is_an_error_that_can_be_tried_again():
    inbox = MemoryInbox("page")
    inbox.fail_with(StoreRefusedError())
    now = FakeClock()()
    said = Statement(
        referral=NUMBER, by="performer", says="accepted", at=now.isoformat()
    )

    with pytest.raises(NotStoredError, match="PAGE-017") as caught:
        await tell(inbox, message_of(said, "n1", now))
    assert caught.value.recovery is Recovery.RETRY


async def test_a_store_that_says_nothing_is_not_waited_for_without_end(
    worker, site, monkeypatch
):
    monkeypatch.setattr("hub_community.page.telling._STORE_SECONDS", 0.05)
    site.inbox.submit = lambda *_: None
    await worker.act("accept")

    assert worker.status == 503
    assert "PAGE-017" in worker.text


@pytest.mark.parametrize(
    ("state", "told"),
    [(MessageState.PARKED, "passte nicht"), (None, "Eingegangen. Es kann")],
)
async def test_what_became_of_it_is_said(worker, site, state, told, monkeypatch):
    monkeypatch.setattr("hub_community.page.telling._WORK_SECONDS", 0.05)
    site.inbox.process_with(Processed(state=state) if state else None)

    await worker.act("accept")

    assert told in worker.text


async def test_a_step_that_no_longer_fits_is_refused(worker, site):
    await worker.get(f"{worker.base_path}/act/accept")
    site.desk.show(PARTY, shown("cancelled"))
    await worker.submit("/act/accept")

    assert worker.status == 409
    assert not site.inbox.received
    assert "PAGE-014" in worker.text


async def test_an_answer_after_the_expiry_is_not_sent_unawares(worker, site):
    """The form was filled in when it still counted; the page now says so first."""
    await worker.get(f"{worker.base_path}/act/accept")
    site.desk.show(PARTY, shown("expired"))
    await worker.submit("/act/accept")
    refused = worker.status
    await worker.get(worker.base_path)

    assert refused == 409
    assert "Die Zeit zu antworten ist vorbei" in worker.text
    assert "/act/accept" in worker.text


@pytest.mark.parametrize(
    ("language", "type_", "recorded", "left"),
    [
        (
            "en",
            "no_show",
            "the person did not come to the appointment on 24 March 2026, 14:30.",
            "No appointment is left.",
        ),
        (
            "de",
            "no_show",
            "Die Person ist zum Termin am 24. März 2026, 14:30 Uhr nicht gekommen.",
            "Es steht kein Termin mehr an.",
        ),
        (
            "en",
            "appointment_cancelled",
            "the appointment on 24 March 2026, 14:30 is off.",
            "No appointment is left.",
        ),
    ],
)
async def test_an_appointment_that_fell_through_is_said_and_what_comes_next(
    site, token, language, type_, recorded, left
):
    missed = {"at": "2026-03-24T14:30+01:00"}
    site.desk.show(PARTY, shown("accepted", type_=type_, appointment=missed))
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}?lang={language}")
    box = re.search('<section class="box state">.*?</section>', worker.text, re.DOTALL)

    assert recorded in box[0]
    assert left in box[0]
    assert re.findall('href="[^"]*/act/([^"]*)"', box[0]) == ["book", "done", "fail"]
    assert re.search('href="#steps">(All that|Alles, was)', box[0])


async def test_a_missed_appointment_is_none_that_is_still_to_come(site, token):
    missed = {"at": "2026-03-24T14:30+01:00"}
    site.desk.show(PARTY, shown("in_progress", type_="no_show", appointment=missed))
    worker = await site.visitor.sign_in(token)

    assert "nicht gekommen" in worker.text
    assert "<dt>Termin</dt>" not in worker.text
    assert "/act/book-again" in worker.text


async def test_a_missed_appointment_without_a_time_is_said(site, token):
    site.desk.show(PARTY, shown("accepted", type_="no_show"))
    worker = await site.visitor.sign_in(token)

    assert "Die Person ist nicht zum Termin gekommen." in worker.text


async def test_an_appointment_is_not_said_to_have_failed_before_the_last_event(
    site, token
):
    site.desk.show(PARTY, shown("accepted", type_="information_provided"))
    worker = await site.visitor.sign_in(token)

    assert "Festgehalten" not in worker.text


@pytest.mark.parametrize("loop", ["open", "closed_by_requester", "auto_closed"])
async def test_an_outcome_is_shown_with_its_text_open_or_closed(site, token, loop):
    told = {"code": "resolved", "text": "A parcel a week"}
    site.desk.show(PARTY, shown("completed", loop=loop, outcome=told))
    worker = await site.visitor.sign_in(token)

    assert "<dd>Der Bedarf ist gedeckt: A parcel a week</dd>" in worker.text


@pytest.mark.parametrize(
    ("org", "name"),
    [
        ({"name": "KLINIK_01", "display": "Klinik Test"}, "Klinik Test"),
        ({"name": "Klinik Test"}, "Klinik Test"),
        ("Klinik Test", "Klinik Test"),
    ],
)
async def test_who_asks_is_called_by_name(site, token, org, name):
    site.desk.show(PARTY, shown(requester={"party": "klinik", "org": org}))
    worker = await site.visitor.sign_in(token)

    assert f"<dt>Organisation</dt><dd>{name}</dd>" in worker.text
    assert "KLINIK_01" not in worker.text
    assert "<dt>Deren Nummer der Vermittlung</dt><dd>R-4711</dd>" in worker.text


async def test_a_closed_referral_has_no_steps(site, token):
    site.desk.show(PARTY, shown("completed", loop="closed_by_requester"))
    worker = await site.visitor.sign_in(token)
    assert "abgeschlossen" in worker.text
    assert "/act/" not in worker.text
    await worker.get(f"{worker.base_path}/act/message")

    assert worker.status == 409


async def test_a_consent_that_was_withdrawn_shows_nothing(worker, site):
    site.desk.hide(PARTY, KEY)
    for path in ("", "/act/accept"):
        await worker.get(worker.base_path + path)

        assert worker.status == 404
        assert "PAGE-013" in worker.text
        assert not [each for each in CANARIES if each in worker.text]


async def test_a_referral_that_nobody_numbers_takes_no_statement(worker, site):
    site.desk._numbers.clear()
    await worker.act("accept")

    assert worker.status == 404
    assert not site.inbox.received


async def test_contact_that_is_prohibited_is_said_first(site, token):
    safety = {"contact_prohibited": True, "safe_contact_methods": ["via_requester"]}
    site.desk.show(PARTY, shown(safety=safety))
    worker = await site.visitor.sign_in(token)
    await worker.get(f"{worker.base_path}/act/accept")

    main = worker.text.partition("<main")[2]
    assert main.index("keinen Kontakt") < main.index("<h1")
    assert "über die anfragende Stelle" in main


async def test_no_way_to_contact_is_shown_where_contact_is_prohibited(site, token):
    site.desk.show(PARTY, shown(safety={"contact_prohibited": True}))
    worker = await site.visitor.sign_in(token)

    assert "030 5550199" not in worker.text
    assert "030 5550100" in worker.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-2],
        lambda token: token + "A",
        lambda token: token.replace(".", "", 1),
        lambda token: "A" + token,
        lambda token: token.partition(".")[0] + ".AAAA",
        lambda _: "x" * 5000,
        lambda _: "..%2f..%2fetc%2fpasswd",
        lambda _: "%00",
    ],
)
async def test_a_forged_link_opens_nothing(site, token, spoil):
    visitor = await site.visitor.get(f"/r/{spoil(token)}")

    assert visitor.status == 404
    assert visitor.server.mails == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"days": 0}, 410),
        ({"party": "nobody"}, 404),
        ({"email": "former@tafel.example"}, 410),
        ({"version": 2}, 404),
        ({"expires": 1 << 41}, 404),
        ({"referral": ""}, 404),
    ],
)
async def test_a_link_that_no_longer_holds_says_so(site, clock, changes, status):
    visitor = await site.visitor.get(f"/r/{token_of(clock, **changes)}")
    await visitor.post(visitor.path + "/code", {})

    assert visitor.status == status
    assert visitor.server.mails == []


async def test_a_link_ends_a_session_when_it_expires(worker, clock):
    clock.advance(days=15)

    await worker.get(worker.base_path)

    assert worker.status == 410


async def test_a_session_opens_only_its_own_link(worker, site, clock):
    cookies = {each.key: each.value for each in worker.http.cookie_jar}
    for changes in (
        {"mark": "m2"},
        {"party": "pantry", "email": "desk@pantry.example"},
    ):
        other = token_of(clock, **changes)
        site.desk.show("pantry", shown())
        text = await read_with(cookies, f"{worker.base}/r/{other}")

        assert not [each for each in CANARIES if each in text]


async def test_a_session_is_short(mail_server, clock, token):
    ticks = [1000.0]
    async with opened(mail_server, clock, lambda: ticks[0]) as site:
        worker = await site.visitor.sign_in(token)
        await worker.get(f"{worker.base_path}/act/accept")
        ticks[0] += 1801
        await worker.submit("/act/accept")

    assert worker.status == 403
    assert "PAGE-012" in worker.text
    assert not site.inbox.received


async def test_a_cookie_that_was_signed_out_opens_nothing(worker):
    cookies = {each.key: each.value for each in worker.http.cookie_jar}
    await worker.submit("/leave")
    assert "abgemeldet" in worker.text
    text = await read_with(cookies, worker.base + worker.base_path)

    assert not [each for each in CANARIES if each in text]


@pytest.mark.parametrize("forged", ["", "x" * 4000, "0" * 32 + ".AAAA", "ü.ü", "a.b.c"])
async def test_a_forged_cookie_opens_nothing(site, token, forged):
    headers = {"Cookie": f"referral={forged}"} if forged.isascii() else {}
    visitor = await site.visitor.get(f"/r/{token}", headers=headers)

    assert not [each for each in CANARIES if each in visitor.text]


async def test_the_cookie_is_for_the_page_alone(site, token):
    visitor = await site.visitor.get(f"/r/{token}")
    await visitor.submit("/code")
    action, hidden = visitor.form("/enter")
    async with visitor.http.post(
        visitor.base + action,
        data=hidden | {"code": visitor.code, "name": "Erika"},
        allow_redirects=False,
    ) as response:
        cookie = response.headers["Set-Cookie"]

    assert response.status == 303
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"Path=/r/{token}" in cookie
    assert "Secure" not in cookie


async def test_the_cookie_is_secure_where_the_page_is(mail_server, clock, token):
    async with opened(
        mail_server, clock, public_url="https://referrals.example.org/help/"
    ) as site:
        visitor = site.visitor
        await visitor.get(f"/help/r/{token}")
        await visitor.submit("/code")
        action, hidden = visitor.form("/enter")
        async with visitor.http.post(
            visitor.base + action,
            data=hidden | {"code": visitor.code, "name": "Erika"},
            allow_redirects=False,
        ) as response:
            cookie = response.headers["Set-Cookie"]

    assert "Secure" in cookie
    assert f"Path=/help/r/{token}" in cookie
    assert response.headers["Location"] == f"/help/r/{token}"


@pytest.mark.parametrize("csrf", ["", "0" * 32, "ü"])
async def test_a_form_without_its_token_is_refused(worker, site, csrf):
    await worker.get(f"{worker.base_path}/act/accept")
    await worker.submit("/act/accept", csrf=csrf)

    assert worker.status == 403
    assert "PAGE-016" in worker.text
    assert not site.inbox.received


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_a_foreign_page_is_refused(worker, site, headers):
    await worker.get(f"{worker.base_path}/act/accept")
    action, hidden = worker.form("/act/accept")
    await worker.post(action, hidden, headers=headers)

    assert worker.status == 403
    assert not site.inbox.received


async def test_a_form_in_another_form_is_refused(worker, site):
    await worker.get(f"{worker.base_path}/act/accept")
    action, hidden = worker.form("/act/accept")
    body = "&".join(f"{name}={value}" for name, value in hidden.items())
    await worker.post(action, body, headers={"Content-Type": "text/plain"})
    assert worker.status == 400
    assert "PAGE-019" in worker.text
    await worker.post(action, {"x": "y" * 70_000})

    assert worker.status == 413
    assert not site.inbox.received


async def test_a_form_of_too_many_fields_is_refused(worker, site):
    await worker.get(f"{worker.base_path}/act/accept")
    action, hidden = worker.form("/act/accept")
    with capture_logs() as logs:
        await worker.post(action, hidden | {f"x{number}": "" for number in range(30)})

    assert worker.status == 400
    assert "PAGE-019" in worker.text
    assert [each["error_code"] for each in logs] == ["PAGE-019"]
    assert not site.inbox.received


@pytest.mark.parametrize("path", ["", "/code", "/act/accept", "/nowhere"])
async def test_every_answer_has_the_headers_that_keep_it_safe(worker, path):
    await worker.get(worker.base_path + path)

    headers = worker.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Server"] == "carehub"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"])
async def test_other_methods_are_refused(site, token, method):
    async with site.visitor.http.request(method, f"{site.base}/r/{token}") as response:
        text = await response.text()

    assert response.status in {403, 405}
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9", "de"),
        ("fr, en;q=0.8, de", "en"),
        ("x" * 8192, "en"),
        (",".join(["de"] * 2700), "de"),
        ("", "en"),
    ],
)
async def test_a_browser_says_which_language_where_nobody_else_does(
    site, header, language
):
    headers = {"Accept-Language": header}
    visitor = await site.visitor.get("/r/none", headers=headers)

    assert visitor.status == 404
    assert f'<html lang="{language}">' in visitor.text


async def test_the_language_can_be_switched_and_stays(worker):
    assert '<html lang="de">' in worker.text
    await worker.get(f"{worker.base_path}?lang=en")
    assert "What you can do" in worker.text
    await worker.get(f"{worker.base_path}/act/decline")

    assert '<html lang="en">' in worker.text
    assert "We have no capacity" in worker.text


async def test_markup_in_what_is_told_is_text(site, token):
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    site.desk.show(
        PARTY,
        shown(
            note=bad,
            service_requested={"display": bad},
            person={"names": [{"family": bad}], "telecoms": [{"value": bad}]},
            requester={"org": {"name": bad}},
            identifiers={"placer": {"value": bad}},
            safety={"safe_contact_methods": [bad]},
        ),
    )
    worker = await site.visitor.sign_in(token, name=bad, role=bad)
    pages = worker.text
    await worker.get(f"{worker.base_path}/act/message")
    pages += worker.text

    assert "<script" not in pages
    assert "<img" not in pages
    assert "&lt;script&gt;" in pages


@pytest.mark.parametrize(
    "name", ["Žofia Ćwiklińska", "王小明", "O'Neil \u202eevil", "Ärmel 🏥", "e\u0301"]
)
async def test_names_are_kept_as_they_are_written(site, token, name):
    worker = await site.visitor.sign_in(token, name=name)
    await worker.act("accept")

    (one,) = said(site)
    assert one.name.replace("é", "e\u0301") == name or one.name == name


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"state": None, "person": [], "identifiers": "x", "safety": "yes"},
        {"state": 5, "person": {"names": "Ottilie", "telecoms": [None, 3]}},
        {"appointment": {"at": "never"}, "desired_by": {"raw": "20260323"}},
        {"category": ["a"], "outcome": {"code": []}, "requester": 4, "text": ["x"]},
    ],
)
async def test_a_page_copes_with_whatever_is_told(site, token, odd):
    notice = shown()
    event = msgspec.structs.replace(notice.event, payload=odd)
    site.desk.show(PARTY, msgspec.structs.replace(notice, event=event))

    worker = await site.visitor.sign_in(token)

    assert worker.status == 200


async def test_nothing_of_the_referral_leaves_the_page(site, token, caplog):
    caplog.set_level("DEBUG")
    with capture_logs() as logs:
        worker = await site.visitor.sign_in(token)
        await worker.act("message", text="Kanarienfrau Ottilie")
        await worker.get(f"{worker.base_path}/act/nothing")
        titles = re.findall("<title>.*?</title>", worker.text)
    wire = b"".join(worker.server.mails).decode()
    written = repr(logs) + caplog.text.replace(worker.text, "") + wire + repr(titles)

    assert not [each for each in CANARIES if each in written]
    assert not [each for each in CANARIES if each in worker.path]
    assert token not in repr(logs)
    assert worker.code not in repr(logs)


async def test_a_fault_of_ours_shows_nothing(worker, site):
    async def fail(*_):
        raise RuntimeError("Kanarienfrau")

    site.desk.newest = fail
    with capture_logs() as logs:
        await worker.get(worker.base_path)

    assert worker.status == 500
    assert "Kanarienfrau" not in worker.text
    assert "RuntimeError" not in worker.text
    assert [each["error_code"] for each in logs] == ["PAGE-002"]


async def test_a_page_can_speak_tls_by_itself(mail_server, clock, token, tmp_path):
    ca = authority()
    tls_of(ca, tmp_path)
    (tmp_path / "ca.pem").write_bytes(pem(ca[1]))
    own = tmp_path / "localhost.pem"
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    changes = {"tls_certificate": own, "tls_key": own, "host": "localhost"}
    async with (
        opened(mail_server, clock, **changes) as site,
        aiohttp.ClientSession() as http,
    ):
        url = site.base.replace("127.0.0.1", "localhost").replace("[::1]", "localhost")
        async with http.get(f"{url}/r/{token}", ssl=trusting) as response:
            text = await response.text()

    assert url.startswith("https://")
    assert "Code senden" in text


async def test_a_secret_can_be_replaced_without_breaking_links(
    mail_server, clock, token, monkeypatch
):
    monkeypatch.setenv("NEW_SECRET", "another synthetic secret, as long as the first")
    changes = {"secret": "env:NEW_SECRET", "secret_previous": "env:PAGE_SECRET"}
    async with opened(mail_server, clock, **changes) as site:
        kept = (await site.visitor.get(f"/r/{token}")).status
    async with opened(mail_server, clock, secret="env:NEW_SECRET") as site:
        lost = (await site.visitor.get(f"/r/{token}")).status

    assert (kept, lost) == (200, 404)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"host": "0.0.0.0"}, "can be reached by others"),  # noqa: S104
        ({"public_url": "http://referrals.example.org"}, "https"),
        ({"public_url": "https://u:p@referrals.example.org"}, "without user"),
        ({"public_url": "javascript:alert(1)"}, "must be a URL"),
        ({"tls_certificate": "cert.pem"}, "go together"),
        ({"time_zone": "Berlin"}, "IANA"),
        ({"parties": {}}, "at least 1"),
        ({"secret": "env:SHORT"}, "32 characters"),
    ],
)
def test_settings_that_are_unsafe_are_refused(changes, problem, monkeypatch):
    monkeypatch.setenv("SHORT", "short")

    with pytest.raises(ValueError, match=problem):
        settings(25, **changes)


def test_a_certificate_that_cannot_be_used_is_found_before_the_page_opens(tmp_path):
    ca, names = authority(), ("localhost", "other.test")
    for name in names:
        tls_of(ca, tmp_path, name)
    own, other = (tmp_path / f"{name}.pem" for name in names)
    locked, broken = tmp_path / "locked.pem", tmp_path / "broken.pem"
    locked.write_bytes(pem(ca[0], password=b"made-up password"))
    broken.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    absent = tmp_path / "absent.pem"

    assert settings(25, tls_certificate=own, tls_key=own).tls()
    for certificate, key in (
        (broken, own),
        (own, broken),
        (own, other),
        (own, locked),
        (absent, own),
        (own, absent),
        (own, tmp_path),
    ):
        with pytest.raises(ValidationError, match="must be PEM files"):
            settings(25, tls_certificate=certificate, tls_key=key)
