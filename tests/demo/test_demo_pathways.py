"""Laws of the simulation, whatever the seed."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demo.er7 import composite, escape, segment
from hub.demo.pathways import FIRST_DAY, PATHWAYS, SPAN, Simulation, simulate
from hub.demo.people import make_people
from hub.demo.sites import KLINIK_NORD, SITES, ST_MARY
from hub.model.taxonomy import EVENT_TYPES

SEEDS = st.integers(0, 10_000)
SITE = {site.name: site for site in SITES}


def run(seed: int, count: int = 40) -> Simulation:
    return simulate(make_people(seed, count), seed)


def read(message):
    """Split a message naively; MSH-n stands at place n - 1 of its list."""
    text = message.body.decode(SITE[message.site].codec)
    assert text.endswith("\r")
    lines = [line.split("|") for line in text[:-1].split("\r")]
    return {line[0]: line for line in lines}


def trigger(message):
    return read(message)["MSH"][8].split("^")[1]


def firsts(simulation):
    return [m for m in simulation.messages if not m.repeated]


def test_sends_the_same_bytes_in_the_same_order_for_the_same_seed():
    assert run(5) == run(5)
    assert run(5).messages != run(6).messages


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_writes_messages_that_a_naive_split_can_read(seed):
    for message in run(seed).messages:
        fields = read(message)
        msh, pid = fields["MSH"], fields["PID"]
        assert msh[1] == r"^~\&"
        assert msh[9] == message.control_id
        assert msh[17] == SITE[message.site].charset
        assert len(pid[5].split("^")[0]) > 0
        assert pid[3].split("^")[3] == SITE[message.site].authority
        assert fields.get("EVN", ["EVN", ""])[0] == "EVN"


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_promises_what_the_triggers_of_the_visit_lead_to(seed):
    """Counts triggers on the wire; the expectation was made beside them."""
    simulation = run(seed)
    events = simulation.events()
    triggers = Counter(trigger(m) for m in firsts(simulation))

    assert set(events) <= EVENT_TYPES
    # A merge amends what was told of the start; a move tells the right person of it.
    told_again = triggers["A40"] + triggers["A45"]
    assert events["encounter.admitted"] == triggers["A01"] + told_again
    assert events["encounter.moved"] == triggers["A45"]
    assert (
        events["encounter.ed_arrived"] + events["encounter.registered"]
        == triggers["A04"]
    )
    assert events["encounter.admit_cancelled"] == triggers["A11"]
    assert events["encounter.transfer_cancelled"] == triggers["A12"]
    assert events["encounter.discharge_cancelled"] == triggers["A13"]
    assert (
        events["encounter.discharged"]
        + events["encounter.ended"]
        + events["encounter.end_corrected"]
        == triggers["A03"]
    )
    assert (
        events["encounter.transferred"] - events["encounter.class_changed"]
        == triggers["A02"] - events["encounter.history_corrected"]
    )


def test_follows_every_pathway_at_least_once():
    visits = run(1, len(PATHWAYS)).visits

    assert {e for v in visits for e in v.events} == {
        "encounter.admitted",
        "encounter.admit_cancelled",
        "encounter.class_changed",
        "encounter.discharge_cancelled",
        "encounter.discharged",
        "encounter.ed_arrived",
        "encounter.end_corrected",
        "encounter.ended",
        "encounter.history_corrected",
        "encounter.registered",
        "encounter.transfer_cancelled",
        "encounter.transferred",
    }


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_repeats_some_messages_byte_for_byte_and_only_later(seed):
    messages = run(seed).messages
    first_due = {}

    assert any(m.repeated for m in messages)
    for message in messages:
        if message.repeated:
            body, due = first_due[message.control_id]
            assert message.body == body
            assert message.due > due
        else:
            assert message.control_id not in first_due
            first_due[message.control_id] = message.body, message.due


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_sends_some_messages_after_what_happened_later(seed):
    recorded = {}
    late = Counter()
    for message in firsts(run(seed)):
        fields = read(message)
        visit = (fields["PV1"] + [""] * 20)[19]
        if visit and fields["MSH"][6] < recorded.get(visit, ""):
            late[trigger(message)] += 1
        recorded[visit] = max(recorded.get(visit, ""), fields["MSH"][6])

    assert late["A02"] >= 1
    assert late["A08"] >= 1


def test_tells_the_stories_of_a_few():
    simulation = run(1, 60)
    triggers = Counter(trigger(m) for m in firsts(simulation))
    died = [m for m in firsts(simulation) if read(m)["PID"][-1] == "Y"]

    assert triggers["A40"] == 2
    assert triggers["A45"] == 2
    assert {trigger(m) for m in died} == {"A03"}
    assert {read(m)["PV1"][36] for m in died} == {"20"}


def test_names_the_number_that_a_repair_ends():
    for message in firsts(run(1, 60)):
        fields = read(message)
        if trigger(message) in {"A40", "A45"}:
            assert fields["MRG"][1].split("^")[0] != fields["PID"][3].split("^")[0]
            assert fields["MRG"][1].split("^")[3] == fields["PID"][3].split("^")[3]
        if trigger(message) == "A45":
            assert fields["MRG"][5] == fields["PV1"][19]


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_is_over_in_time_and_in_one_bed_at_a_time(seed):
    simulation = run(seed, 60)
    begun = {}
    for message in firsts(simulation):
        assert FIRST_DAY <= message.due < FIRST_DAY + SPAN
        fields = read(message)
        if len(fields["PV1"]) > 44:
            begun[fields["PV1"][19]] = fields["PV1"][44]

    shared = [v for v in simulation.visits if v.person.shared]
    assert {v.site for v in shared} == {*SITES}
    assert all(begun[f"{v.number}^^^{v.site.authority}^VN"] for v in shared)


@pytest.mark.parametrize("month", [3, 10, 11])
def test_writes_no_time_that_comes_twice(month):
    """Clocks are put back in Europe a week before they are in New York."""
    first = datetime(2026, month, 1, tzinfo=UTC)
    people = make_people(1, 120)
    for message in simulate(people, 1, first).messages:
        zone = SITE[message.site].zone_info()
        recorded = read(message)["MSH"][6][:14]
        wall = datetime.strptime(recorded, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        assert wall.utcoffset() == wall.replace(fold=1).utcoffset()


def test_sends_messages_that_are_not_for_the_core():
    triggers = {trigger(m) for m in run(1).messages}

    assert {"R01", "A31"} <= triggers


def test_writes_each_hospital_in_its_own_character_set():
    bodies = dict.fromkeys(SITE, b"")
    for message in run(1, 100).messages:
        bodies[message.site] += message.body

    with pytest.raises(UnicodeDecodeError):
        bodies[KLINIK_NORD.name].decode("utf-8")
    assert "ã" not in bodies[ST_MARY.name].decode("utf-8")


@given(st.text())
def test_escapes_every_delimiter(text):
    escaped = escape(text)
    unescaped = escaped
    for name, letter in zip("FSTRE", "|^&~\\", strict=True):
        unescaped = unescaped.replace(f"\\{name}\\", letter)

    assert not set("|^&~") & set(escaped)
    if "\\" not in text:
        assert unescaped == text


def test_places_fields_by_their_number():
    assert segment("PV1", {1: "1", 4: "C"}) == "PV1|1|||C"
    assert composite("A", "", "B", "") == "A^^B"


def test_writes_a_backslash_as_an_escape():
    assert escape("a\\b") == "a\\E\\b"
