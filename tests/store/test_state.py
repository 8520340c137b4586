import json

import pytest

from hub.model.message import MessageState
from hub.store import journal, state
from hub.store.entity_rows import EntityRow, entity_of
from hub.store.errors import RowRefusedError
from hub.store.links import Relinked
from hub.store.state import FactRow, Settlement
from tests.store.rows import NOW, received, row, settlement

EFFECTS = ("fact", "entity", "event", "decision", "delivery", "identifier")


def count(connection, table):
    found = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - ours
    return found.fetchone()[0]


def message(connection, seq):
    found = connection.execute(
        "SELECT state, reason, error_code, warnings FROM message WHERE seq = ?", [seq]
    )
    return found.fetchone()


def test_all_that_comes_of_a_message_is_stored_with_its_state(memory):
    seq = received(memory, 1)
    told = settlement(seq, relinked=Relinked(identifiers=(("KLINIK", "0001", "p_1"),)))

    assert state.settle(memory, [[told]]) == [1]

    assert [count(memory, table) for table in EFFECTS] == [1] * 6
    assert message(memory, seq) == ("processed", "", "", "[]")


def test_a_round_of_many_messages_is_stored_at_once(memory):
    seqs = [received(memory, number) for number in range(1, 151)]
    rounds = [[settlement(seq) for seq in part] for part in (seqs[:100], seqs[100:])]

    assert state.settle(memory, rounds) == [100, 50]

    assert count(memory, "delivery") == 150
    assert journal.count_waiting(memory) == 0


def test_a_message_that_is_set_aside_keeps_the_reason(memory):
    seq = received(memory, 1)
    parked = Settlement(
        seq,
        MessageState.PARKED,
        journal.microseconds(NOW),
        reason="no identifier",
        error_code="HL7-001",
        warnings=("charset.fallback",),
    )

    state.settle(memory, [[parked]])

    assert message(memory, seq)[:3] == ("parked", "no identifier", "HL7-001")
    assert json.loads(message(memory, seq)[3]) == ["charset.fallback"]


def test_what_is_processed_after_all_forgets_why_it_was_set_aside(memory):
    seq = received(memory, 1)
    at = journal.microseconds(NOW)
    aside = Settlement(seq, MessageState.PARKED, at, "why", "HL7-001", ("odd",))
    state.settle(memory, [[aside]])

    state.settle(memory, [[settlement(seq)]])

    assert message(memory, seq) == ("processed", "", "", "[]")


def test_warnings_of_a_processed_message_are_kept(memory):
    seq = received(memory, 1)

    state.settle(memory, [[settlement(seq, warnings=("clock.ahead",))]])

    assert message(memory, seq) == ("processed", "", "", '["clock.ahead"]')


def test_the_newest_picture_of_an_entity_is_kept(memory):
    seq = received(memory, 1)
    old = EntityRow("enc_1", "encounter", "p_1", 1, b"old", "p_1")
    new = EntityRow("enc_1", "encounter", "p_1", 2, b"new", "p_1")

    nothing = {"facts": (), "events": (), "decisions": (), "deliveries": ()}
    state.settle(memory, [[settlement(seq, entities=(old,), **nothing)]])
    seq = received(memory, 2)
    state.settle(memory, [[settlement(seq, entities=(old, new), **nothing)]])

    assert entity_of(memory, "enc_1") == new
    assert entity_of(memory, "enc_2") is None


def test_several_can_be_known_by_a_number_that_somebody_else_gave(memory):
    first, second = ("KVNR", "0001", "p_1"), ("KVNR", "0001", "p_2")
    one, two = received(memory, 1), received(memory, 2)

    state.settle(
        memory,
        [
            [
                settlement(one, relinked=Relinked(identifiers=(first,))),
                settlement(two, relinked=Relinked(identifiers=(second,))),
            ]
        ],
    )

    rows = memory.execute("SELECT system, value, identity FROM identifier").fetchall()
    assert rows == [first, second]


def test_facts_of_an_entity_come_in_their_order_of_arrival(memory):
    one, two = received(memory, 1), received(memory, 2)
    facts = [
        (FactRow(one, 0, "enc", b"a"), FactRow(one, 1, "other", b"b")),
        (FactRow(two, 0, "enc", b"c"), FactRow(two, 1, "enc", b"d")),
    ]

    known = tuple(
        EntityRow(key, "encounter", "p_1", 0, b"{}", "p_1") for key in ("enc", "other")
    )
    for seq, rows in zip((one, two), facts, strict=True):
        told = settlement(seq)
        given = {"facts": rows, "entities": (*told.entities, *known)}
        state.settle(memory, [[told._replace(**given)]])

    assert state.facts_of(memory, "enc") == [b"a", b"c", b"d"]


def broken(seq, missing):
    """Return a settlement that the database must refuse: it lacks `missing`."""
    return settlement(seq)._replace(**{missing: ()})


@pytest.mark.parametrize("missing", ["events", "decisions"])
def test_all_of_a_message_is_stored_or_nothing(store, missing):
    """A delivery without its decision, a decision without its event."""
    writer, reader = store.writer, store.reader()
    writer.call(journal.put, [row()])
    (waiting,) = journal.claim(reader, 1)

    with pytest.raises(RowRefusedError):
        writer.call(state.settle, [broken(waiting.seq, missing)])

    assert [count(reader, table) for table in EFFECTS] == [0] * 6
    assert journal.count_waiting(reader) == 1
    reader.close()


def test_a_message_is_not_processed_twice(store):
    store.writer.call(journal.put, [row()])
    store.writer.call(state.settle, [settlement(1, "first")])

    with pytest.raises(RowRefusedError):
        store.writer.call(state.settle, [settlement(1, "second")])

    reader = store.reader()
    assert count(reader, "event") == 1
    reader.close()


def test_one_round_that_is_refused_leaves_the_others_alone(store):
    rows = [row(body=b"%d" % number, control_id=f"C{number}") for number in range(3)]
    for each in rows:
        store.writer.call(journal.put, [each])
    answers = []
    for each in [settlement(1), broken(2, "decisions"), settlement(3)]:
        store.writer.submit(state.settle, [each], answers.append)
    store.writer.close()

    assert [answers[0], answers[1].code, answers[2]] == [1, "STORE-008", 1]
    reader = store.reader()
    assert count(reader, "delivery") == 2
    assert [each.seq for each in journal.claim(reader, 9)] == [2]
    reader.close()
