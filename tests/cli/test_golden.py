"""``hub test``: what a configuration makes of messages. All of them are made up."""

import json

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.registry import Registry
from tests.acceptance.messages import adt
from tests.acceptance.process import feed, subscription
from tests.runtime.past import ADMITTED, DISCHARGED, REGISTRY, written


@pytest.fixture(autouse=True)
def _plugins(monkeypatch, tmp_path):
    monkeypatch.setattr(Registry, "discover", lambda: REGISTRY)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def config(tmp_path):
    return written(tmp_path / "hub.toml")


@pytest.fixture
def messages(tmp_path):
    folder = tmp_path / "messages"
    put(folder, "klinik-nord/01-admitted.hl7", ADMITTED)
    put(folder, "klinik-nord/02-discharged.hl7", DISCHARGED)
    return folder


@pytest.fixture
def test(config, messages, tmp_path):
    """Return what runs `hub test` on the configuration and the messages."""

    def run(*options):
        expect = tmp_path / "expected.json"
        given = ["test", config, "--messages", messages, "--expect", expect, *options]
        return CliRunner().invoke(main, [str(each) for each in given])

    return run


def put(folder, name, body):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def document(tmp_path):
    return json.loads((tmp_path / "expected.json").read_text())


def types(found):
    return [
        each["event"]["type"] for one in found["messages"] for each in one["events"]
    ]


def test_what_was_written_down_is_what_comes_of_it_again(test, tmp_path):
    written_down = test("--update")
    first = (tmp_path / "expected.json").read_bytes()
    again = test("--update")
    compared = test()

    assert (written_down.exit_code, again.exit_code) == (0, 0), written_down.output
    assert (tmp_path / "expected.json").read_bytes() == first
    assert compared.exit_code == 0
    assert compared.output == "What comes of 2 messages is as expected.\n"


def test_facts_events_decisions_and_artifacts_are_in_it(test, tmp_path):
    test("--update")

    found = document(tmp_path)
    admitted, discharged = found["messages"]
    assert admitted["message"] == "klinik-nord/01-admitted.hl7"
    assert admitted["state"] == "processed"
    assert [each["kind"] for each in admitted["facts"]] == ["start"]
    [event, *_] = discharged["events"]
    assert event["event"]["type"] == "encounter.discharged"
    assert event["decisions"] == {"out": "permit relationship.all"}
    assert event["told"] == ["out"]
    [sent, *_] = found["sent"]
    assert sent["destination"] == "out"
    assert ".encounter.admitted." in sent["json"]["type"]


def test_a_changed_profile_shows_as_a_difference(test, tmp_path):
    test("--update")
    written(tmp_path / "hub.toml", zone="Europe/Lisbon")
    result = test()

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert '-              "earliest": "2026-03-14T08:31:04Z",' in map(shortened, lines)
    assert '+              "earliest": "2026-03-14T09:31:04Z",' in map(shortened, lines)
    # Ids and times of arrival are no part of it.
    assert not [each for each in lines if each[0] in "+-" and "evt_" in each]
    assert not [each for each in lines if each[0] in "+-" and '"received' in each]


def shortened(line):
    return line[:1] + " " * 14 + line[1:].strip()


def test_timers_ring_only_where_time_passes(test, tmp_path):
    test("--update")
    at_once = types(document(tmp_path))
    test("--update", "--until", "+1h")
    later = types(document(tmp_path))

    assert "stay.closed" not in at_once
    assert later[-1] == "stay.closed"


def test_a_digest_goes_out_when_its_time_comes(test, tmp_path):
    subscribed = subscription("out", cadence="daily 06:00 Europe/Berlin")
    written(tmp_path / "hub.toml", subscribed=subscribed)
    test("--update")
    waiting = document(tmp_path)["sent"]
    test("--update", "--until", "+30d")
    sent = document(tmp_path)["sent"]

    assert waiting == []
    assert {each["at"] for each in sent} == {"2026-03-15T05:00:00Z"}


def test_files_of_several_sources_go_by_their_names(test, messages, tmp_path):
    more = feed("klinik-sued")
    written(tmp_path / "hub.toml", more)
    put(messages, "klinik-sued/01b-else.hl7", adt(patient="P2", visit="V2"))
    test("--update")

    names = [each["message"] for each in document(tmp_path)["messages"]]
    assert names == [
        "klinik-nord/01-admitted.hl7",
        "klinik-sued/01b-else.hl7",
        "klinik-nord/02-discharged.hl7",
    ]


def test_the_same_message_twice_is_a_repeat(test, messages, tmp_path):
    put(messages, "klinik-nord/03-again.hl7", ADMITTED)
    test("--update")

    found = document(tmp_path)
    assert found["repeated"] == ["klinik-nord/03-again.hl7"]
    assert len(found["messages"]) == 2


def test_a_message_that_is_parked_says_why(test, messages, tmp_path):
    put(messages, "klinik-nord/03-junk.hl7", b"no message at all, made up")
    test("--update")

    [*_, junk] = document(tmp_path)["messages"]
    assert junk["state"] == "parked"
    assert junk["error_code"].startswith("HL7-")


def test_a_folder_that_is_no_source_is_refused(test, messages):
    put(messages, "klinik-ost/01.hl7", ADMITTED)
    result = test("--update")

    assert result.exit_code == 1
    assert "[SHADOW-001]" in result.output
    assert "klinik-ost" in result.output


def test_an_expectation_that_is_not_there_is_asked_for(test):
    result = test()

    assert result.exit_code == 1
    assert "[CLI-030]" in result.output


def test_an_expectation_that_cannot_be_written_is_said(tmp_path, config, messages):
    given = ["test", config, "--messages", messages, "--update", "--expect"]
    path = tmp_path / "nowhere" / "expected.json"
    result = CliRunner().invoke(main, [str(each) for each in [*given, path]])

    assert result.exit_code == 1
    assert "[CLI-031]" in result.output


def test_a_folder_without_messages_is_no_test(config, tmp_path):
    (tmp_path / "none").mkdir()
    given = ["test", config, "--messages", tmp_path / "none", "--expect", "e.json"]
    result = CliRunner().invoke(main, [str(each) for each in given])

    assert result.exit_code == 1
    assert "[CLI-007]" in result.output


@pytest.mark.parametrize("wait", ["30", "+3w", "soon"])
def test_a_time_to_wait_that_is_none_is_refused(test, wait):
    result = test("--until", wait)

    assert result.exit_code == 2
    assert "must be like +30m" in result.output
