"""MLLP framing, without a socket in sight. All samples are synthetic."""

import contextlib
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import Recovery
from hub_hl7.wire import mllp
from hub_hl7.wire.mllp import Abandoned, Frame, Stray

ROOMY = 1 << 20

payloads = st.binary(max_size=64).filter(
    lambda b: b"\x0b" not in b and b"\x1c" not in b
)
noise = st.binary(max_size=8).filter(lambda b: b"\x0b" not in b)
# Mostly the bytes that mean something: that is where decoders go wrong.
wires = st.lists(
    st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\x1c\r", b"a", b"bc"]), max_size=40
).map(b"".join)


def decode(*chunks, max_frame=ROOMY, eof=False):
    decoder = mllp.Decoder(max_frame=max_frame)
    events = []
    for chunk in chunks:
        decoder.receive_data(chunk)
        events += iter(decoder.next_event, None)
    if eof:
        decoder.receive_eof()
        events += iter(decoder.next_event, None)
    return events


def frames(events):
    return [event.payload for event in events if isinstance(event, Frame)]


def content_of(event):
    match event:
        case Frame(payload=content) | Stray(data=content) | Abandoned(partial=content):
            return content


def whole(events):
    """Return the events with neighbouring stray bytes put together."""
    joined = []
    for event in events:
        if isinstance(event, Stray) and joined and isinstance(joined[-1], Stray):
            joined[-1] = Stray(joined[-1].data + event.data)
        else:
            joined.append(event)
    return joined


def chunked(data, wire):
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=6).map(sorted))
    return [wire[a:b] for a, b in pairwise([0, *cuts, len(wire)])]


# The four laws.


@given(payloads)
def test_decode_undoes_encode(payload):
    assert decode(mllp.encode(payload)) == [Frame(payload)]


@given(st.lists(st.tuples(noise, payloads)), st.data())
def test_splitting_the_stream_changes_nothing(conversation, data):
    """TCP may cut anywhere, even between FS and CR of the largest frame."""
    wire = b"".join(gap + mllp.encode(payload) for gap, payload in conversation)
    largest = max((len(payload) for _, payload in conversation), default=0)

    events = decode(*chunked(data, wire), max_frame=largest)

    assert frames(events) == [payload for _, payload in conversation]


@given(wires, st.data())
def test_splitting_any_stream_changes_nothing(wire, data):
    assert whole(decode(*chunked(data, wire))) == whole(decode(wire))


@given(wires | st.binary(max_size=200), st.integers(0, 20), st.data())
def test_arbitrary_bytes_raise_only_what_is_documented(wire, max_frame, data):
    documented = mllp.FrameTooLargeError, mllp.TruncatedFrameError, mllp.StrayBytesError
    with contextlib.suppress(*documented):
        decode(*chunked(data, wire), max_frame=max_frame, eof=True)


@given(wires, st.integers(0, 6), st.data())
def test_the_limit_is_met_at_the_same_frame_however_the_stream_is_split(
    wire, max_frame, data
):
    def outcome(chunks):
        decoder, events = mllp.Decoder(max_frame=max_frame), []
        for chunk in chunks:
            decoder.receive_data(chunk)
            try:
                events += iter(decoder.next_event, None)
            except mllp.FrameTooLargeError:
                return [*whole(events), "too large"]
        return whole(events)

    split, at_once = outcome(chunked(data, wire)), outcome([wire])

    assert split == at_once


@given(wires)
def test_no_byte_is_lost(wire):
    """What is in no frame comes out as stray or abandoned, or still waits."""
    decoder = mllp.Decoder(max_frame=ROOMY)
    decoder.receive_data(wire)
    events = list(iter(decoder.next_event, None))
    ended = len(frames(events))
    begun = ended + sum(isinstance(event, Abandoned) for event in events)
    content = sum(len(content_of(event)) for event in events)

    marks = len(wire) - content - len(decoder._buffer) - begun
    assert ended <= marks <= 2 * ended  # FS CR, or FS alone


# Limits hold at the limit.


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_frame_of_exactly_the_limit_is_accepted(cut):
    wire = mllp.encode(b"0123456789")

    assert decode(wire[:cut], wire[cut:], max_frame=10) == [Frame(b"0123456789")]


@pytest.mark.parametrize("cut", range(1, 14))
def test_a_frame_of_one_byte_more_is_refused(cut):
    wire = mllp.encode(b"0123456789")

    with pytest.raises(mllp.FrameTooLargeError) as caught:
        decode(wire[:cut], wire[cut:], max_frame=9)

    assert caught.value.recovery is Recovery.REJECT


def test_frames_before_one_that_is_too_large_are_returned_first():
    decoder = mllp.Decoder(max_frame=5)
    decoder.receive_data(mllp.encode(b"first") + mllp.encode(b"second"))

    assert decoder.next_event() == Frame(b"first")
    with pytest.raises(mllp.FrameTooLargeError):
        decoder.next_event()


def test_a_frame_that_never_ends_is_refused_at_the_limit():
    with pytest.raises(mllp.FrameTooLargeError):
        decode(b"\x0b", *[b"x" * 100] * 11, max_frame=1000)


def test_an_abandoned_frame_counts_against_the_limit():
    with pytest.raises(mllp.FrameTooLargeError):
        decode(b"\x0b123456\x0bok\x1c\r", max_frame=5)


def test_endless_noise_is_refused_past_its_own_limit():
    decoder = mllp.Decoder(max_frame=10, max_stray=5)
    decoder.receive_data(b"noise!")

    assert decoder.next_event() == Stray(b"noise!")
    with pytest.raises(mllp.StrayBytesError):
        decoder.next_event()


def test_noise_of_exactly_its_limit_is_accepted():
    decoder = mllp.Decoder(max_frame=10, max_stray=5)
    decoder.receive_data(b"noise" + mllp.encode(b"a"))

    events = list(iter(decoder.next_event, None))

    assert events == [Stray(b"noise"), Frame(b"a")]


@pytest.mark.parametrize("separate", [False, True])
def test_the_limit_of_noise_starts_anew_after_each_frame(separate):
    decoder = mllp.Decoder(max_frame=10, max_stray=5)
    wire = [b"noise", mllp.encode(b"a")] * 3
    for chunk in wire if separate else [b"".join(wire)]:
        decoder.receive_data(chunk)
        found = frames(iter(decoder.next_event, None))

    assert found


# The framing table of R-HL7-17, row by row.


def test_several_frames_in_one_read_come_out_in_order():
    wire = b"".join(mllp.encode(b"%d" % n) for n in range(5000))

    assert frames(decode(wire)) == [b"%d" % n for n in range(5000)]


def test_one_frame_over_many_reads_comes_out_whole():
    wire = mllp.encode(b"one byte at a time")

    assert decode(*(bytes([byte]) for byte in wire)) == [Frame(b"one byte at a time")]


@pytest.mark.parametrize("junk", [b"\0", b"\r\n", b"   ", b"\xff\xfb\x01", b"\x1c\r"])
def test_junk_before_vt_is_skipped_and_counted(junk):
    assert decode(junk + mllp.encode(b"a")) == [Stray(junk), Frame(b"a")]


def test_doubled_framing_is_tolerated():
    events = decode(b"\x0b\x0ba\x1c\r\x1c\r" + mllp.encode(b"b"))

    assert frames(events) == [b"a", b"b"]
    assert not any(isinstance(event, Abandoned) for event in events)


def test_fs_alone_ends_a_frame_at_the_next_vt():
    assert decode(b"\x0ba\x1c" + mllp.encode(b"b")) == [Frame(b"a"), Frame(b"b")]


def test_fs_alone_ends_a_frame_after_a_pause():
    decoder = mllp.Decoder(max_frame=ROOMY)
    decoder.receive_data(b"\x0ba\x1c")
    assert decoder.next_event() is None
    assert decoder.awaits_end

    decoder.receive_pause()

    assert decoder.next_event() == Frame(b"a")
    assert not decoder.inside_frame


def test_a_pause_elsewhere_ends_nothing():
    decoder = mllp.Decoder(max_frame=ROOMY)
    decoder.receive_data(b"\x0ba")
    decoder.receive_pause()
    assert decoder.next_event() is None
    decoder.receive_data(b"b\x1c\r")

    assert decoder.next_event() == Frame(b"ab")


def test_vt_inside_a_frame_starts_it_anew_and_keeps_the_evidence():
    events = decode(b"\x0bpartial\x0bwhole\x1c\r")

    assert events == [Abandoned(b"partial"), Frame(b"whole")]


def test_a_frame_started_anew_in_another_read_is_no_different():
    events = decode(b"\x0bpartial", b"\x0bwhole\x1c\r", b"\x0bnext\x1c\r")

    assert events == [Abandoned(b"partial"), Frame(b"whole"), Frame(b"next")]


def test_fs_followed_by_data_is_part_of_the_payload():
    assert decode(b"\x0ba\x1cb\x1c\x1c\r") == [Frame(b"a\x1cb\x1c")]


def test_an_end_without_a_start_is_stray():
    assert decode(mllp.encode(b"a") + b"b\x1c\r") == [Frame(b"a"), Stray(b"b\x1c\r")]


def test_an_empty_frame_is_a_frame():
    assert decode(b"\x0b\x1c\r") == [Frame(b"")]


def test_cr_lf_between_frames_and_a_frame_partly_arrived_are_no_trouble():
    first, second = mllp.encode(b"a") + b"\n", mllp.encode(b"b")

    assert frames(decode(first + second[:2], second[2:])) == [b"a", b"b"]


def test_the_end_of_the_stream_inside_a_frame_is_an_error():
    decoder = mllp.Decoder(max_frame=ROOMY)
    decoder.receive_data(mllp.encode(b"a") + b"\x0bhalf")
    decoder.receive_eof()

    assert decoder.next_event() == Frame(b"a")
    with pytest.raises(mllp.TruncatedFrameError) as caught:
        decoder.next_event()
    assert caught.value.recovery is Recovery.RETRY
    assert "half" not in str(caught.value)


def test_the_end_of_the_stream_after_fs_ends_the_frame():
    assert decode(b"\x0ba\x1c", eof=True) == [Frame(b"a")]


def test_the_end_of_the_stream_between_frames_is_no_error():
    assert decode(mllp.encode(b"a"), eof=True) == [Frame(b"a")]


def test_frames_wait_for_each_other_when_they_are_not_pulled_at_once():
    decoder = mllp.Decoder(max_frame=ROOMY)
    decoder.receive_data(mllp.encode(b"a"))
    decoder.receive_data(b"\x0bb\x1c")
    decoder.receive_data(b"\r")

    assert list(iter(decoder.next_event, None)) == [Frame(b"a"), Frame(b"b")]


# A strict decoder.


def strictly(*chunks, eof=False):
    decoder = mllp.Decoder(max_frame=ROOMY, strict=True)
    events = []
    for chunk in chunks:
        decoder.receive_data(chunk)
        events += iter(decoder.next_event, None)
    decoder.receive_pause()
    if eof:
        decoder.receive_eof()
    return events + list(iter(decoder.next_event, None))


@pytest.mark.parametrize("cut", range(16))
def test_a_strict_decoder_refuses_a_frame_inside_a_frame(cut):
    wire = b"\x0bpartial\x0bwhole\x1c\r"

    with pytest.raises(mllp.BrokenFrameError) as caught:
        strictly(wire[:cut], wire[cut:])

    assert caught.value.recovery is Recovery.REJECT
    assert "partial" not in str(caught.value)


def test_a_strict_decoder_refuses_fs_alone_before_the_next_frame():
    with pytest.raises(mllp.BrokenFrameError):
        strictly(b"\x0ba\x1c" + mllp.encode(b"b"))


def test_a_strict_decoder_ends_no_frame_after_a_pause():
    assert strictly(b"\x0ba\x1c") == []


def test_a_strict_decoder_ends_no_frame_at_the_end_of_the_stream():
    with pytest.raises(mllp.TruncatedFrameError):
        strictly(b"\x0ba\x1c", eof=True)


@given(st.lists(st.tuples(noise, payloads)), st.data())
def test_a_strict_decoder_reads_what_is_right_like_a_lenient_one(conversation, data):
    wire = b"".join(gap + mllp.encode(payload) for gap, payload in conversation)

    assert frames(strictly(*chunked(data, wire))) == frames(decode(wire))


def test_the_beginning_of_a_frame_that_is_too_large_is_known():
    decoder = mllp.Decoder(max_frame=5)
    decoder.receive_data(b"\x0bMSH|and more")
    with pytest.raises(mllp.FrameTooLargeError):
        decoder.next_event()

    assert decoder.beginning(4) == b"MSH|"


@pytest.mark.parametrize("payload", [b"\x0b", b"a\x1c", b"\x1c\rb"])
def test_encode_refuses_what_cannot_be_framed(payload):
    with pytest.raises(ValueError, match="VT or FS"):
        mllp.encode(payload)


# Cost.


def seconds(chunks):
    started = time.process_time()
    decode(*chunks, max_frame=1 << 25)
    return time.process_time() - started


@pytest.mark.parametrize(
    "piece", [b"x" * 256, b"\x1c" * 256, b"\x0bx" * 128, b"\x0b\x1c\r" * 85]
)
def test_cost_is_linear(piece):
    """Twice as much takes about twice as long, whatever it is."""
    small = min(seconds([b"\x0b", *[piece] * 1000]) for _ in range(3))
    large = min(seconds([b"\x0b", *[piece] * 4000]) for _ in range(3))

    assert large < 12 * small + 0.05
