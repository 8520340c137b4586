"""Reports on the form of messages, as the command line shows them."""

import json
import sqlite3
from contextlib import closing

import pytest

REMARK = {"severity": "error", "place": "PV1", "text": "Required, and missing"}


@pytest.fixture
def report(seeded):
    """Return what stores a report on a message, by the number of the message."""

    def report(number, *remarks):
        with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
            connection.execute(
                "INSERT INTO report SELECT seq, 0, ? FROM message WHERE id = ?",
                [json.dumps(remarks), seeded.message(number)],
            )
        return seeded.message(number)

    return report


def test_a_message_is_shown_with_its_remarks(hub, config, report):
    shown = hub("messages", report(1, REMARK), "--config", config).stdout

    assert " ".join(shown.split()).endswith("error PV1 Required, and missing")


def test_a_message_without_remarks_says_so(hub, config, report):
    shown = hub("messages", report(1), "--config", config).stdout

    assert " ".join(shown.split()).endswith("validation 0 remarks")


def test_a_message_without_a_report_is_shown_as_before(hub, config, seeded):
    shown = hub("messages", seeded.message(1), "--config", config).stdout

    assert "validation" not in shown


def test_the_report_is_in_the_json(hub, config, report, seeded):
    report(1, REMARK)
    found = [
        json.loads(hub("messages", key, "--json", "--config", config).stdout)
        for key in (seeded.message(1), seeded.message(2))
    ]

    assert [each["validation"] for each in found] == [[REMARK], None]
