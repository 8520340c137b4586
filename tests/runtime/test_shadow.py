"""Stored messages, processed once more with another configuration. All made up."""

import hashlib

import pytest

from hub.runtime.shadow import Wanted, replay
from hub.runtime.shadow_compare import differing
from hub.store.sqlite import DATABASE_NAME
from tests.acceptance.messages import adt
from tests.acceptance.process import feed, subscription, table
from tests.runtime.past import ADMITTED, DISCHARGED, HOUR, START, Past, loaded, written

PANEL = (
    "patient_id,assigning_authority,identifier,valid_from,valid_to\n"
    "M-2201,KLINIK_NORD,{0},2026-01-01,\n"
)
WRONG, RIGHT = "Europe/Helsinki", "Europe/Berlin"


@pytest.fixture
def config(tmp_path):
    """A configuration that takes the hospital's clock for one of Helsinki."""
    return written(tmp_path / "hub.toml", zone=WRONG)


@pytest.fixture
def mended(tmp_path):
    return loaded(written(tmp_path / "mended.toml", zone=RIGHT))


@pytest.fixture
def past(config):
    """A hub that heard of a stay, from its beginning to its end."""
    return Past(config).hear(ADMITTED, DISCHARGED)


def changes(report):
    return {(each.type, each.change): each.count for each in report.events}


def deliveries(report):
    return {
        (each.type, each.change, each.before, each.after): each.count
        for each in report.deliveries
    }


def digest(past):
    return hashlib.sha256((past.folder / DATABASE_NAME).read_bytes()).digest()


def test_the_same_configuration_changes_nothing(past, config):
    report = replay(loaded(config), past.folder, Wanted())

    assert (report.messages, report.differing, report.facts) == (2, 0, 0)
    assert {each.change for each in report.events} == {"same"}
    assert {each.type for each in report.events} >= {
        "encounter.admitted",
        "encounter.discharged",
        "stay.opened",
        "stay.closed",
    }
    assert (report.decisions, report.deliveries, report.details) == ([], [], [])


def test_a_zone_that_was_wrong_shows_in_the_times_of_events(past, mended):
    report = replay(mended, past.folder, Wanted(values=True))

    assert (report.messages, report.differing, report.facts) == (2, 2, 2)
    assert changes(report)["encounter.admitted", "differs"] == 1
    [admitted] = [
        each for each in report.details[0].events if each.type == "encounter.admitted"
    ]
    assert admitted.before == admitted.after
    shown = {each.path: (each.before, each.after) for each in admitted.fields}
    assert shown["times.occurred.earliest"] == (
        "2026-03-14T07:31:04Z",
        "2026-03-14T08:31:04Z",
    )
    told = ("permit relationship.all",) * 2
    assert deliveries(report)["encounter.admitted", "otherwise", *told] == 1


def test_values_are_left_out_unless_they_are_asked_for(past, mended):
    report = replay(mended, past.folder, Wanted())

    assert report.details[0].events[0].fields
    assert "2026-03-14T07" not in str([each.events for each in report.details])


def test_a_replay_of_the_own_configuration_differs_in_the_configuration_alone(
    config, mended
):
    past = Past(config).hear(ADMITTED, every=HOUR / 60)
    past.hear(DISCHARGED)
    own = loaded(config)

    assert replay(own, past.folder, Wanted(), against=own).differing == 0
    assert replay(mended, past.folder, Wanted(), against=own).differing == 2


def test_nothing_is_written_to_the_store_of_the_hub(past, mended):
    before = digest(past)
    replay(mended, past.folder, Wanted())

    assert digest(past) == before


def test_the_scratch_store_is_gone_afterwards(past, mended, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    replay(mended, past.folder, Wanted(), scratch)

    assert list(scratch.iterdir()) == []


def test_a_hub_may_run_meanwhile(past, mended):
    with past.opened():
        report = replay(mended, past.folder, Wanted())

    assert report.differing == 2


def test_a_panel_in_between_says_who_hears_less_and_why(past, tmp_path):
    (tmp_path / "panel.csv").write_text(PANEL.format("someone-else"))
    narrow = written(
        tmp_path / "narrow.toml",
        table("panels.members", file="panel.csv"),
        zone=WRONG,
        subscribed=subscription("out", events=["*"], panel="members"),
    )
    report = replay(loaded(narrow), past.folder, Wanted())

    reasons = "permit relationship.all", "deny relationship.none"
    assert deliveries(report)["encounter.admitted", "less", *reasons] == 1
    [decision] = report.decisions
    assert (decision.before, decision.after) == reasons
    assert report.facts == 0


def test_another_subscription_says_who_hears_more(past, tmp_path):
    more = written(
        tmp_path / "more.toml",
        table(
            "destinations.else", kind="folder", format="cloudevents-json", folder="e"
        ),
        subscription("else", events=["encounter.admitted"]),
        zone=WRONG,
    )
    report = replay(loaded(more), past.folder, Wanted())

    reasons = "not_asked", "permit relationship.all"
    assert deliveries(report) == {("encounter.admitted", "more", *reasons): 1}


def test_what_no_feed_is_configured_for_any_more_is_parked(past, config):
    text = config.read_text()
    config.write_text(text.replace("klinik-nord", "klinik-west"))
    report = replay(loaded(config), past.folder, Wanted())

    [ending] = report.endings
    assert (ending.before, ending.after) == ("processed", "parked PIPE-005")
    assert {each.change for each in report.events} == {"only_before"}
    assert {each[1] for each in deliveries(report)} == {"less"}


def test_what_comes_before_a_range_is_processed_and_not_compared(past, mended):
    report = replay(mended, past.folder, Wanted(since=START + HOUR))

    assert report.messages == 1
    assert ("encounter.admitted", "differs") not in changes(report)
    assert changes(report)["encounter.discharged", "differs"] == 1


def test_what_comes_after_a_range_does_not_count(past, config):
    report = replay(loaded(config), past.folder, Wanted(before=START + HOUR))

    assert (report.messages, report.differing) == (1, 0)
    assert ("encounter.admitted", "same") in changes(report)
    assert not [each for each in changes(report) if each[0] == "stay.closed"]


def test_only_the_messages_of_a_source_are_compared(config, tmp_path):
    sued = feed("klinik-sued")
    written(config, sued, zone=WRONG)
    past = Past(config).hear(ADMITTED)
    past.hear(adt(patient="P2", visit="V2", control_id="D1"), source="klinik-sued")
    mended = loaded(written(tmp_path / "mended.toml", sued))
    report = replay(mended, past.folder, Wanted(source="klinik-sued"))

    assert (report.messages, report.differing) == (1, 0)


def test_the_details_of_the_first_differences_are_listed(past, mended):
    report = replay(mended, past.folder, Wanted(details=1))

    assert report.differing == 2
    [first] = report.details
    assert {each.type for each in first.events} >= {"encounter.admitted"}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": None}}, ["a.b", "a.c"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["a[1]"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b"]),
        ({"a": 1}, {}, ["a"]),
        ({"a": None}, {}, ["a"]),
    ],
)
def test_a_difference_is_found_where_it_is(before, after, found):
    assert [path for path, _, _ in differing(before, after)] == found
