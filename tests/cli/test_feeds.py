"""``hub feeds``, with a made-up format: lines of ``KIND;number``.

A file whose first line is BATCH holds a message on each further line. All content
is synthetic.
"""

import json
import os
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import Field

from hub.cli import group
from hub.cli.loading import Registry
from hub.cli.trial_text import flat, lines
from hub.cli.trials import Explained, Trial
from hub.contract import Finding, Learned, NormaliserSpec, Shown, SourceSpec
from hub.errors import HubError
from hub.hookspecs import hookimpl
from hub.model.facts import (
    Document,
    Fact,
    FactKind,
    Normalised,
    Part,
    Problem,
    Provenance,
    Subject,
)
from hub.model.identifiers import Identifier
from hub.model.times import FuzzyTime
from hub.settings import Settings, SourceSettings

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TIME = FuzzyTime("2026031012", "hour", NOON, NOON + timedelta(hours=1), "2026-03-10T12")


class LinesProfile(Settings):
    """A profile with a key of each type that it may have."""

    ward: str = Field(default="", description="Whose lines they are.")
    aliases: dict[str, str] = Field(default_factory=dict, description="Names.")
    strict: bool = Field(default=False, description="Whether to be strict.")


class StrictProfile(Settings):
    """A profile with a key that must be there."""

    site: str = Field(description="Where it is.")


class BadLineError(HubError):
    """A line that cannot be read."""

    code = "LINES-001"
    summary = "The line cannot be read"
    remedy = "Ask for another line"


def normalise(body, profile):
    kind, _, number = body.decode().strip().partition(";")
    provenance = Provenance(message_id=number, trigger=kind)
    if kind == "BAD":
        problem = Problem(BadLineError.code, "no_number")
        return Normalised(provenance=provenance, problem=problem)
    if kind != "START":
        return Normalised(provenance=provenance, unmapped=f"kind.{kind.lower()}")
    fact = Fact(
        kind=FactKind.START,
        subject=Subject((Identifier(profile.ward, number),), {"sex": None}),
        recorded=TIME,
        details={"account": "A1", "empty": "", "expected": {"admit": None}},
    )
    return Normalised(
        provenance=provenance,
        facts=(fact,),
        documents=(Document(digest="0" * 64, media_type="text/plain", content=b"x"),),
        warnings=("number.odd", "time.invalid.lin-2", "time.invalid.lin-9"),
    )


def cut(body, profile):
    first, *rest = body.splitlines()
    if first != b"BATCH":
        return normalise(body, profile)
    return Normalised(parts=tuple(Part(body=line) for line in rest))


def learn(samples):
    lines = [line for sample in samples for line in sample.splitlines()]
    profile = {"ward": "Süd", "aliases": {"a b": 'x"y'}} if lines else {}
    return Learned(
        profile=profile,
        findings=(
            Finding(topic="lines", value="in all", count=len(lines)),
            Finding(topic="question", value="strict", count=1, remark="Is it\nso?"),
        ),
    )


def outline(body, profile):
    kind, _, number = body.decode().strip().partition(";")
    return [
        Shown(path="LIN-1", name="Line > Kind", value=kind),
        Shown(path="LIN-2.1", name="Line > Number", value=f"{profile.ward}{number}"),
    ]


def spec(name, function, **more):
    return NormaliserSpec(
        name=name,
        media_type="text/x-lines",
        normalise=function,
        summary="Reads lines.",
        **{"profile": LinesProfile, **more},
    )


class LinesPlugin:
    @hookimpl
    def sources(self):
        yield SourceSpec(
            kind="line-reader",
            settings=SourceSettings,
            build=lambda _: None,
            normaliser="lines",
            summary="Reads lines.",
        )

    @hookimpl
    def normalisers(self):
        yield spec("lines", normalise, learn=learn, outline=outline)
        yield spec("lines-plain", normalise, profile=Settings)
        yield spec("lines-strict", normalise, profile=StrictProfile)
        yield spec("lines-batch", cut)


@pytest.fixture(autouse=True)
def _plugins(monkeypatch):
    registry = Registry.from_modules({"lines": LinesPlugin()})
    monkeypatch.setattr(Registry, "discover", lambda: registry)
    monkeypatch.setitem(group.COMMANDS, "feeds", "Show the feeds.")


@pytest.fixture
def samples(tmp_path):
    """A folder with one message, a batch of three, and what is no sample."""
    folder = tmp_path / "samples"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"START;0047\n")
    (folder / "inner" / "b.txt").write_bytes(b"BATCH\nSTART;2\nBAD;3\nOTHER;4")
    (folder / ".hidden").write_bytes(b"BAD;5")
    (folder / "empty.txt").write_bytes(b"")
    return folder


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "profile.toml"
    path.write_text('# Synthetic\n[sources.nord.profile]\nward = "W"\n')
    return path


@pytest.fixture
def configuration(tmp_path):
    path = tmp_path / "feeds.toml"
    path.write_text(
        '# A synthetic configuration\n[sources.nord]\nkind = "line-reader"\n'
        '[sources.nord.profile]\nward = "N"\nstrict = true\n'
        '[sources.sued]\nkind = "line-reader"\nnormaliser = "lines-batch"\n'
    )
    return path


def propose(hub, *arguments):
    return hub("feeds", "profile", "--normaliser", "lines", *arguments)


def attempt(hub, *arguments):
    return hub("feeds", "try", "--normaliser", "lines", *arguments)


def outcomes(result):
    return [json.loads(line)["outcome"] for line in result.stdout.splitlines()]


def test_the_feeds_of_a_configuration_are_listed(hub, configuration):
    shown = hub("feeds", "--config", configuration)
    listed = json.loads(hub("feeds", "--config", configuration, "--json").stdout)

    assert "strict, ward" in shown.stdout
    assert listed == [
        {
            "source": "nord",
            "kind": "line-reader",
            "normaliser": "lines",
            "profile": ["strict", "ward"],
        },
        {
            "source": "sued",
            "kind": "line-reader",
            "normaliser": "lines-batch",
            "profile": [],
        },
    ]


def test_the_settings_of_a_profile_are_shown(hub):
    shown = propose(hub)
    listed = json.loads(propose(hub, "--json").stdout)

    assert "Whose lines they are." in shown.stdout
    assert listed[0] == {
        "key": "ward",
        "default": "",
        "meaning": "Whose lines they are.",
    }
    assert [one["default"] for one in listed[1:]] == ["{}", "false"]


def test_a_setting_that_must_be_stated_has_no_default(hub):
    listed = hub("feeds", "profile", "--normaliser", "lines-strict", "--json").stdout

    assert json.loads(listed)[0]["default"] == ""


def test_a_profile_is_proposed_below_what_the_samples_show(hub, samples):
    result = propose(hub, "--learn", samples)

    assert result.exit_code == 0
    assert "in all" in result.stdout
    assert result.stdout.endswith(
        "# Proposed for the normaliser lines; files looked at: 2.\n"
        "# strict: Is it so?\n"
        "[sources.feed.profile]\n"
        'ward = "Süd"\n'
        'aliases = { "a b" = "x\\"y" }\n'
    )


def test_the_proposal_is_json_on_demand(hub, samples):
    report = json.loads(propose(hub, "--learn", samples, "--json").stdout)

    assert report["normaliser"] == "lines"
    assert report["profile"] == {"ward": "Süd", "aliases": {"a b": 'x"y'}}
    assert report["findings"][0]["count"] == 5
    assert (
        tomllib.loads(report["toml"])["sources"]["feed"]["profile"]
        == (report["profile"])
    )


def test_a_configuration_with_the_proposal_is_right(hub, samples, tmp_path):
    proposal = tmp_path / "proposal.toml"
    learned = propose(hub, "--learn", "--source", "nord", "--output", proposal, samples)
    path = tmp_path / "hub.toml"
    path.write_text(
        '# Synthetic\n[sources.nord]\nkind = "line-reader"\n' + proposal.read_text()
    )

    assert learned.exit_code == 0
    assert hub("check", "--config", path).exit_code == 0


def test_samples_that_need_nothing_say_so(hub, tmp_path):
    (tmp_path / "blank").write_bytes(b"")
    (tmp_path / "also-blank").write_bytes(b" ")
    result = propose(hub, "--learn", tmp_path / "also-blank")

    assert "[sources.feed.profile]" in result.stdout


def test_a_proposal_overwrites_no_file(hub, samples, profile):
    before = profile.read_text()
    result = propose(hub, "--learn", samples, "--output", profile)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-011]")
    assert profile.read_text() == before


def test_a_normaliser_that_does_not_exist_is_told(hub, samples):
    result = hub("feeds", "profile", "--normaliser", "linse", "--learn", samples)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-008]")
    assert "perhaps lines was meant" in result.stderr


def test_a_normaliser_that_cannot_learn_is_told(hub, samples):
    result = hub("feeds", "profile", "--normaliser", "lines-batch", "--learn", samples)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-009]")


def test_samples_need_the_word_to_learn(hub, samples):
    assert propose(hub, samples).exit_code == 2


def test_the_name_of_a_source_is_checked(hub, samples):
    assert propose(hub, "--learn", "--source", "No rd", samples).exit_code == 2


def test_no_samples_are_told(hub, tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments in ((), (tmp_path / "empty",)):
        result = propose(hub, "--learn", *arguments)

        assert result.exit_code == 1
        assert result.stderr.startswith("[CLI-007]")


def test_a_file_that_cannot_be_read_is_told_after_the_others(hub, samples, tmp_path):
    result = propose(hub, "--learn", samples, tmp_path / "none.txt")

    assert result.exit_code == 1
    assert "ward" in result.stdout
    assert "[CLI-006]" in result.stderr
    assert "none.txt" in result.stderr


def test_a_file_that_is_too_large_is_told(hub, tmp_path, profile):
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as file:
        os.truncate(file.fileno(), (256 << 20) + 1)
    result = attempt(hub, profile, sparse)

    assert result.exit_code == 1
    assert "[CLI-006]" in result.stderr


def test_what_would_become_of_each_message_is_shown(hub, samples, profile):
    result = attempt(hub, profile, samples)
    told = [line for line in result.stdout.splitlines() if not line.startswith("/")]

    assert result.exit_code == 0
    assert told[:8] == [
        "  fact: start",
        "    subject.identifiers(1).system: W",
        "    subject.identifiers(1).value: 0047",
        "    subject.demographics.sex: (deleted)",
        "    recorded: 2026-03-10T12 (hour)",
        "    details.account: A1",
        "    details.expected.admit: (deleted)",
        "    basis: explicit",
    ]
    assert "  document: text/plain, 1 bytes" in told
    assert "  warning: time.invalid.lin-2 (LIN-2 Line > Number)" in told
    assert "  warning: time.invalid.lin-9 (LIN-9)" in told
    assert "  problem: [LINES-001] The line cannot be read (no_number)" in told
    assert "    Ask for another line." in told
    assert "  nothing in it is for the hub: kind.other" in told
    assert "Nothing of it is stored." in result.stderr


def test_a_trial_is_a_line_of_json_for_each_message(hub, samples, profile):
    result = attempt(hub, profile, samples, "--json")
    first, _, third, _ = map(json.loads, result.stdout.splitlines())

    assert outcomes(result) == ["facts", "facts", "problem", "unmapped"]
    assert first["facts"][0]["subject"]["identifiers"][0]["value"] == "0047"
    assert first["warnings"][1] == {
        "code": "time.invalid.lin-2",
        "field": "LIN-2",
        "name": "Line > Number",
    }
    assert third["problem"]["remedy"] == "Ask for another line"
    assert third["place"] == 2
    assert "fields" not in first


def test_a_message_is_shown_field_by_field_on_demand(hub, samples, profile):
    result = attempt(hub, profile, samples / "a.txt", "--fields")

    assert "  LIN-2.1 Line > Number: W0047" in result.stdout


def test_a_source_of_a_configuration_is_tried(hub, samples, configuration):
    arguments = ("--json", "--config", configuration, "--source")
    nord = hub("feeds", "try", *arguments, "nord", samples)
    sued = hub("feeds", "try", *arguments, "sued", samples)
    first = json.loads(nord.stdout.splitlines()[0])

    assert first["facts"][0]["subject"]["identifiers"][0]["system"] == "N"
    assert outcomes(nord) == outcomes(sued)


def test_a_source_that_does_not_exist_is_told(hub, samples, configuration):
    result = hub("feeds", "try", "--config", configuration, "--source", "nrod", samples)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-010]")
    assert "perhaps nord was meant" in result.stderr


def test_a_configuration_needs_the_name_of_a_source(hub, samples, configuration):
    result = hub("feeds", "try", "--config", configuration, samples)

    assert result.exit_code == 2


def test_problems_matter_to_the_exit_status_on_demand(hub, samples, profile):
    wrong = attempt(hub, "--strict", profile, samples)
    right = attempt(hub, "--strict", profile, samples / "a.txt")

    assert (wrong.exit_code, right.exit_code) == (1, 0)


@pytest.mark.parametrize(
    "text", ['ward = "W"', '[profile]\nward = "W"', '[sources.x]\nprofile.ward = "W"']
)
def test_a_profile_is_found_in_its_file(hub, samples, profile, text):
    profile.write_text(text)
    result = attempt(hub, "--json", profile, samples / "a.txt")

    assert '"system":"W"' in result.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[sources.x.profile]\nwadr = 1", "sources.x.profile.wadr"),
        (b"MSH|^~", "is not TOML"),
        (b"# \xff", "is not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_profile_that_is_wrong_is_told(hub, samples, profile, content, told):
    if content is None:
        profile.unlink()
    else:
        profile.write_bytes(content)
    result = attempt(hub, profile, samples)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CONFIG-001]")
    assert told in result.stderr
    assert result.stdout == ""


def test_control_characters_of_a_sender_reach_no_terminal(hub, tmp_path, profile):
    (tmp_path / "odd").write_bytes(b"START;\x1b[2J")
    result = attempt(hub, profile, tmp_path / "odd")

    assert "\x1b" not in result.stdout


def test_nothing_of_a_trial_is_logged_or_left_behind(hub, samples, profile, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    result = attempt(hub, profile, samples)

    assert "0047" in result.stdout
    assert "0047" not in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_problem_without_a_catalogued_error_is_shown_by_its_code():
    trial = Trial(
        file="f", place=1, outcome="problem", problem=Explained("X-001", "", "", "")
    )

    assert list(lines(trial)) == ["f, message 1: unreadable", "  problem: [X-001] "]


def test_a_time_inside_details_is_one_line():
    raw = {
        "raw": "2026031012",
        "precision": "hour",
        "earliest": "2026-03-10T12:00:00Z",
        "latest": "2026-03-10T13:00:00Z",
        "local": "2026-03-10T12",
        "zone": "UTC",
        "flags": ["zone_assumed"],
    }

    assert list(flat({"period_start": raw})) == [
        ("period_start", "2026-03-10T12 UTC (hour, zone_assumed)")
    ]
