"""The past of somebody of whom much was told. What it is used for has its own tests."""

from hub.store import pasts
from tests.store.rows import queued


def past(connection, person="p_1"):
    """Return the events that a destination knows of a person, oldest first."""
    return [
        each.event for each in pasts.pasts_of(connection, person, ["payer"])["payer"]
    ]


def test_it_is_of_what_belongs_to_the_person_now(memory):
    for name, person in (("a", "p_1"), ("b", "p_2"), ("c", "p_1")):
        queued(memory, name, okey=person)
    memory.execute("UPDATE entity SET person = 'p_1' WHERE key = 'enc_b'")

    assert past(memory) == ["evt_a", "evt_b", "evt_c"]
    assert past(memory, "p_2") == []


def test_it_goes_back_so_many_events_and_reads_no_more(memory):
    for number in range(pasts.MOST_EVENTS + 2):
        queued(memory, f"{number:03}")

    found = past(memory)

    assert len(found) == pasts.MOST_EVENTS
    assert (found[0], found[-1]) == ("evt_002", f"evt_{pasts.MOST_EVENTS + 1:03}")
    values = pasts._PAST._literals | {"person": "p_1", "destinations": "[]"}
    plan = memory.execute(f"EXPLAIN QUERY PLAN {pasts._PAST._text}", values).fetchall()
    of_events = [step[3] for step in plan if step[3].startswith("SEARCH event")]
    assert "COVERING INDEX" in of_events[0]
    assert "INTEGER PRIMARY KEY" in of_events[1]
