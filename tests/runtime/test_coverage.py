"""What payers' rosters come to, file after file. Everybody in here is made up."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.records import fold_record
from hub.coordination.standing import witness
from hub_payer.gaps import normalise_gap
from hub_payer.members import Member, normalise_member, phase
from plugins.payer.tests.tables.tables import message
from tests.runtime.world import World

ANNA = {
    "kind": "member",
    "system": "PAYER-A",
    "member_id": "0012345",
    "identifiers": [{"system": "NORD", "value": "P1", "type": "MR"}],
    "family_name": "Musterfrau",
    "given_name": "Anna",
    "birth_date": "1961-04-07",
    "payer": "PA",
    "plan": "PPO-1",
    "since": "2026-01-01",
}
GAP = {
    "kind": "caregap",
    "system": "PAYER-A",
    "member_id": "0012345",
    "measure": "BCS",
    "due": "2026-12-31",
}


@pytest.fixture
def world():
    made = World(matching=False)
    yield made
    made.close()


def told(world, *files, normalise=normalise_member):
    """Tell what files said of one record: each is a day, and a row or None.

    As the hub does, what is the same as in the file before is not told.
    """
    before = None
    for day, now in files:
        if now is None and before is not None:
            said = message(before, before, op="end", said=day)
        elif now is not None and now != before:
            said = message(now, before, said=day)
        else:
            continue
        before = now
        world.tell(*normalise(said).facts)
    return [each for each in world.types if not each.startswith("person.")]


def last(world):
    return world.events[-1]


ENDS = ANNA | {"until": "2026-03-31"}
DOCTOR = ANNA | {"provider": "1234567893", "provider_name": "Dr. Beispiel"}
OTHER = ANNA | {"provider": "9876543210"}
STORIES = {
    "a new member": ([("2026-02-01", ANNA)], ["coverage.member_enrolled"]),
    "the same again": (
        [("2026-02-01", ANNA), ("2026-03-01", ANNA)],
        ["coverage.member_enrolled"],
    ),
    "another plan": (
        [("2026-02-01", ANNA), ("2026-03-01", ANNA | {"plan": "HMO"})],
        ["coverage.member_enrolled", "coverage.changed"],
    ),
    "another plan, twice": (
        [
            ("2026-02-01", ANNA),
            ("2026-03-01", ANNA | {"plan": "HMO"}),
            ("2026-04-01", ANNA | {"plan": "PPO-3"}),
        ],
        ["coverage.member_enrolled", "coverage.changed", "coverage.changed"],
    ),
    "only another address": (
        [("2026-02-01", ANNA), ("2026-03-01", ANNA | {"city": "Kiel"})],
        ["coverage.member_enrolled"],
    ),
    "gone from a full file": (
        [("2026-02-01", ANNA), ("2026-03-01", None)],
        ["coverage.member_enrolled", "coverage.terminated"],
    ),
    "gone and there again": (
        [("2026-02-01", ANNA), ("2026-03-01", None), ("2026-04-01", ANNA)],
        ["coverage.member_enrolled", "coverage.terminated", "coverage.reinstated"],
    ),
    "an end that is to come is none yet": (
        [("2026-02-01", ANNA), ("2026-03-01", ENDS)],
        ["coverage.member_enrolled", "coverage.changed"],
    ),
    "and is one when the row goes": (
        [("2026-02-01", ANNA), ("2026-03-01", ENDS), ("2026-04-10", None)],
        ["coverage.member_enrolled", "coverage.changed", "coverage.terminated"],
    ),
    "an end that has passed": (
        [("2026-02-01", ANNA), ("2026-05-01", ENDS)],
        ["coverage.member_enrolled", "coverage.terminated"],
    ),
    "an end that is taken back": (
        [("2026-02-01", ANNA), ("2026-05-01", ENDS), ("2026-06-01", ANNA)],
        ["coverage.member_enrolled", "coverage.terminated", "coverage.reinstated"],
    ),
    "an end before the start was never effective": (
        [("2026-02-01", ANNA), ("2026-03-01", ANNA | {"until": "2025-12-31"})],
        ["coverage.member_enrolled", "coverage.never_effective"],
    ),
    "gone before it began": (
        [("2026-02-01", ANNA | {"since": "2026-06-01"}), ("2026-03-01", None)],
        ["coverage.member_enrolled", "coverage.never_effective"],
    ),
    "the sender says terminated and no day": (
        [("2026-02-01", ANNA), ("2026-03-01", ANNA | {"change": "terminated"})],
        ["coverage.member_enrolled", "coverage.terminated"],
    ),
    "the sender says cancelled": (
        [("2026-02-01", ANNA | {"change": "never_effective"})],
        ["coverage.never_effective"],
    ),
    "the sender says reinstated of somebody unknown": (
        [("2026-02-01", ANNA | {"change": "reinstated"})],
        ["coverage.reinstated"],
    ),
    "attributed, to another, to nobody": (
        [
            ("2026-02-01", DOCTOR),
            ("2026-03-01", OTHER),
            ("2026-04-01", DOCTOR),
            ("2026-05-01", ANNA),
        ],
        [
            "coverage.member_enrolled",
            "coverage.attribution_added",
            "coverage.changed",
            "coverage.attribution_changed",
            "coverage.changed",
            "coverage.attribution_changed",
            "coverage.changed",
            "coverage.attribution_removed",
        ],
    ),
    "attributed, gone, there again": (
        [("2026-02-01", DOCTOR), ("2026-03-01", None), ("2026-04-01", DOCTOR)],
        [
            "coverage.member_enrolled",
            "coverage.attribution_added",
            "coverage.terminated",
            "coverage.attribution_removed",
            "coverage.reinstated",
            "coverage.attribution_added",
        ],
    ),
}


@pytest.mark.parametrize(("files", "types"), STORIES.values(), ids=STORIES)
def test_a_story_of_rosters_is_told(world, files, types):
    assert told(world, *files) == types
    assert set(world.states) <= {"processed"}


def test_the_payload_says_what_is_known_of_a_coverage(world):
    told(world, ("2026-02-01", ANNA | {"payer_system": "NAIC", "pcp": "77"}))

    event = next(each for each in world.events if "enrolled" in each.type)

    assert event.payload == {
        "changed_fields": event.payload["changed_fields"],
        "file": {"exchange": "ex-1", "row": 2},
        "member_id": "0012345",
        "payer": {"system": "NAIC", "value": "PA"},
        "pcp": "77",
        "period": {"start": "2026-01-01"},
        "plan": "PPO-1",
        "status": "enrolled",
    }
    assert event.times.occurred.local == "2026-01-01"
    assert {each.value for each in event.subject.identifiers} == {"0012345", "P1"}


def test_what_is_gone_has_ended_on_the_day_of_the_file(world):
    told(world, ("2026-02-01", ANNA), ("2026-03-01", None))

    assert last(world).payload["period"] == {"start": "2026-01-01", "end": "2026-03-01"}
    assert last(world).times.occurred.local == "2026-03-01"


def test_what_was_to_end_earlier_has_ended_then(world):
    told(world, ("2026-02-01", ENDS), ("2026-06-01", None))

    assert last(world).payload["period"]["end"] == "2026-03-31"


def test_the_day_of_a_file_is_that_of_the_payer():
    row = message(ANNA, ANNA, op="end")
    late = msgspec.structs.replace(row, said=row.said.replace(hour=23))

    [fact] = normalise_member(late, "Europe/Berlin").facts

    assert fact.details["period"]["end"] == "2026-11-03"


GAPS = {
    "a gap is opened and met": (
        [("2026-02-01", GAP), ("2026-03-01", GAP | {"status": "closed"})],
        ["caregap.opened", "caregap.closed"],
    ),
    "a gap that a complete list does not have any more is closed": (
        [("2026-02-01", GAP), ("2026-03-01", None)],
        ["caregap.opened", "caregap.closed"],
    ),
    "it may open again": (
        [("2026-02-01", GAP), ("2026-03-01", None), ("2026-04-01", GAP)],
        ["caregap.opened", "caregap.closed", "caregap.opened"],
    ),
    "it may be disputed": (
        [("2026-02-01", GAP), ("2026-03-01", GAP | {"status": "disputed"})],
        ["caregap.opened", "caregap.disputed"],
    ),
    "another day is no event": (
        [("2026-02-01", GAP), ("2026-03-01", GAP | {"due": "2027-01-31"})],
        ["caregap.opened"],
    ),
}


@pytest.mark.parametrize(("files", "types"), GAPS.values(), ids=GAPS)
def test_a_story_of_care_gaps_is_told(world, files, types):
    assert told(world, *files, normalise=normalise_gap) == types


def test_a_gap_that_is_gone_says_why_it_is_closed(world):
    told(world, ("2026-02-01", GAP), ("2026-03-01", None), normalise=normalise_gap)

    payload = last(world).payload
    assert payload["reason"] == "no_longer_listed"
    assert payload["measure"] == "BCS"


DAYS = st.sampled_from(["", "2026-01-01", "2026-03-31", "2026-06-30", "2027-01-01"])
ROWS = st.none() | st.builds(
    lambda since, until, provider, change: (
        ANNA
        | {"since": since, "until": until, "provider": provider}
        | {"change": change}
    ),
    DAYS,
    DAYS,
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "changed", "terminated", "reinstated", "never_effective"]),
)
STATUS = {
    "ended": {"terminated"},
    "never": {"never_effective"},
    "active": {"enrolled", "reinstated"},
}


@given(st.lists(ROWS, min_size=1, max_size=7))
def test_whatever_files_came_the_last_one_says_what_is(rows):
    """A coverage, and who the person is attributed to, are as the last row has them."""
    records, before, ended = {}, None, False
    for month, now in enumerate(rows, 1):
        day = f"2026-{month:02}-15"
        if now is None and (before is None or ended):
            continue
        op = "end" if now is None else "set"
        said = message(now or before, None if ended else before, op=op, said=day)
        for fact in normalise_member(said).facts:
            records.setdefault(fact.record.value, []).append(witness(fact))
        before, ended = now or before, now is None

    folded = {key: fold_record("coverage", each) for key, each in records.items()}

    if before is None:
        assert not folded
        return
    last = said.said.date()
    is_now = phase(msgspec.convert(before, Member), last)
    if ended and is_now == "active":
        is_now = "never" if before["since"] > last.isoformat() else "ended"
    assert folded["0012345"].status in STATUS[is_now]
    attributed = folded.get("0012345/attribution")
    holds = attributed is not None and attributed.status != "attribution_removed"
    assert holds == (is_now == "active" and bool(before["provider"]))
    if holds:
        assert attributed.details["provider"] == before["provider"]
