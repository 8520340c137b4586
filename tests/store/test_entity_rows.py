"""Entities as rows: the last of several stands, whoever it belongs to by then."""

import pytest

from hub.store import entity_rows
from hub.store.entity_rows import EntityRow, entities_of, entities_with, entity_of

OLD = EntityRow("enc_1", "encounter", "p_1", 1, b"old", "p_1")
OTHER = EntityRow("enc_2", "encounter", "p_1", 1, b"other", "p_1")


@pytest.mark.parametrize(
    "new",
    [
        OLD._replace(version=2, body=b"new"),
        OLD._replace(version=2, body=b"new", person="p_2"),
        OLD._replace(version=2, body=b"new", person="p_2", identity="p_2"),
    ],
)
def test_the_last_stands(memory, new):
    entity_rows.keep(memory, [OLD, OTHER])
    entity_rows.keep(memory, [OLD._replace(body=b"between"), new])

    assert entity_of(memory, "enc_1") == new
    assert entity_of(memory, "enc_2") == OTHER
    assert entities_with(memory, ["enc_1", "enc_2", "enc_3"]) == {
        "enc_1": new,
        "enc_2": OTHER,
    }


def test_whoever_has_something_now_is_found_by_it(memory):
    entity_rows.keep(memory, [OLD, OTHER])
    entity_rows.keep(memory, [OLD._replace(person="p_2")])

    assert entities_of(memory, "p_1", "encounter") == [OTHER]
    assert [row.key for row in entities_of(memory, "p_2", "encounter")] == ["enc_1"]


def test_an_index_is_not_written_where_whose_it_is_stays(memory):
    """In a large store each write to it is another page, twice to the disk."""
    entity_rows.keep(memory, [OLD])
    told = []
    memory.execute("CREATE TEMP TABLE wrote (key TEXT)")
    memory.execute(
        "CREATE TEMP TRIGGER watch AFTER UPDATE OF person ON entity"
        " BEGIN INSERT INTO wrote VALUES (NEW.key); END"
    )

    for row in (OLD._replace(version=2), OLD._replace(version=3, person="p_2")):
        entity_rows.keep(memory, [row])
        told.append(memory.execute("SELECT count(*) FROM wrote").fetchone()[0])

    assert told == [0, 1]


def test_nothing_is_kept_of_nothing(memory):
    entity_rows.keep(memory, [])

    assert entities_with(memory, []) == {}
