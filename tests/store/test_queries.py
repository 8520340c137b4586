import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.queries import Reader
from hub.store.query_errors import (
    BadCursorError,
    DamagedBytesError,
    SlowQueryError,
    StoreUnreadableError,
    UnknownIdError,
)


@pytest.fixture
def reader(seeded):
    return Reader(seeded.path)


def change(path, statement):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def numbers(page):
    return [int(item.id[4:], 16) for item in page.items]


def test_messages_come_newest_first(reader):
    page = reader.messages()

    assert numbers(page) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert page.next is None


def test_pages_hold_every_message_once(reader):
    seen, cursor = [], None
    while True:
        page = reader.messages(limit=4, cursor=cursor)
        seen += numbers(page)
        cursor = page.next
        if cursor is None:
            break

    assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_a_full_last_page_has_no_next(reader):
    assert reader.messages(limit=9).next is None


def test_rows_that_arrive_between_pages_do_not_shift_the_next(reader, seeded):
    first = reader.messages(limit=4)
    change(
        seeded.path,
        "INSERT INTO message SELECT 10, 'msg_new', source, 'C10', message_type, "
        "media_type, sha256, size, body, received_at, peer, state, reason, "
        "error_code, warnings, settled_at, 0, NULL, NULL FROM message WHERE seq = 1",
    )

    assert numbers(reader.messages(limit=4, cursor=first.next)) == [5, 4, 3, 2]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"source": "klinik-sued"}, [8, 6, 4, 2]),
        ({"state": "parked"}, [2]),
        ({"control_id": "C7"}, [7]),
        ({"message_type": "ADT^A01", "state": "received"}, [4]),
        ({"message_type": "ADT^A02"}, []),
    ],
)
def test_messages_are_filtered(reader, filters, expected):
    assert numbers(reader.messages(**filters)) == expected


def test_filters_are_values_and_never_sql(reader):
    assert reader.messages(source="' OR 1=1 --").items == []


def test_the_json_of_a_message_has_the_promised_fields(reader, seeded):
    row = msgspec.to_builtins(reader.message(seeded.message(1)))

    assert row == {
        "id": seeded.message(1),
        "source": "klinik-nord",
        "received_at": "2026-03-14T09:32:04.221000Z",
        "media_type": "x-application/hl7-v2+er7",
        "control_id": "C1",
        "message_type": "ADT^A01",
        "sha256": hashlib.sha256(seeded.body(1)).hexdigest(),
        "size": len(seeded.body(1)),
        "state": "processed",
        "warnings": ["charset.fallback"],
        "reason": "",
        "error_code": "",
        "repeats": 0,
        "repeated_at": None,
        "settled_at": "2026-03-14T09:31:04.221000Z",
        "parent": None,
        "validation": None,
    }


def test_times_are_exact_to_the_microsecond(reader, seeded):
    change(seeded.path, "UPDATE message SET received_at = 1773480664000001")

    received = reader.message(seeded.message(1)).received_at
    assert received == datetime(2026, 3, 14, 9, 31, 4, 1, tzinfo=UTC)


def test_raw_bytes_are_those_received(reader, seeded):
    assert reader.raw(seeded.message(1)) == seeded.body(1)


def test_damaged_bytes_are_not_handed_out(reader, seeded):
    change(seeded.path, "UPDATE message SET body = zeroblob(9) WHERE seq = 1")

    with pytest.raises(DamagedBytesError) as caught:
        reader.raw(seeded.message(1))

    assert seeded.canary not in str(caught.value)


@pytest.mark.parametrize("ask", ["message", "raw", "event", "delivery", "explain"])
def test_an_unknown_id_is_said_to_be_unknown(reader, ask):
    with pytest.raises(UnknownIdError):
        getattr(reader, ask)("nothing")


def test_an_unknown_id_that_is_no_id_is_not_repeated(reader, seeded):
    with pytest.raises(UnknownIdError) as caught:
        reader.message(f"{seeded.canary}^JOHN")

    assert seeded.canary not in str(caught.value)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [4, 3, 2, 1]),
        ({"type": "encounter.discharged"}, [4, 3]),
        ({"entity": f"enc_{2:032x}"}, [2]),
        ({"message": f"msg_{1:032x}"}, [1]),
        ({"message": "msg_none"}, []),
    ],
)
def test_events_are_filtered(reader, filters, expected):
    page = reader.events(**filters)

    assert [int(item["id"][4:], 16) for item in page.items] == expected


def test_an_event_is_its_stored_envelope(reader, seeded):
    assert reader.event(seeded.event(1)) == reader.events().items[-1]
    assert reader.event(seeded.event(1))["entity"]["version"] == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"destination": "payer-a"}, [3, 2, 1]),
        ({"destination": "foodbank"}, []),
        ({"state": "dead"}, [2]),
        ({"event": f"evt_{1:032x}"}, [1]),
    ],
)
def test_deliveries_are_filtered(reader, filters, expected):
    assert numbers(reader.deliveries(**filters)) == expected


def test_only_a_waiting_delivery_has_a_next_attempt(reader):
    ready, dead, _ = reader.deliveries().items

    assert ready.next_attempt_at == datetime(2026, 3, 14, 9, 32, 4, 221000, tzinfo=UTC)
    assert dead.next_attempt_at is None


def test_a_delivery_shows_each_attempt(reader, seeded):
    delivery = reader.delivery(seeded.delivery(1))

    assert delivery.attempts == 2
    assert [each.outcome for each in delivery.history] == ["retryable", "accepted"]
    assert delivery.history[0].error_code == "QUERY-005"


def test_a_dead_delivery_says_what_to_do(reader, seeded):
    assert reader.delivery(seeded.delivery(2)).remedy == StoreUnreadableError.remedy


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"permitted": False}, ["foodbank"]),
        ({"permitted": True}, ["payer-a"] * 3),
        ({"event": f"evt_{1:032x}"}, ["foodbank", "payer-a"]),
        ({"destination": "foodbank"}, ["foodbank"]),
    ],
)
def test_decisions_are_filtered(reader, filters, expected):
    page = reader.decisions(**filters)

    assert [item.destination for item in page.items] == expected


def test_a_decision_shows_its_rules_but_not_the_patient(reader, seeded):
    denied = reader.decisions(permitted=False).items[0]

    assert denied.rules == ["panel.member", "purpose.allowed"]
    assert seeded.canary not in msgspec.json.encode(denied).decode()


def test_counts_add_everything_up(reader):
    counts = reader.counts()

    assert counts.messages == {
        "parked": 1,
        "processed": 6,
        "received": 1,
        "unmapped": 1,
    }
    assert counts.repeats == 2
    assert counts.events["encounter.discharged"] == 2
    assert counts.decisions == {"permit": 3, "deny": 1}
    assert counts.deliveries == {"payer-a": {"dead": 1, "delivered": 1, "ready": 1}}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, ["delivered to payer-a", "withheld from foodbank", "no consent"]),
        (2, ["QUERY-003", "MSH-9 is empty", DamagedBytesError.remedy]),
        (3, ["no trigger that the hub knows"]),
        (4, ["waits to be processed"]),
        (5, ["changed nothing"]),
        (6, ["No subscription asks for it"]),
        (7, ["given up for payer-a", "QUERY-001", StoreUnreadableError.remedy]),
        (8, ["waiting for payer-a", "attempts so far: 1"]),
        (9, ["said nothing"]),
    ],
)
def test_the_explanation_says_what_became_of_a_message(reader, seeded, number, words):
    explanation = reader.explain(seeded.message(number))

    text = " ".join(explanation.conclusion)
    assert [word for word in words if word not in text] == []


def test_the_explanation_follows_the_message_to_the_receipt(reader, seeded):
    explanation = reader.explain(seeded.message(1))

    assert [fact.kind for fact in explanation.facts] == ["start", "person"]
    (event,) = explanation.events
    permitted, denied = event.decisions
    assert permitted.delivery.receipt == "file stored"
    assert len(permitted.delivery.history) == 2
    assert denied.delivery is None
    assert denied.decision.reason == "no consent"


def test_the_explanation_can_be_about_one_destination(reader, seeded):
    explanation = reader.explain(seeded.message(1), "clinic")

    assert explanation.conclusion == [
        "encounter.admitted: No subscription of clinic asks for it."
    ]


def test_the_explanation_shows_the_rule_of_what_is_only_owed(reader, seeded):
    change(
        seeded.path,
        """UPDATE decision SET rules = '["relationship@1","R-ENC-06"]' WHERE seq = 1""",
    )

    explanation = reader.explain(seeded.message(1))

    assert "to payer-a (payer-a-members, by R-ENC-06)" in explanation.conclusion[0]
    assert "foodbank (foodbank-members)" in explanation.conclusion[0]
    shown = explanation.events[0].decisions[0].decision
    assert shown.rules == ["relationship@1", "R-ENC-06"]


def test_the_explanation_says_when_a_delivery_is_missing(reader, seeded):
    change(seeded.path, "DELETE FROM attempt")
    change(seeded.path, "DELETE FROM delivery")

    (sentence,) = reader.explain(seeded.message(8)).conclusion
    assert "there is no delivery" in sentence


def test_no_list_but_events_holds_content(reader, seeded):
    shown = [
        reader.messages(),
        reader.deliveries(),
        reader.decisions(),
        reader.counts(),
        *(reader.explain(seeded.message(number)) for number in range(1, 10)),
        *(reader.delivery(seeded.delivery(number)) for number in range(1, 4)),
    ]

    assert seeded.canary not in msgspec.json.encode(shown).decode()


@pytest.mark.parametrize("limit", [0, 1001, -1])
def test_a_limit_out_of_range_is_refused(reader, limit):
    with pytest.raises(ValueError, match="between 1 and 1000"):
        reader.messages(limit=limit)


def test_a_cursor_of_another_list_is_refused(reader):
    cursor = reader.messages(limit=1).next

    with pytest.raises(BadCursorError):
        reader.events(cursor=cursor)


def test_any_other_text_is_no_cursor(tmp_path):
    reader = Reader(tmp_path / "never opened")

    @given(st.text())
    def refused(cursor):
        with pytest.raises(BadCursorError):
            reader.messages(cursor=cursor)

    refused()


def test_a_missing_store_is_said_to_be_missing(tmp_path):
    with pytest.raises(StoreUnreadableError, match="there is no"):
        Reader(tmp_path / "none.sqlite3").counts()


def test_a_file_that_is_no_store_is_unreadable(tmp_path):
    path = tmp_path / "carehub.sqlite3"
    path.write_bytes(b"synthetic bytes that are no database" * 100)

    with pytest.raises(StoreUnreadableError, match="SQLITE_NOTADB"):
        Reader(path).counts()


def test_a_store_without_tables_is_unreadable(tmp_path):
    path = tmp_path / "carehub.sqlite3"
    change(path, "CREATE TABLE other (a)")

    with pytest.raises(StoreUnreadableError) as caught:
        Reader(path).messages()

    assert "SELECT" not in str(caught.value)


def test_a_slow_answer_is_cut_off(seeded):
    change(
        seeded.path,
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 20000) INSERT INTO attempt "
        "SELECT i, 1, 1, 1, 1, 'retryable', '', '' FROM n",
    )
    reader = Reader(seeded.path, time_limit_seconds=0)

    with pytest.raises(SlowQueryError):
        reader.delivery(seeded.delivery(1))


def test_the_reader_cannot_write(reader):
    with (
        pytest.raises(StoreUnreadableError, match="READONLY"),
        reader._looks.connection() as connection,
    ):
        connection.exec_driver_sql("DELETE FROM attempt")


def test_it_reads_what_a_running_hub_has_not_checkpointed(seeded, reader):
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("UPDATE message SET state = 'parked'")

        assert reader.counts().messages == {"parked": 9}
        assert seeded.path.with_name("carehub.sqlite3-wal").stat().st_size > 0


def test_it_does_not_hold_up_the_writer(seeded, reader):
    with (
        closing(sqlite3.connect(seeded.path, timeout=0)) as writer,
        reader._looks.connection() as connection,
    ):
        connection.exec_driver_sql("SELECT count(*) FROM message").all()
        writer.execute("UPDATE message SET state = 'parked'")
        writer.commit()


def test_one_answer_is_of_one_moment(seeded, reader):
    with reader._looks.connection() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM attempt").scalar()
        change(seeded.path, "DELETE FROM attempt")
        after = connection.exec_driver_sql("SELECT count(*) FROM attempt").scalar()

    assert before == after == 2


def test_it_reads_a_stopped_hub_whose_log_is_gone(seeded, reader):
    assert not seeded.path.with_name("carehub.sqlite3-wal").exists()

    assert sum(reader.counts().messages.values()) == 9


READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from hub.store.queries import Reader
os.setuid(65534)
print(sum(Reader(Path(sys.argv[1])).counts().messages.values()))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_reads_a_stopped_hub_in_a_folder_that_it_may_not_write_to(seeded):
    # Not below tmp_path, whose parents are closed to other users.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(shutil.copy(seeded.path, folder))
        path.chmod(0o644)
        done = subprocess.run(
            [sys.executable, "-c", READ_AS_NOBODY, str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    assert (done.stdout.strip(), done.stderr) == ("9", "")


LETTER = b"Synthetic letter"


@pytest.fixture
def letter(seeded):
    digest = hashlib.sha256(LETTER).hexdigest()
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO document VALUES (?, 'text/plain', 1, ?)", (digest, LETTER)
        )
    return digest


def test_a_document_is_found_by_its_digest(reader, letter):
    assert reader.document(letter) == ("text/plain", LETTER)


@pytest.mark.usefixtures("seeded")
def test_a_document_that_is_not_there_is_unknown(reader):
    with pytest.raises(UnknownIdError):
        reader.document("0" * 64)


def test_a_document_that_is_not_what_was_stored_is_not_given_out(
    reader, seeded, letter
):
    change(seeded.path, "UPDATE document SET body = x'00'")

    with pytest.raises(DamagedBytesError):
        reader.document(letter)


def test_messages_inside_a_message_are_found_by_it(reader, seeded):
    change(seeded.path, "UPDATE message SET parent = 1 WHERE seq IN (2, 3)")

    page = reader.messages(parent=seeded.message(1))

    assert [each.id for each in page.items] == [seeded.message(3), seeded.message(2)]
    assert {each.parent for each in page.items} == {seeded.message(1)}
