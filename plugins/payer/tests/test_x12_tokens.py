"""Cutting X12 into segments: whatever the delimiters, the line ends and the pieces."""

import gc
import io
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_payer.x12.blocks import Skipped
from hub_payer.x12.isa import Header
from hub_payer.x12.tokens import Limits, NotX12Error, tokens
from plugins.payer.tests.x12_samples import MEMBER, Dribble, members, opened

PLAIN = members(MEMBER)


def cut(content, limits=None, size=None):
    """Return all segments, and what was left out, in their order."""
    file = opened(content) if size is None else Dribble(content, size)
    found = []
    for token in tokens(file, limits or Limits()):
        if isinstance(token, Header):
            found.append(("ISA", token.isa.control, token.isa.delimiters))
        elif isinstance(token, Skipped):
            found.append(token.code)
        else:
            found += token
    return found


def ids(content, **how):
    return [each if isinstance(each, str) else each[0] for each in cut(content, **how)]


EXPECTED = ids(PLAIN)


@pytest.mark.parametrize("end", ["~\n", "~\r\n", "\n", "\r\n", "\0", "'", "\x1c"])
def test_4_segments_end_as_the_header_says(end):
    content = PLAIN.replace("~", end)

    found = ids(content)

    assert found == EXPECTED


def test_4_a_header_without_terminator_is_seen_and_nothing_is_cut():
    found = cut(PLAIN.replace("~", ""))

    assert [each[0] for each in found] == ["ISA"]


@pytest.mark.parametrize("before", ["\ufeff", "  \r\n", "\0\0", "\ufeff\n \t"])
def test_7_a_mark_and_blanks_before_the_header_do_not_count(before):
    found = ids(before + PLAIN)

    assert found == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"PK\x03\x04rest of an archive",
        b"-----BEGIN PGP MESSAGE-----\n\nhQEMA",
        b"<!DOCTYPE html><html>ISA*00*</html>",
        b"ISABELLA*was here~",
        b"\x85\x01\x0c\x03",
    ],
    ids=["empty", "blank", "zip", "armour", "html", "word", "pgp"],
)
def test_25_what_is_no_x12_is_refused_at_once(content):
    with pytest.raises(NotX12Error) as raised:
        list(tokens(opened(content)))

    assert raised.value.code == "X12-001"


def test_6_a_separator_within_data_makes_more_elements_and_nothing_else():
    found = cut(PLAIN.replace("PLAN A", "PLAN*A"))

    assert found[-5][4:] == ["PLAN", "A", "IND"]


def test_22_letters_are_read_in_the_set_that_they_are_in():
    raw = PLAIN.replace("MUSTERSTADT", "KÖLN").encode()
    raw += PLAIN.replace("MUSTERSTADT", "KÖLN").encode("latin-1")

    cities = [each[1] for each in cut(raw) if each[0] == "N4"]

    assert cities == ["KÖLN", "KÖLN"]


def test_26_a_binary_segment_may_hold_any_bytes():
    content = PLAIN.replace("N3*", "BIN*9*~*~ISA*~~~N3*")

    found = cut(content)

    assert ["BIN", "9"] in found
    assert [each[0] for each in found if each[0] != "BIN"] == EXPECTED


@pytest.mark.parametrize(
    "lying", ["BIN*3*ABCD~", "BIN*99999999*A~", "BIN*7*AB~", "BIN**A~", "BIN*-1*A~"]
)
def test_26_a_binary_segment_of_another_length_is_left_out(lying):
    content = PLAIN.replace("N3*", lying + "N3*")

    found = ids(content)

    assert found.count("x12.binary_length") == 1
    assert [each for each in found if each != "x12.binary_length"] == EXPECTED


def test_26_the_other_kind_of_binary_segment_names_a_filter_first():
    content = PLAIN.replace("N3*", "BDS*ASB*4*~~~~~N3*")

    found = cut(content)

    assert ["BDS", "4"] in found


def test_23_a_segment_is_taken_at_the_limit_and_left_out_above_it():
    segment = "NTE*ADD*" + "A" * 92
    content = PLAIN.replace("N3*", f"{segment}~N3*")

    assert "NTE" in ids(content, limits=Limits(segment=100))
    assert "NTE" in ids(content, limits=Limits(segment=100), size=7)
    assert "NTE" not in ids(content, limits=Limits(segment=99))
    assert ids(content, limits=Limits(segment=99)).count("x12.segment_too_long") == 1


class Endless(io.RawIOBase):
    """A file with one segment of `size` bytes, which is nowhere as a whole."""

    def __init__(self, size):
        head, _, tail = PLAIN.partition("N3*")
        self._parts = [head.encode() + b"N3*", size, b"~" + tail.encode()]

    def read(self, size=-1):
        if not self._parts:
            return b""
        first = self._parts[0]
        if isinstance(first, bytes):
            return self._parts.pop(0)
        self._parts[0] = first - size
        if self._parts[0] <= 0:
            del self._parts[0]
        return b"x" * min(size, first)


def test_23_a_segment_of_two_gigabytes_takes_no_memory():
    tracemalloc.start()
    try:
        found = ids_of(tokens(Endless(1 << 31)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "x12.segment_too_long" in found
    assert found[-1] == "IEA"
    assert peak < 16 << 20


def ids_of(stream):
    found = []
    for token in stream:
        if isinstance(token, Skipped):
            found.append(token.code)
        elif isinstance(token, list):
            found += [each[0] for each in token]
    return found


def test_a_last_trailer_needs_no_terminator():
    found = ids(PLAIN.removesuffix("~"))

    assert found == EXPECTED


def test_23_a_file_that_ends_within_a_segment_says_so():
    found = ids(PLAIN[: PLAIN.index("HINTERHAUS")])

    assert found[-1] == "x12.truncated"


ODD = st.sampled_from(
    [
        "~",
        "~\n",
        "*",
        "ISA*",
        "isa*",
        "BIN*4*",
        "BIN*999*a~",
        "BDS*A*2*~~~",
        " ",
        "\0",
        "ä",
        PLAIN,
        PLAIN.replace("~", "\n").replace("*", "|"),
        PLAIN[:106],
        PLAIN[:90],
        "GS*BE~",
        "ST*834~",
        "SE~",
        "x" * 150,
    ]
)


@given(st.lists(ODD, max_size=12), st.integers(1, 300), st.binary(max_size=20))
def test_reading_by_pieces_changes_nothing(parts, size, noise):
    content = PLAIN.encode() + "".join(parts).encode() + noise + PLAIN.encode()
    limits = Limits(segment=120, binary=60)

    assert cut(content, limits, size) == cut(content, limits)


@given(st.binary(max_size=400))
def test_any_bytes_give_segments_or_the_one_error(content):
    for start in (b"", PLAIN.encode()[:106]):
        try:
            list(tokens(opened(start + content)))
        except HubError as error:
            assert isinstance(error, NotX12Error)  # noqa: PT017  the claim is which


@pytest.mark.parametrize(
    ("unit", "power"),
    [
        ("N3*AM WEHR 7~", 16),
        ("BIN*8000000*a~", 16),
        ("BIN*5*~~~~~~", 16),
        ("ISA*00~", 13),
        (" ISA", 16),
        ("~\n\n\n", 16),
        ("x", 16),
        ("LISA*", 16),
        ("BIN*", 16),
        ("ISA*" * 16, 13),
        (PLAIN, 16),
    ],
)
def test_the_cost_is_linear(unit, power):
    """Four times as much takes about four times as long, whatever it is."""
    few, many = (
        min(seconds(unit, 1 << size) for _ in range(3)) for size in (power, power + 2)
    )

    assert many < 12 * few + 0.1


def seconds(unit, size):
    content = (PLAIN + unit * (size // len(unit))).encode()
    gc.disable()  # what else this process holds is not what is measured
    try:
        started = time.process_time()
        for _ in tokens(opened(content)):
            pass
        return time.process_time() - started
    finally:
        gc.enable()
