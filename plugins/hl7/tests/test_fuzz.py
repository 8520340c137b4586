"""The properties of `fuzzing`, with bytes made up by hypothesis.

``make fuzz`` runs the same properties with atheris, for longer and guided by what
the code does.
"""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.hl7.tests.fuzzing import PIECES, PROPERTIES

#: What readers of messages need before anything else is looked at.
START = b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|||1"

anything = st.one_of(
    st.binary(max_size=400),
    st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join),
    st.lists(
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=40
    ).map(b"".join),
)
messages = st.lists(st.sampled_from(PIECES), max_size=40).map(
    lambda pieces: START + b"".join(pieces)
)
properties = pytest.mark.parametrize("name", PROPERTIES)


@properties
@given(data=anything | messages)
@settings(max_examples=300, deadline=None)
def test_the_property_holds_for_anything(name, data):
    PROPERTIES[name](data)


@properties
@pytest.mark.parametrize("piece", PIECES)
def test_the_property_holds_for_a_long_repetition(name, piece):
    start = b"" if name in {"framer", "escapes", "times"} else START
    PROPERTIES[name](start + piece * (32_768 // len(piece)))


@properties
@pytest.mark.parametrize(
    "piece", [b"\\", b"|", b"~", b"^", b"\r", b"\x0b", b"\\X", b"1"]
)
def test_four_times_the_bytes_take_less_than_ten_times_as_long(name, piece):
    """Quadratic work would take sixteen times as long."""
    short, long = (_seconds(name, piece, size) for size in (20_000, 80_000))

    assert long < 10 * short + 0.02


def _seconds(name, piece, size):
    data = START + piece * (size // len(piece))
    taken = []
    for _ in range(3):
        started = time.process_time()
        PROPERTIES[name](data)
        taken.append(time.process_time() - started)
    return min(taken)
