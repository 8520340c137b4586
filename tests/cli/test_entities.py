"""Commands that look at people, encounters, stays, transitions and records."""

import json

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.store.query_errors import NothingKnownError, UnknownIdError
from tests.played import CANARY, SYSTEM, TCM, Played, a_stay, fact


@pytest.fixture
def played(tmp_path):
    return Played(tmp_path / "data", TCM).play(*a_stay())


@pytest.fixture
def config(played):
    path = played.folder.parent / "hub.toml"
    path.write_text(
        '# A synthetic configuration\n[hub]\nname = "sample"\ndata_dir = "data"\n'
        "[admin]\nport = 0\n"
    )
    return path


def text(result):
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def items(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


COMMANDS = ["persons", "encounters", "stays", "transitions", "records"]


def listed(hub, config, command):
    (item,) = items(hub(command, "--json", "--config", config))["items"]
    return item["key"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_list_names_each_key(hub, config, command):
    key = listed(hub, config, command)

    assert key in text(hub(command, "--config", config))


@pytest.mark.parametrize("command", COMMANDS)
def test_one_is_shown_by_its_key(hub, config, command):
    key = listed(hub, config, command)
    whole = items(hub(command, key, "--json", "--config", config))

    assert whole["key"] == key
    assert key in text(hub(command, key, "--config", config))


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_key_is_an_error(hub, config, command):
    result = hub(command, "enc_0", "--config", config)

    assert result.exit_code == 1
    assert result.stderr == f"{UnknownIdError('enc_0')}\n"


def test_no_content_is_shown_unless_json_is_asked_for(hub, config, played):
    """Nor where somebody is looked for by a number."""
    known = ["--known-at", "2026-03-10T14:00Z"]
    commands = [
        *([command] for command in COMMANDS),
        *([command, listed(hub, config, command)] for command in COMMANDS),
        ["persons", played.person, "--timeline"],
        ["persons", played.person, *known],
        ["encounters", played.encounter, *known],
        ["persons", "--system", SYSTEM, "--value", "P1"],
    ]
    for command in commands:
        shown = hub(*command, "--config", config)
        assert shown.exit_code == 0
        assert CANARY not in shown.output
        assert "P1" not in shown.output


def test_a_list_is_read_page_by_page(hub, config, played):
    played.play(fact(patient="P2", visit="V2"))
    first = hub("encounters", "--limit", 1, "--config", config)
    page = items(hub("encounters", "--limit", 1, "--json", "--config", config))
    rest = items(
        hub("encounters", "--cursor", page["next"], "--json", "--config", config)
    )

    assert "--cursor " in first.stderr
    assert len(rest["items"]) == 1
    assert rest["items"] != page["items"]


def test_a_person_is_found_by_an_identifier(hub, config, played):
    asked = ["persons", "--system", SYSTEM, "--value", "P1", "--json"]
    (found,) = items(hub(*asked, "--config", config))["items"]

    assert found["key"] == played.person


@pytest.mark.usefixtures("hub")
def test_an_identifier_can_be_typed_where_no_list_of_processes_shows_it(config, played):
    command = ["persons", "--system", SYSTEM, "--json", "--config", str(config)]
    result = CliRunner().invoke(main, command, input="P1\n")

    assert [each["key"] for each in items(result)["items"]] == [played.person]
    assert "Identifier" in result.stderr


def test_nobody_with_an_identifier_is_said_to_be_nobody(hub, config):
    asked = ["persons", "--system", SYSTEM, "--value", "P9"]

    assert text(hub(*asked, "--config", config)) == "There are none."


def test_a_timeline_is_in_the_order_in_which_things_happened(hub, config, played):
    shown = text(hub("persons", played.person, "--timeline", "--config", config))

    places = [
        shown.index(words)
        for words in (
            "2026-03-10 08:00:00Z encounter finished",
            "2026-03-10 08:00:00Z event encounter.admitted",
            "2026-03-10 10:00:00Z fact move",
            "2026-03-10 15:00:00Z event encounter.discharged",
            "2026-03-10 15:00:00Z event task.created tcm.contact",
            "2026-03-10 17:00:00Z event appointment.booked",
        )
    ]
    assert places == sorted(places)
    assert played.message(1).id in shown


def test_a_timeline_that_is_cut_says_so(hub, config, played):
    command = ["persons", played.person, "--timeline", "--limit", 2]
    result = hub(*command, "--config", config)
    whole = items(hub(*command, "--json", "--config", config))

    assert f"There are {whole['earlier']} before these." in result.stderr
    assert len(whole["items"]) == 2


def test_a_person_is_shown_with_what_is_theirs(hub, config, played):
    shown = text(hub("persons", played.person, "--config", config))

    for words in (
        "fields name, phone",
        f"{played.encounter} finished inpatient 2026-03-10 08:00:00Z",
        "closed inpatient",
        "tcm.contact running",
        "appointment",
    ):
        assert words in shown


def test_an_encounter_names_the_messages_behind_it(hub, config, played):
    shown = text(hub("encounters", played.encounter, "--config", config))

    assert "status finished" in shown
    for number in range(1, 6):
        assert played.message(number).id in shown
    assert "cancel end" in shown
    assert "no more" in shown
    assert "retraction" in shown


def test_what_was_known_at_a_time_is_shown(hub, config, played):
    def at(time):
        return hub(
            "encounters", played.encounter, "--known-at", time, "--config", config
        )

    assert "status finished" in text(at("2026-03-10T12:30:00Z"))
    assert "status in-progress" in text(at("2026-03-10T14:30+01:00"))
    assert at("1999-01-01T00:00Z").stderr == f"{NothingKnownError()}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("persons", "--timeline"),
        ("persons", "--known-at", "2026-03-10T12:00Z"),
        ("persons", "--value", "P1"),
        ("persons", "p_1", "--known-at", "2026-03-10"),
        ("persons", "p_1", "--known-at", "2026-03-10T12:00"),
        ("persons", "p_1", "--known-at", "0001-01-01T00:00+14:00"),
        ("encounters", "--known-at", "2026-03-10T12:00Z"),
        ("encounters", "--status", "gone"),
        ("records", "--known-at", "2026-03-10T12:00Z"),
        ("records", "--kind", "bill"),
        ("stays", "--status", "gone"),
        ("transitions", "--state", "gone"),
    ],
)
def test_a_wrong_option_is_a_wrong_use(hub, config, arguments):
    assert hub(*arguments, "--config", config).exit_code == 2
