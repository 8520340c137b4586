"""The parts of the page: links, codes, sessions, forms, words, colours."""

import re
import string
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub_community.page as package
from hub.sdk import SIDE_FACTS, RecordKey, ReferralOutcome, ReferralState
from hub_community.page import codes, links
from hub_community.page.acts import ACTS, BY_NAME, open_acts
from hub_community.page.codes_sent import Answer, Codes
from hub_community.page.errors import (
    ForeignFormError,
    LinkExpiredError,
    NoSuchLinkError,
    NotSignedInError,
    TooManyCodesError,
    VisitError,
)
from hub_community.page.forms import Fault, Filled, Worker, filled, statement_of
from hub_community.page.frame import Place
from hub_community.page.html import element
from hub_community.page.links import Link
from hub_community.page.screens import code_entry
from hub_community.page.sessions import MOST_FORMS, Session, Sessions, new_nonce
from hub_community.page.style import COLOURS, PAIRS, POLICY, SHEET, contrast
from hub_community.page.view import view_of
from hub_community.page.wording import TEXTS, Words, preferred_language
from plugins.community.tests.page.referrals import shown

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
SECRETS = ("a" * 40, "b" * 40)
BERLIN = ZoneInfo("Europe/Berlin")


def link(**changes):
    given = {
        "version": 1,
        "referral": "rec_1",
        "party": "tafel",
        "address": "digest",
        "expires": int(NOW.timestamp()) + 60,
        "mark": "m",
    }
    return Link(**given | changes)


@given(
    referral=st.text(min_size=1, max_size=100),
    party=st.text(min_size=1, max_size=100),
    mark=st.text(max_size=60),
)
def test_what_is_signed_is_read(referral, party, mark):
    made = link(referral=referral, party=party, mark=mark)
    try:
        token = links.signed(made, SECRETS[0])
    except UnicodeEncodeError:  # no referral and no partner is called like that
        return
    if len(token) > links.LONGEST_TOKEN:
        return

    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")
    assert links.read(token, SECRETS, NOW) == made


@given(st.data())
def test_a_token_with_another_character_is_none(data):
    token = links.signed(link(), SECRETS[0])
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from(string.ascii_letters + string.digits + "-_.=+/ ü")
    )
    changed = token[:place] + other + token[place + 1 :]

    if changed == token:
        return
    with pytest.raises(NoSuchLinkError):
        links.read(changed, SECRETS, NOW)


@given(st.text(max_size=700))
def test_no_text_but_a_token_is_one(text):
    with pytest.raises(NoSuchLinkError):
        links.read(text, SECRETS, NOW)


def test_claims_without_a_right_signature_are_not_read():
    token = links.signed(link(expires=0), "c" * 40)

    with pytest.raises(NoSuchLinkError):
        links.read(token, SECRETS, NOW)


def test_a_link_expires_to_the_second():
    token = links.signed(link(), SECRETS[1])

    assert links.read(token, SECRETS, NOW + timedelta(seconds=59))
    with pytest.raises(LinkExpiredError):
        links.read(token, SECRETS, NOW + timedelta(seconds=60))


def test_a_code_is_right_once_and_for_its_own_link():
    sent = Codes(valid_seconds=60, tries=5)
    code = sent.issue(link(), 0)

    assert sent.enter(link(mark="other"), code, 1) is Answer.WRONG
    assert sent.enter(link(), code, 59) is Answer.RIGHT
    assert sent.enter(link(), code, 59) is Answer.WRONG


def test_a_code_is_over_after_its_time():
    sent = Codes(valid_seconds=60, tries=5)
    code = sent.issue(link(), 0)

    assert sent.enter(link(), code, 60) is Answer.WRONG


def test_a_new_code_voids_the_one_before():
    sent = Codes(valid_seconds=60, tries=5)
    first = second = sent.issue(link(), 0)
    while second == first:
        second = sent.issue(link(), 0)

    assert sent.enter(link(), first, 1) is Answer.WRONG
    assert sent.enter(link(), second, 1) is Answer.RIGHT


@given(st.lists(st.integers(0, 999_999), min_size=5, max_size=5))
def test_nobody_guesses_more_often_than_allowed(guesses):
    sent = Codes(valid_seconds=60, tries=5)
    code = sent.issue(link(), 0)
    wrong = [f"{each:06}" for each in guesses if f"{each:06}" != code][:5]
    answers = [sent.enter(link(), each, 1) for each in wrong]

    if len(wrong) == 5:
        assert answers == [Answer.WRONG] * 4 + [Answer.OVER]
        assert sent.enter(link(), code, 1) is Answer.WRONG


def test_an_address_gets_only_so_many_codes_whatever_the_link():
    sent = Codes(valid_seconds=60, tries=5)
    for number in range(20):
        sent.issue(link(mark=str(number)), 0)

    with pytest.raises(TooManyCodesError):
        sent.issue(link(mark="one more"), 3599)
    assert sent.issue(link(mark="another address", address="d2"), 0)
    assert sent.issue(link(mark="one more"), 3600)


def test_codes_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("hub_community.page.codes_sent._MOST_REMEMBERED", 10)
    sent = Codes(valid_seconds=60, tries=5)
    for number in range(50):
        sent.issue(link(mark=str(number), address=f"d{number}"), number)

    assert len(sent._sent) <= 10
    assert len(sent._asked) <= 100
    sent.issue(link(), 4000)
    assert len(sent._asked) <= 20


def test_sessions_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("hub_community.page.sessions.MOST_SESSIONS", 10)
    sessions = Sessions(60)
    cookies = [sessions.open(link(), Worker("tafel", "x"), 0) for _ in range(20)]

    assert sessions.of(cookies[-1], link(), 1)
    with pytest.raises(NotSignedInError):
        sessions.of(cookies[0], link(), 1)


@pytest.mark.parametrize("spoil", [str.upper, lambda c: c + "x", lambda c: c[1:]])
def test_a_cookie_is_of_its_session_only_as_it_is(spoil):
    sessions = Sessions(60)
    cookie = sessions.open(link(), Worker("tafel", "x"), 0)

    assert sessions.of(cookie, link(), 59)
    for given_, wanted, now in (
        (spoil(cookie), link(), 0),
        (cookie, link(mark="other"), 0),
        (cookie, link(), 60),
    ):
        with pytest.raises(NotSignedInError):
            sessions.of(given_, wanted, now)


def test_a_session_sends_only_so_many_forms():
    session = Session(link(), Worker("tafel", "x"), 60)
    for _ in range(MOST_FORMS):
        session.form({"csrf": session.csrf, "nonce": new_nonce()})

    with pytest.raises(ForeignFormError):
        session.form({"csrf": session.csrf, "nonce": new_nonce()})


@pytest.mark.parametrize(
    "nonce", ["", "x", "0" * 31, "0" * 33, "G" * 32, "0" * 32 + "\n"]
)
def test_a_form_has_a_nonce_of_this_page(nonce):
    session = Session(link(), Worker("tafel", "x"), 60)

    with pytest.raises(ForeignFormError):
        session.form({"csrf": session.csrf, "nonce": nonce})


#: What the table of domain 4.2 lets a performer say in each state.
PERFORMER = {
    "requested": {"received", "accepted", "rejected", "on_hold"},
    "received": {
        *("accepted", "rejected", "on_hold", "scheduled", "cancelled", "failed"),
    },
    "accepted": {
        *("scheduled", "in_progress", "on_hold", "completed", "cancelled", "failed"),
    },
    "scheduled": {
        *("accepted", "in_progress", "on_hold", "completed", "cancelled", "failed"),
    },
    "in_progress": {"completed", "on_hold", "cancelled", "failed"},
    "on_hold": {
        *("received", "accepted", "scheduled", "in_progress", "rejected"),
        *("cancelled", "failed"),
    },
    "rejected": {"received"},
    "expired": {"accepted", "rejected"},
}


@pytest.mark.parametrize("state", list(ReferralState))
def test_no_act_is_offered_that_the_table_forbids(state):
    offered = {each.says for each in open_acts(state, cancelling=True)}

    assert offered - SIDE_FACTS <= PERFORMER.get(state, set())
    if state in {"draft", "entered_in_error"}:
        assert not offered


def test_every_act_is_offered_somewhere_and_called_by_one_name():
    assert len(BY_NAME) == len(ACTS)
    assert all(each.states for each in ACTS)
    assert not open_acts("accepted", cancelling=True, closed=True)


def test_outcomes_and_states_have_words():
    assert set(codes.OUTCOMES) == set(ReferralOutcome.__args__)
    assert set(codes.STATES) == set(ReferralState)
    assert len(codes.CATEGORIES) == 24


def test_who_signs_in_again_need_not_type_all_again():
    words = Words("en")
    form = Filled(
        {"code": "", "name": "Erika <M>", "role": "intake"},
        (Fault("code", "This code is wrong"),),
    )
    place = Place("/r/x", words)
    text = code_entry(place, "b***@tafel.example", 10, form)

    fields = re.findall(r'<input[^>]* id="(code|name|role)"[^>]*>', text)
    assert fields == ["code", "name", "role"]
    assert 'value="Erika &lt;M&gt;"' in text
    assert 'value="intake"' in text
    assert 'href="#code"' in text
    assert [
        each
        for each in ("one-time-code", "name", "organization-title")
        if f'autocomplete="{each}"' not in text
    ] == []


@given(
    st.sampled_from(ACTS),
    st.dictionaries(
        st.sampled_from(
            ["reason", "outcome", "question", "text", "date", "time", "explain"]
        ),
        st.text(max_size=30)
        | st.sampled_from(["other", "resolved", "2026-03-24", "10:00"]),
    ),
)
def test_a_form_has_faults_or_makes_a_statement(act, posted):
    words = Words("en")
    form = filled(act, posted, NOW, BERLIN, words)
    assert {each.field for each in form.faults} <= set(act.fields)
    if form.faults:
        return
    number, worker = RecordKey("referral", "s", "1"), Worker("tafel", "Erika")
    said = statement_of(act, form, number, worker, NOW, words)

    assert said.by == "performer"
    assert said.says == act.says
    if act.says in {"rejected", "on_hold", "cancelled", "failed"}:
        assert said.reason.text


def test_a_form_without_anything_in_it_has_no_faults_of_its_own():
    assert Filled({}).fault("reason") == ""


@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
def test_what_can_be_read_has_contrast(pair):
    ink, ground = (COLOURS[each] for each in pair)

    assert contrast(ink, ground) >= 4.5


def test_contrast_is_that_of_the_source():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_all_colours_are_in_the_pairs():
    assert {each for pair in PAIRS for each in pair} == set(COLOURS)


def test_the_style_needs_nothing_from_elsewhere():
    assert "url(" not in SHEET
    assert "@import" not in SHEET
    assert "<" not in SHEET
    assert "'unsafe-inline'" not in POLICY
    assert ":focus" in SHEET


def test_the_last_words_of_both_sides_are_shown_in_their_order():
    notes = {
        "performer": {"text": "Which floor?", "at": "2026-03-09T11:00:00+00:00"},
        "requester": {"text": "Ring twice", "at": "2026-03-09T10:00:00+00:00"},
    }

    both = view_of(shown(notes=notes, note="x"), Words("en"), ZoneInfo("UTC"))
    one = view_of(shown(note="Ring twice"), Words("en"), ZoneInfo("UTC"))
    none = view_of(shown(notes={"odd": 1}), Words("en"), ZoneInfo("UTC"))

    assert both.messages == (
        ("from_requester", "Ring twice"),
        ("from_performer", "Which floor?"),
    )
    assert both.message == "Which floor?"
    assert one.messages == (("from_requester", "Ring twice"),)
    assert none.messages == ()


def test_a_wish_to_cancel_is_shown_as_long_as_it_is_open():
    asked = shown("accepted", type_="information_provided", cancel_requested=True)

    assert view_of(asked, Words("en"), ZoneInfo("UTC")).cancelling
    assert not view_of(shown("accepted"), Words("en"), ZoneInfo("UTC")).cancelling


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_becomes_markup(text, value):
    class Seen(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.data = [], ""

        def handle_starttag(self, tag, attrs):
            self.tags.append((tag, attrs))

        def handle_data(self, data):
            self.data += data

    seen = Seen()
    seen.feed(element("p", text, title=value))
    seen.close()

    (tag,) = seen.tags
    assert tag[0] == "p"
    assert seen.data == text
    assert tag[1] == [("title", value)]


def test_every_text_is_in_both_languages_with_the_same_values():
    for key, (english, german) in TEXTS.items():
        named = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, german)
        ]
        assert named[0] == named[1], key
        assert english, key
        assert german, key


def test_every_text_is_used():
    folder = next(iter(package.__path__))
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(folder).parent.rglob("*.py")
        if path.name != "wording.py"
    )
    made = ("PAGE-", "told_", "from_", "f_", "e_", "code_")
    unused = [
        key
        for key in TEXTS
        if not key.startswith(made) and not re.search(f"[\"']{key}[\"']", sources)
    ]

    assert not unused


@pytest.mark.parametrize(
    "error", [VisitError, *VisitError.__subclasses__()], ids=lambda each: each.code
)
def test_a_visitor_is_told_in_words_why_a_visit_came_to_nothing(error):
    assert TEXTS[error.code]
    assert TEXTS[f"{error.code}.do"]
    assert error.status >= 400


@given(st.text(max_size=300))
def test_any_header_names_a_language(header):
    assert preferred_language(header, "en") in {"en", "de"}
