"""Commands that look at the store."""

import json
import sqlite3
from contextlib import closing

import pytest

from hub.cli.errors import NoConfigurationError, UnknownCodeError
from hub.store.query_errors import UnknownIdError


def text(result):
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def items(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_messages_are_listed(hub, config, seeded):
    shown = text(hub("messages", "--config", config))

    assert seeded.message(9) in shown
    assert "2026-03-14 09:32:04Z klinik-nord ADT^A01 C1 processed" in shown


def test_messages_are_filtered_and_paged(hub, config, seeded):
    arguments = ["messages", "--config", config, "--source", "klinik-nord", "--json"]
    first = items(hub(*arguments, "--limit", 3))
    second = items(hub(*arguments, "--limit", 3, "--cursor", first["next"]))

    found = [each["id"] for each in first["items"] + second["items"]]
    assert found == [seeded.message(number) for number in (9, 7, 5, 3, 1)]


def test_a_table_says_how_to_get_the_next_page(hub, config):
    result = hub("messages", "--config", config, "--limit", 1)

    assert "--cursor " in result.stderr


def test_a_message_is_shown_without_its_content(hub, config, seeded):
    shown = text(hub("messages", seeded.message(2), "--config", config))

    assert "QUERY-003" in shown
    assert seeded.canary not in shown


def test_a_message_is_json_on_request(hub, config, seeded):
    shown = items(hub("messages", seeded.message(2), "--config", config, "--json"))

    assert shown["state"] == "parked"


def test_raw_writes_the_bytes_and_nothing_else(hub, config, seeded):
    result = hub("messages", "--raw", seeded.message(1), "--config", config)

    assert result.stdout_bytes == seeded.body(1)


def test_raw_needs_to_know_which(hub, config):
    assert hub("messages", "--raw", "--config", config).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("messages", "--limit", "0"),
        ("messages", "--limit", "1001"),
        ("messages", "--state", "gone"),
        ("deliveries", "--state", "gone"),
    ],
)
def test_a_wrong_option_is_a_wrong_use(hub, config, arguments):
    assert hub(*arguments, "--config", config).exit_code == 2


@pytest.mark.parametrize("command", ["messages", "events", "deliveries", "explain"])
def test_an_unknown_id_is_an_error(hub, config, command):
    result = hub(command, "msg_0", "--config", config)

    assert result.exit_code == 1
    assert result.stderr == f"{UnknownIdError('msg_0')}\n"


def test_events_are_listed_without_their_content(hub, config, seeded):
    shown = text(hub("events", "--type", "encounter.admitted", "--config", config))

    assert f"{seeded.event(1)} encounter.admitted" in shown
    assert seeded.canary not in shown


def test_an_event_is_shown_without_its_content(hub, config, seeded):
    shown = text(hub("events", seeded.event(1), "--config", config))

    assert "encounter.admitted" in shown
    assert seeded.canary not in shown


def test_events_are_whole_as_json(hub, config, seeded):
    one = items(hub("events", seeded.event(1), "--config", config, "--json"))
    several = items(hub("events", "--config", config, "--json"))

    assert one == several["items"][-1]
    assert one["payload"] == {"name": seeded.canary}


def test_deliveries_are_listed(hub, config, seeded):
    shown = text(hub("deliveries", "--state", "dead", "--config", config))

    assert f"{seeded.delivery(2)} payer-a dead 20 QUERY-001" in shown


def test_deliveries_are_json_on_request(hub, config):
    assert len(items(hub("deliveries", "--json", "--config", config))["items"]) == 3


def test_a_delivery_is_shown_with_its_attempts(hub, config, seeded):
    shown = text(hub("deliveries", seeded.delivery(1), "--config", config))
    whole = items(hub("deliveries", seeded.delivery(1), "--json", "--config", config))

    assert "retryable QUERY-005" in shown
    assert len(whole["history"]) == 2


def test_a_delivery_that_was_not_tried_has_no_attempts_to_show(hub, config, seeded):
    shown = text(hub("deliveries", seeded.delivery(2), "--config", config))

    assert "outcome" not in shown


def test_no_rows_are_said_to_be_none(hub, config):
    assert text(hub("messages", "--source", "x", "--config", config)) == (
        "There are none."
    )


def test_explain_follows_a_message_to_the_receipt(hub, config, seeded):
    shown = text(hub("explain", seeded.message(1), "--config", config))

    for words in (
        "facts: start, person",
        "payer-a (payer-a-members) permitted: on the panel",
        "rules: panel.member, purpose.allowed",
        "attempt 1 at 2026-03-14 09:31:04Z: retryable QUERY-005",
        "delivered, file stored",
        "foodbank (foodbank-members) withheld: no consent",
    ):
        assert words in shown


def test_explain_says_what_to_do(hub, config, seeded):
    shown = text(hub("explain", seeded.message(7), "--config", config))

    assert "received 2 times more" in shown
    assert "Check `data_dir`" in shown


def test_explain_is_json_on_request(hub, config, seeded):
    arguments = ["explain", seeded.message(1), "--destination", "foodbank", "--json"]
    shown = items(hub(*arguments, "--config", config))

    assert len(shown["events"][0]["decisions"]) == 1


def test_what_a_sender_chose_cannot_drive_the_terminal(hub, config, seeded):
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute(
            "UPDATE message SET control_id = ?, message_type = ?",
            ["\x1b[2J[red]x", "\x1b]0;y\x07"],
        )
    listed = hub("messages", "--config", config).stdout
    explained = hub("explain", seeded.message(1), "--config", config).stdout

    assert "\x1b" not in listed + explained
    assert "\\x1b[2J[red]x" in listed


def test_the_configuration_is_found_where_it_usually_is(hub, config, tmp_path):
    assert config == tmp_path / "hub.toml"

    assert hub("messages").exit_code == 0


def test_the_configuration_is_found_through_the_environment(
    hub, config, tmp_path, monkeypatch
):
    monkeypatch.setenv("HUB_CONFIG", str(config))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert hub("messages").exit_code == 0


def test_no_configuration_is_an_error(hub):
    result = hub("messages")

    assert result.exit_code == 1
    assert result.stderr == f"{NoConfigurationError()}\n"


def test_no_store_is_an_error(hub, config, seeded):
    seeded.path.unlink()
    result = hub("messages", "--config", config)

    assert result.exit_code == 1
    assert result.stderr.startswith("[QUERY-001]")


def test_plugins_need_no_configuration(hub, monkeypatch):
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "carehub-webhook")
    shown = text(hub("plugins"))
    whole = items(hub("plugins", "--json"))

    assert "carehub-webhook" in shown
    states = {each["name"]: each["state"] for each in whole["items"]}
    assert states["webhook"] == "loaded"
    assert states["hl7"] == "disabled"


def test_an_error_is_explained(hub):
    shown = text(hub("errors", "query-002"))
    whole = items(hub("errors", "QUERY-002", "--json"))

    assert UnknownIdError.remedy in shown
    assert whole == {
        "code": "QUERY-002",
        "summary": UnknownIdError.summary,
        "remedy": UnknownIdError.remedy,
        "recovery": "reject",
    }


def test_errors_of_all_parts_are_listed(hub):
    shown = text(hub("errors"))
    whole = {each["code"] for each in items(hub("errors", "--json"))}

    assert {"STORE-001", "CONFIG-001", "ADMIN-001", "CLI-001"} <= whole
    assert "ADMIN-001 The admin API cannot listen at its address stop" in shown


def test_an_unknown_code_gets_a_suggestion(hub):
    result = hub("errors", "QUERY-0002")

    assert result.exit_code == 1
    assert result.stderr == f"{UnknownCodeError('perhaps QUERY-002 was meant')}\n"


def test_no_command_shows_content_unless_asked_for_it(hub, config, seeded):
    commands = [
        ("messages",),
        ("messages", "--json"),
        ("events",),
        ("deliveries",),
        ("deliveries", "--json"),
        *(("messages", seeded.message(n)) for n in range(1, 10)),
        *(("events", seeded.event(n)) for n in range(1, 5)),
        *(("deliveries", seeded.delivery(n), "--json") for n in range(1, 4)),
        *(("explain", seeded.message(n)) for n in range(1, 10)),
        *(("explain", seeded.message(n), "--json") for n in range(1, 10)),
    ]
    for command in commands:
        assert seeded.canary not in hub(*command, "--config", config).output
