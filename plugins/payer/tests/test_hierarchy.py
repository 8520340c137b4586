"""Levels of a transaction set, and what is wrong with them."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.x12.segments import Segment
from hub_payer.x12_services import structure278
from hub_payer.x12_services.hierarchy import DEEPEST, levels
from hub_payer.x12_services.units import MOST_SEGMENTS, units

GUIDE = structure278.GUIDE


def read(text):
    segments = (Segment(line.split("*"), at) for at, line in enumerate(text.split()))
    return list(levels(segments, GUIDE))


def wrong(text):
    return [
        [each.code for each in level.problems]
        for level, segment in read(text)
        if segment.id == "HL"
    ]


def test_levels_stand_below_each_other():
    found = read("BHT HL*1**20 HL*2*1*21 HL*3*2*22 HL*4*3*EV UM HL*5*2*22")

    assert [level.path for level, _ in found] == [
        (),
        ("20",),
        ("20", "21"),
        ("20", "21", "22"),
        ("20", "21", "22", "EV"),
        ("20", "21", "22", "EV"),
        ("20", "21", "22"),
    ]
    assert not any(level.broken for level, _ in found)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("HL*1**20 HL*2*9*21", [[], ["x12.hl_parent"]]),
        ("HL*1**20 HL*2*0*21", [[], ["x12.hl_parent"]]),
        ("HL*1*1*20", [["x12.hl_cycle"]]),
        ("HL*1*2*20 HL*2*1*21", [["x12.hl_parent"], ["x12.hl_parent"]]),
        ("HL*1**20 HL*2*1*EV", [[], ["x12.hl_level"]]),
        ("HL*1**22", [["x12.hl_level"]]),
        ("HL*1**20 HL*2*1*XX", [[], ["x12.hl_level"]]),
    ],
    ids=["later", "nobody", "itself", "circle", "level left out", "top", "unknown"],
)
def test_bad_input_16_a_level_that_stands_nowhere_is_a_problem(text, codes):
    found = wrong(text)
    assert [each[:1] for each in found] == [each[:1] for each in codes]


def test_bad_input_16_what_stands_below_a_broken_level_is_broken_too():
    found = read("HL*1**20 HL*2*7*21 HL*3*2*22 HL*4*3*EV UM")

    assert [level.broken for level, _ in found] == [False, True, True, True, True]


def test_bad_input_16_the_deepest_level_is_read_and_none_below_it():
    """Each level may stand below another of its kind: no guide has so many kinds."""
    kinds = {"": frozenset({"", "a"}), "a": frozenset({"", "a"})}
    segments = (
        Segment(["HL", str(n), str(n - 1 or ""), "a"]) for n in range(1, DEEPEST + 2)
    )

    found = [level for level, _ in levels(segments, kinds)]

    assert not any(level.broken for level in found[:DEEPEST])
    assert [each.code for each in found[DEEPEST].problems] == ["x12.hl_depth"]


def test_bad_input_16_levels_out_of_order_are_noted_and_read():
    found = read("HL*10**20 HL*20*10*21 HL*30*20*22")

    assert not any(level.broken for level, _ in found)
    assert {each.code for level, _ in found for each in level.warnings} == {
        "x12.hl_order"
    }


def test_bad_input_16_fifty_thousand_levels_cost_no_memory():
    def deep():
        yield Segment(["HL", "1", "", "20", "1"], 1)
        for number in range(2, 50_001):
            yield Segment(["HL", str(number), str(number - 1), "22", "1"], number)

    tracemalloc.start()
    longest, last = 0, None
    for level, _ in levels(deep(), GUIDE):
        longest, last = max(longest, len(level.path)), level
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert longest <= DEEPEST
    assert last is not None
    assert last.broken
    assert peak < 200_000


def test_a_record_that_never_ends_is_cut_and_said_so():
    def endless():
        for at, line in enumerate(("HL*1**20", "HL*2*1*21", "HL*3*2*22", "HL*4*3*EV")):
            yield Segment(line.split("*"), at)
        for at in range(3 * MOST_SEGMENTS):
            yield Segment(["HI", "ABK:I501"], at)

    (unit,) = units(levels(endless(), GUIDE))

    assert len(unit.event) == MOST_SEGMENTS
    assert {each.code for each in unit.problems} == {"x12.loop_too_long"}


LINES = st.builds(
    lambda number, parent, code: Segment(["HL", number, parent, code], 0),
    st.sampled_from(["1", "2", "3", "", "x", "10"]),
    st.sampled_from(["1", "2", "3", "", "x", "99999999999999999999"]),
    st.sampled_from([*GUIDE, "", "ZZ"]),
) | st.sampled_from([Segment(["NM1", "IL"]), Segment(["UM"]), Segment(["BHT"])])


@given(st.lists(LINES, max_size=60))
def test_any_levels_are_read_without_a_failure(segments):
    found = list(levels(iter(segments), GUIDE))

    assert len(found) == len(segments)
    assert all(len(level.path) <= DEEPEST for level, _ in found)
    assert sum(len(unit.event) for unit in units(iter(found))) <= len(segments)
