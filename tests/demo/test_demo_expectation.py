from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demo.expectation import (
    SOCIAL_EVENTS,
    Difference,
    Expected,
    account_for_links,
    compare,
    everyones_notices,
    excuse,
    payer_notices,
)
from hub.demo.panel import HEADER, choose_members, write_panel
from hub.demo.pathways import Visit, simulate
from hub.demo.people import make_people
from hub.demo.sites import KLINIK_NORD


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_expects_notices_only_about_current_members(seed):
    people = make_people(seed, 40)
    visits = simulate(people, seed).visits
    members = choose_members(people, seed)
    notices = payer_notices(visits, members)

    current = {m.patient_id for m in members if not m.left}
    numbers = {v.number for v in visits}
    assert {n.patient for n in notices} <= current
    assert {n.visit for n in notices} <= numbers
    assert {n.patient for n in notices} == {
        m.patient_id
        for m in members
        if not m.left
        and any(
            v.person is m.person and set(v.events) - {"encounter.registered"}
            for v in visits
        )
    }


def test_expects_everybodys_admissions_for_the_social_services():
    people = make_people(2)
    simulation = simulate(people, 2)
    notices = everyones_notices(simulation.visits, "social-services", SOCIAL_EVENTS)

    events = simulation.events()
    assert Counter(n.event_type for n in notices.elements()) == {
        event: events[event] for event in SOCIAL_EVENTS
    }
    assert not any(n.patient for n in notices)


def test_writes_a_panel_with_members_who_left_and_strangers(tmp_path):
    people = make_people(1)
    members = choose_members(people, 1)
    write_panel(tmp_path / "panel.csv", members)

    header, *rows = (tmp_path / "panel.csv").read_text(encoding="utf-8").splitlines()
    known = {number for p in people for _, number in p.numbers}
    assert header == ",".join(HEADER)
    assert any(row.endswith(",2025-06-30") for row in rows)
    assert sum(row.split(",")[2] not in known for row in rows) == 5
    assert 80 <= len(members) <= 120


def test_finds_nothing_when_exactly_what_was_expected_arrived():
    notices = Counter([Expected("payer-a", "encounter.admitted", "PA-1", "V1")] * 2)

    assert compare(notices, notices).none


def test_finds_a_notice_that_is_missing_and_one_that_came_twice():
    admitted = Expected("payer-a", "encounter.admitted", "PA-1", "V1")
    ended = Expected("payer-a", "encounter.ended", "PA-1", "V1")
    difference = compare(Counter([admitted, ended]), Counter([admitted, admitted]))

    assert difference.missing == (ended,)
    assert difference.unexpected == (admitted,)
    assert not difference.none


SHARED = Visit(KLINIK_NORD, "V-1", make_people(1)[6], ("encounter.admitted",))
ALONE = Visit(KLINIK_NORD, "V-2", make_people(1)[0], ("encounter.admitted",))
TOLD_AGAIN = Expected("payer-a", "encounter.admitted", "PA-1", "V-1")


def accounted(*notices, amending=()):
    """Return which of `notices`, that nobody expected, remain."""
    difference = Difference((), notices)
    left = account_for_links(difference, Counter(amending), (SHARED, ALONE))
    return left.unexpected


def test_a_start_that_a_link_amends_is_accounted_for_once_for_each_recipient():
    other = replace(TOLD_AGAIN, destination="social-services")

    assert accounted(TOLD_AGAIN, other, amending=[TOLD_AGAIN, other]) == ()
    assert accounted(TOLD_AGAIN, TOLD_AGAIN, amending=[TOLD_AGAIN] * 2) == (TOLD_AGAIN,)


def test_a_notice_that_amends_nothing_is_not_accounted_for():
    assert accounted(TOLD_AGAIN) == (TOLD_AGAIN,)


@pytest.mark.parametrize(
    "change", [{"visit": "V-2"}, {"event_type": "encounter.discharged"}]
)
def test_no_other_visit_and_no_other_news_is_accounted_for(change):
    notice = replace(TOLD_AGAIN, **change)

    assert accounted(notice, amending=[notice]) == (notice,)


def test_what_was_withdrawn_is_not_missing():
    admitted = Expected("payer-a", "encounter.admitted", "M-1", "V-1")
    discharged = Expected("payer-a", "encounter.discharged", "M-1", "V-1")
    difference = compare(Counter([admitted, admitted, discharged]), Counter())
    withdrawn = Counter([Expected("payer-a", "encounter.admitted", visit="V-1")])

    left = excuse(difference, withdrawn)

    assert left.missing == (admitted, discharged)
    assert not left.none
