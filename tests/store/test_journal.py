from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.message import MessageState, Stored
from hub.store import journal
from tests.store.rows import NOW, SECOND, in_memory, put, received, row


def named(content, received_at=NOW):
    source, control_id, body = content
    return row(source, control_id=control_id, body=body, received_at=received_at)


def stored(connection, key):
    found = connection.execute(
        "SELECT source, control_id, body, state, repeats, repeated_at "
        "FROM message WHERE id = ?",
        [key],
    )
    return found.fetchone()


def mark(connection, key, state):
    connection.execute("UPDATE message SET state = ? WHERE id = ?", [state, key])


@given(st.lists(st.sampled_from([b"one", b"two"]), max_size=50))
def test_no_two_arrivals_have_the_same_id(bodies):
    keys = [row(body=body)[0] for body in bodies]

    assert len(set(keys)) == len(keys)


def moments(first, last):
    microseconds = st.integers(0, (last - first) // timedelta(microseconds=1))
    return microseconds.map(lambda each: first + timedelta(microseconds=each))


YEAR_1900 = datetime(1900, 1, 1, tzinfo=UTC)
YEAR_1970 = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_2200 = datetime(2200, 1, 1, tzinfo=UTC)


@given(moments(YEAR_1970, YEAR_2200), st.integers(1, 10**9))
def test_ids_sort_by_the_time_of_arrival(first, milliseconds):
    later = first + timedelta(milliseconds=milliseconds)

    assert row(body=b"1", received_at=first)[0] < row(body=b"2", received_at=later)[0]


def test_an_id_has_a_fixed_form_and_shows_no_content():
    assert row()[0].startswith("msg_")
    assert len(row()[0]) == 36
    assert set(row()[0][4:]) <= set("0123456789abcdef")


@given(moments(YEAR_1900, YEAR_2200))
def test_times_are_kept_to_the_microsecond(moment):
    assert journal.moment(journal.microseconds(moment)) == moment


def test_the_bytes_are_kept_as_they_came(memory):
    body = bytes(range(256))

    (answer,) = put(memory, row(body=body))

    assert stored(memory, answer.id)[2] == body


def test_a_resend_is_answered_with_its_first_arrival_and_counted(memory):
    (first,) = put(memory, row())
    later = NOW + 5 * SECOND

    (again,) = put(memory, row(received_at=later))

    assert again == Stored(first.id, duplicate=True)
    assert stored(memory, first.id)[4:] == (1, journal.microseconds(later))
    assert journal.count_waiting(memory) == 1


def test_a_resend_of_what_was_processed_is_not_processed_again(memory):
    (first,) = put(memory, row())
    mark(memory, first.id, MessageState.PROCESSED)

    put(memory, row())

    assert journal.claim(memory, 9) == []


def test_the_same_control_id_with_other_bytes_is_another_message(memory):
    answers = put(memory, row(body=b"one"), row(body=b"two"))

    assert [each.duplicate for each in answers] == [False, False]
    assert answers[0].id != answers[1].id


def test_the_same_bytes_from_another_source_are_another_message(memory):
    answers = put(memory, row("nord"), row("sued"))

    assert [each.duplicate for each in answers] == [False, False]


def test_a_resend_within_one_batch_is_a_duplicate(memory):
    first, other, again, third = put(
        memory,
        row(),
        row(body=b"other"),
        row(received_at=NOW + SECOND),
        row(received_at=NOW + 2 * SECOND),
    )

    assert [each.duplicate for each in (first, other, again, third)] == [0, 0, 1, 1]
    assert again.id == third.id == first.id
    assert stored(memory, first.id)[4] == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b1", b""), ("ab", "1", b"")),
        (("a", "1", b"2"), ("a", "12", b"")),
        (("a", "", b"1"), ("a", "1", b"")),
        (("a", "\x00", b""), ("a", "", b"\x00")),
    ],
)
def test_what_is_much_alike_is_not_the_same(memory, one, other):
    answers = put(memory, named(one), named(other))

    assert [each.duplicate for each in answers] == [False, False]


def test_batches_of_one_commit_are_answered_each_for_itself(memory):
    first, second = journal.put(
        memory,
        [[row(body=b"one"), row(body=b"two")], [row(body=b"one"), row(body=b"three")]],
    )

    assert [each.duplicate for each in first + second] == [False, False, True, False]
    assert second[0].id == first[0].id


def test_storing_what_was_stored_by_a_commit_that_failed_later_is_no_repeat(memory):
    """The writer does a failed batch again, piece by piece, with the same ids."""
    rows = [row(body=b"one"), row(body=b"two")]
    once = put(memory, *rows)

    assert put(memory, *rows) == once
    assert stored(memory, once[0].id)[4] == 0


small = st.tuples(
    st.sampled_from(["nord", "sued"]),
    st.sampled_from(["", "C1", "C2"]),
    st.sampled_from([b"", b"one", b"two"]),
)


@settings(deadline=None)
@given(st.lists(st.lists(small, min_size=1, max_size=8), max_size=6))
def test_each_content_is_stored_once_and_each_repeat_counted(batches):
    with closing(in_memory()) as connection:
        ids, repeats, at = {}, {}, NOW
        for batch in batches:
            rows = []
            for content in batch:
                at += SECOND
                rows.append(named(content, at))
            for content, answer in zip(batch, put(connection, *rows), strict=True):
                assert answer.duplicate == (content in ids)
                assert ids.setdefault(content, answer.id) == answer.id
                repeats[content] = repeats.get(content, -1) + 1

        assert len(set(ids.values())) == len(ids)
        for content, key in ids.items():
            source, control_id, body, _, count, _ = stored(connection, key)
            assert (source, control_id, body) == content
            assert count == repeats[content]


def test_waiting_messages_are_claimed_oldest_first(memory):
    for number in range(1, 6):
        received(memory, number)
    mark(memory, journal.claim(memory, 9)[1].id, MessageState.PARKED)

    claimed = journal.claim(memory, 3)

    assert [each.body for each in claimed] == [b"1", b"3", b"4"]
    assert [each.body for each in journal.claim(memory, 9)][3:] == [b"5"]
    assert journal.count_waiting(memory) == 4


def test_a_claimed_message_is_what_was_stored(memory):
    (answer,) = put(memory, row("nord", control_id="C7", body=b"bytes"))

    (waiting,) = journal.claim(memory, 1)

    assert waiting == (
        waiting.seq,
        answer.id,
        "nord",
        "C7",
        b"bytes",
        NOW,
        False,
        False,
        False,
    )
    assert journal.claim(memory, 1) == [waiting]


@pytest.mark.parametrize(
    ("source", "control_id", "reused"),
    [("nord", "C1", True), ("nord", "C2", False), ("sued", "C1", False)],
)
def test_a_control_id_is_reused_where_the_same_source_had_it_for_other_bytes(
    memory, source, control_id, reused
):
    put(memory, row("nord", control_id="C1", body=b"first"))
    put(memory, row(source, control_id=control_id, body=b"second"))
    first, second = journal.claim(memory, 2)

    assert second.reused is reused
    assert first.reused is False


@pytest.mark.parametrize("state", MessageState)
def test_only_what_was_set_aside_is_processed_again(memory, state):
    (answer,) = put(memory, row())
    mark(memory, answer.id, state)
    replayable = state in {MessageState.UNMAPPED, MessageState.PARKED}

    assert journal.replay(memory, [answer.id, "msg_unknown"]) == [replayable, False]
    waits = replayable or state is MessageState.RECEIVED
    assert journal.count_waiting(memory) == waits


SEARCH_EARLIER = (
    "SEARCH earlier USING INDEX sqlite_autoindex_message_1 (source=? AND control_id=?)"
)


def test_claiming_reads_nothing_but_what_waits(memory):
    plan = memory.execute(
        f"EXPLAIN QUERY PLAN {journal._CLAIM._text}",
        journal._CLAIM._literals | {"most": 1, "after": 0},
    ).fetchall()

    assert [step[3] for step in plan] == [
        "SEARCH message USING INDEX ix_message_waiting (seq>?)",
        "CORRELATED SCALAR SUBQUERY 1",
        SEARCH_EARLIER,
    ]


def test_a_message_whose_bytes_changed_is_claimed_as_damaged(memory):
    received(memory, 1)
    received(memory, 2)
    memory.execute("UPDATE message SET body = x'00' WHERE seq = 1")

    assert [each.damaged for each in journal.claim(memory, 9)] == [True, False]


def test_what_its_source_refused_is_kept_and_set_aside(memory):
    put(memory, row("nord", refused="HL7-020"))

    assert journal.claim(memory, 9) == []
    assert memory.execute(
        "SELECT state, error_code, reason FROM message"
    ).fetchall() == [("parked", "HL7-020", "refused")]


def test_what_was_refused_is_taken_when_it_comes_again(memory):
    (first,) = put(memory, row("nord", refused="HL7-022"))
    (again,) = put(memory, row("nord"))
    (repeat,) = put(memory, row("nord"))

    assert (again.id, again.duplicate, repeat.duplicate) == (first.id, False, True)
    assert [each.id for each in journal.claim(memory, 9)] == [first.id]


def test_what_is_refused_again_stays_aside(memory):
    put(memory, row("nord", refused="HL7-022"))
    (again,) = put(memory, row("nord", refused="HL7-022"))

    assert again.duplicate
    assert journal.claim(memory, 9) == []


def test_what_was_taken_is_not_refused_afterwards(memory):
    put(memory, row("nord"))
    put(memory, row("nord", refused="HL7-022"))

    assert len(journal.claim(memory, 9)) == 1


def test_of_large_messages_fewer_are_claimed_at_once(memory):
    put(
        memory,
        *(row(control_id=f"C{n}", body=b"x" * 100 + b"%d" % n) for n in range(4)),
    )

    assert len(journal.claim(memory, 9, 250)) == 2
    assert len(journal.claim(memory, 9, 1)) == 1
