"""The sequence number protocol, number by number. Every sample is synthetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.answers import sequence
from hub_hl7.answers.sequence import Sequences

KIS = (b"KIS", b"KLINIK")


@pytest.mark.parametrize(
    ("before", "sent", "taken", "expected"),
    [
        ([], b"", True, b""),
        ([], b"x1", True, b""),
        ([], b"-2", True, b""),
        ([], b"9" * 40, True, b""),
        ([], b"0", True, b"-1"),
        ([], b"-1", True, b"-1"),
        ([], b"41", True, b"41"),
        ([b"41"], b"42", True, b"42"),
        ([b"41"], b"41", True, b"42"),
        ([b"41"], b"3", True, b"42"),
        ([b"41"], b"0", True, b"42"),
        ([b"41"], b"43", False, b"42"),
        ([b"41", b"43"], b"42", True, b"42"),
        ([b"41", b"-1"], b"7", True, b"7"),
        ([b"41", b"0"], b"42", True, b"42"),
        ([b"41", b""], b"42", True, b"42"),
    ],
)
def test_each_number_is_taken_or_not(before, sent, taken, expected):
    numbers = Sequences()
    for earlier in before:
        numbers.take(KIS, earlier)

    assert numbers.take(KIS, sent) == (taken, expected)


def test_each_sender_has_its_own_numbers():
    numbers = Sequences()
    numbers.take(KIS, b"5")

    assert numbers.take((b"LAB", b"KLINIK"), b"9") == (True, b"9")


@pytest.mark.parametrize("sent", [b"", b"0", b"-1", b"9"])
def test_only_a_number_that_was_taken_is_put_back(sent):
    numbers = Sequences()
    numbers.take(KIS, b"5")
    numbers.put_back(KIS, sent)

    assert numbers.take(KIS, b"0") == (True, b"6")


def test_a_number_is_taken_again_when_it_was_put_back():
    numbers = Sequences()
    numbers.take(KIS, b"5")
    numbers.put_back(KIS, b"5")

    assert numbers.take(KIS, b"6") == (False, b"5")
    assert numbers.take(KIS, b"5") == (True, b"5")


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(sequence, "_MOST_SENDERS", 2)
    numbers = Sequences()
    for name in (b"a", b"b", b"c"):
        numbers.take((name, b""), b"1")

    assert numbers.take((b"a", b""), b"7") == (True, b"7")
    assert numbers.take((b"c", b""), b"7") == (False, b"2")


@given(st.lists(st.binary(max_size=4) | st.integers(-2, 9).map(lambda n: b"%d" % n)))
def test_a_sender_that_follows_msa_4_is_never_refused(noise):
    numbers = Sequences()
    for sent in noise:
        numbers.take(KIS, sent)
    _, expected = numbers.take(KIS, b"0")

    assert numbers.take(KIS, b"1" if expected == b"-1" else expected)[0]
