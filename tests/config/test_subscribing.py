"""Subscriptions as they are written in a configuration."""

from datetime import time, timedelta

import pytest

import hub_hl7
import hub_sftp
import hub_webhook
from hub.config import ConfigError, load
from hub.config.doubts import subscription_doubts
from hub.config.subscribing import (
    parse_cadence,
    parse_quiet_hours,
    parse_span,
    parse_storm,
)
from hub.coordination.filters import Filter
from hub.coordination.routes import Cadence, QuietHours
from hub.coordination.suppression import Storm
from hub.registry import Registry
from tests.acceptance.process import feed, folder, subscription, table, write_config

REGISTRY = Registry.from_modules(
    {"hl7": hub_hl7, "sftp": hub_sftp, "webhook": hub_webhook}
)
WORKLIST = table("destinations.care-team", kind="worklist")


@pytest.fixture
def loaded(tmp_path):
    """Return what loads a configuration with these tables."""

    def loaded(*tables):
        out = folder(tmp_path / "out")
        path = write_config(tmp_path / "hub.toml", feed(), out, WORKLIST, *tables)
        return load(path, REGISTRY)

    return loaded


@pytest.fixture
def problems(loaded):
    """Return what tells the problems of a subscription: paths, messages, hints."""

    def problems(destination="out", **keys):
        with pytest.raises(ConfigError) as raised:
            loaded(subscription(destination, **keys))
        found = raised.value.problems
        return [
            (one.path.split(".", 2)[2], one.message, one.suggestion) for one in found
        ]

    return problems


def test_reads_how_and_of_what_somebody_is_told(loaded):
    config = loaded(
        subscription(
            "out",
            quiet_hours="22:00-06:00 Europe/Berlin",
            where={
                "class": ["inpatient"],
                "diagnosis": ["I50"],
                "source": ["klinik-nord"],
                "age_min": 65,
                "correction": False,
            },
            suppress_within="30m",
            storm="10/1h",
        )
    )

    read = config.subscriptions["out"]
    assert read.quiet_hours == QuietHours(time(22), time(6), "Europe/Berlin")
    assert read.where == Filter(
        (
            ("class", ("inpatient",)),
            ("diagnosis", ("I50",)),
            ("source", ("klinik-nord",)),
        ),
        age_min=65,
        correction=False,
    )
    assert read.suppress_within == timedelta(minutes=30)
    assert read.storm == Storm(10, timedelta(hours=1))
    exported = config.export()["subscriptions"]["out"]
    assert exported["where"]["class"] == ["inpatient"]
    assert exported["storm"] == "10/1h"


def test_a_worklist_needs_no_format(loaded):
    config = loaded(subscription("care-team", cadence="pull"))

    assert config.destinations["care-team"].renderer.name == "notice-json"
    assert config.subscriptions["care-team"].cadence == Cadence(pull=True)


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("immediate", Cadence()),
        ("pull", Cadence(pull=True)),
        ("daily 06:00 Europe/Berlin", Cadence(time(6), "Europe/Berlin")),
        ("weekly mon 06:00 Europe/Berlin", Cadence(time(6), "Europe/Berlin", 0)),
        ("weekly sun 23:59 UTC", Cadence(time(23, 59), "UTC", 6)),
    ],
)
def test_a_cadence_reads_as_it_was_written(text, cadence):
    assert parse_cadence(text) == cadence
    assert str(cadence) == text


@pytest.mark.parametrize(
    "text",
    ["weekly", "weekly 06:00 UTC", "weekly monday 06:00 UTC", "Weekly mon 06:00 UTC"],
)
def test_refuses_another_cadence(text):
    with pytest.raises(ValueError, match="weekly mon"):
        parse_cadence(text)


@pytest.mark.parametrize(
    "text", ["22:00-06:00", "22-06 UTC", "24:00-06:00 UTC", "06:00-06:00 UTC", ""]
)
def test_refuses_other_quiet_hours(text):
    with pytest.raises(ValueError, match="must"):
        parse_quiet_hours(text)


def test_quiet_hours_read_as_they_were_written():
    text = "22:00-06:30 Europe/Berlin"

    assert str(parse_quiet_hours(text)) == text


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
    ],
)
def test_reads_a_span(text, span):
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "0m", "30", "m", "1.5h", "8d", "-1h", "1 h"])
def test_refuses_another_span(text):
    with pytest.raises(ValueError, match="must"):
        parse_span(text)


@pytest.mark.parametrize("text", ["10", "10/", "0/1h", "/1h", "10/8d", "ten/1h"])
def test_refuses_another_storm(text):
    with pytest.raises(ValueError, match="must"):
        parse_storm(text)


@pytest.mark.parametrize(
    ("keys", "path", "message", "hint"),
    [
        ({"where": {"clas": []}}, "where.clas", "no such setting", "class"),
        ({"where": {"class": "I"}}, "where.class", "must be a valid list", ""),
        ({"where": {"age_min": "old"}}, "where.age_min", "must be a valid integer", ""),
        ({"where": {"age_max": -1}}, "where.age_max", "greater than or equal", ""),
        ({"where": {"risk": ["hihg"]}}, "where.risk.0", "must be", "high"),
        ({"where": {"sex": ["X"]}}, "where.sex.0", "must be", ""),
        ({"where": {"diagnosis": [""]}}, "where.diagnosis.0", "match", ""),
        (
            {"where": {"source": ["klinik-nrod"]}},
            "where.source",
            "there is no source",
            "klinik-nord",
        ),
        ({"quiet_hours": "22-06"}, "quiet_hours", "must be like", ""),
        ({"storm": "many"}, "storm", "must be like", ""),
        ({"suppress_within": "1w"}, "suppress_within", "must be like", ""),
        ({"cadence": "pull"}, "cadence", "is for a destination of kind", ""),
    ],
)
def test_says_what_is_wrong_and_what_was_meant(problems, keys, path, message, hint):
    [(where, told, suggestion)] = problems(**keys)

    assert (where, suggestion) == (path, hint)
    assert message in told


def test_says_all_that_is_wrong_at_once(problems):
    found = problems(
        cadence="hourly", quiet_hours="night", storm="x", where={"risk": ["x"], "no": 1}
    )

    assert {path for path, *_ in found} == {
        "cadence",
        "quiet_hours",
        "storm",
        "where.risk.0",
        "where.no",
    }


@pytest.mark.parametrize(
    "keys",
    [
        {"quiet_hours": "22:00-06:00 UTC", "cadence": "daily 06:00 UTC"},
        {"storm": "10/1h", "cadence": "daily 06:00 UTC"},
    ],
)
def test_what_gathers_knows_neither_quiet_hours_nor_storms(loaded, keys):
    with pytest.raises(ConfigError, match="cadence"):
        loaded(subscription("out", **keys))


def test_nothing_is_sent_to_a_worklist(problems):
    [(path, message, hint)] = problems("care-team")

    assert (path, hint) == ("cadence", "pull")
    assert "fetched from" in message


def test_a_worklist_has_a_format_of_its_own(loaded):
    with pytest.raises(ConfigError, match="no plugin provides cloudevents-json"):
        loaded(table("destinations.w", kind="worklist", format="cloudevents-json"))


def doubted(config):
    return [(each.path, each.message) for each in subscription_doubts(config)]


def test_doubts_a_filter_by_its_path(loaded):
    config = loaded(subscription("out", where={"age_min": 65, "age_max": 18}))

    assert doubted(config) == [
        ("subscriptions.out.where.age_min", "is above `age_max`, so nothing passes")
    ]


ADMISSIONS = {"events": ["encounter.admitted"]}


@pytest.mark.parametrize(
    ("one", "other", "repeats"),
    [
        ({}, {}, "b"),
        ({}, ADMISSIONS, "b"),
        (ADMISSIONS, {}, "a"),
        ({}, {"where": {"class": ["inpatient"]}}, "b"),
        ({"where": {"unit": ["W"]}}, {"where": {"unit": ["W"]}}, "b"),
        ({"where": {"unit": ["W"]}}, {"where": {"unit": ["V"]}}, ""),
        ({}, {"purpose": "treatment"}, ""),
        (ADMISSIONS, {"events": ["encounter.discharged"]}, ""),
    ],
)
def test_doubts_a_subscription_that_repeats_another(loaded, one, other, repeats):
    config = loaded(subscription("out", "a", **one), subscription("out", "b", **other))

    found = [path for path, message in doubted(config) if "asks for nothing" in message]
    assert found == ([f"subscriptions.{repeats}"] if repeats else [])


def test_has_no_doubts_about_different_destinations(loaded):
    config = loaded(subscription("out"), subscription("care-team", cadence="pull"))

    assert doubted(config) == []
