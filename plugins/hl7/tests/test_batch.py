"""Batches and concatenated messages. Every sample is synthetic."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError, Part
from hub_hl7.facts.errors import NotHl7Error, TooManyPartsError
from hub_hl7.wire import batch
from hub_hl7.wire.batch import (
    BatchHeader,
    BatchMessage,
    BatchMessageTooLargeError,
    BatchReader,
    BatchStructureError,
    BatchTrailer,
    is_batch,
    parts_of,
    read_batch,
)
from hub_hl7.wire.tally import BatchCountError

FHS = rb"FHS|^~\&|KIS|KLINIK_TEST|HUB|REGION|20260310||name|note|file-1|file-0"
BHS = rb"BHS|^~\&|KIS|KLINIK_TEST|HUB|REGION|20260310||name|note|batch-1|batch-0"


def msh(number, separator=b"|"):
    fields = (b"MSH", rb"^~\&", b"KIS", b"", b"", b"", b"2026", b"", b"ADT^A01")
    return separator.join((*fields, b"%d" % number, b"P", b"2.5"))


def message(number, end=b"\r", separator=b"|"):
    pid = separator.join((b"PID", b"", b"", b"%d" % number))
    return msh(number, separator) + end + pid + end


ONE, TWO, THREE = message(1), message(2), message(3)


def lines(*segments, end=b"\r"):
    return b"".join(one if one.endswith(end) else one + end for one in segments)


def bodies(body):
    return [part.body for part in parts_of(body)]


def events(chunks, limit=1 << 20):
    """Return what a reader gives, and what it raised in the end."""
    reader, found = BatchReader(max_message=limit), []
    try:
        for chunk in chunks:
            reader.receive_data(chunk)
            while (event := reader.next_event()) is not None:
                found.append(event)
        reader.receive_eof()
        while (event := reader.next_event()) is not None:
            found.append(event)
    except HubError as error:
        return found, (error.code, error.detail), reader.oddities
    return found, None, reader.oddities


# What is a batch.


@pytest.mark.parametrize(
    "body",
    [
        FHS, BHS, lines(FHS, BHS, ONE), ONE + TWO, b"\r\n" + ONE + b"\r\n\r\n" + TWO,
        b"\xef\xbb\xbf" + BHS, ONE.lower() + TWO.lower(), ONE + b"BTS|1\r",
        ONE + b"\x1c\r\x0b" + TWO, b"\x0b" + ONE + b"\x1c\r\x0b" + TWO + b"\x1c\r",
        ONE.replace(b"\r", b"\n") + TWO,
        ONE + message(2, separator=b"#"),
    ],
)  # fmt: skip
def test_headers_and_several_messages_make_a_batch(body):
    assert is_batch(body)


@pytest.mark.parametrize(
    "body",
    [
        b"", ONE, b"\r\n" + ONE, b"\x0b" + ONE + b"\x1c\r",
        b"BTS|1\r", b"MSH", b"\x0bgarbage", b"PID|1\rMSH|1", b"\xef\xbb\xbf" + ONE,
        ONE + b"NTE|1||we got MSH|^~\\&|KIS|\r", ONE + b"NTE|1||a\nMSH: see above\r",
        ONE + b"NTE|1||a\nBTS-Test\r", ONE + b"MSHX|1\r", ONE + b"\r\n\r\n",
    ],
)  # fmt: skip
def test_one_message_is_no_batch(body):
    assert not is_batch(body)


# Where messages begin and end.


@pytest.mark.parametrize(
    "body",
    [
        lines(FHS, BHS, ONE, TWO, b"BTS|2", b"FTS|1"),
        lines(BHS, ONE, TWO, b"BTS|2|ok|17"),
        lines(FHS, ONE, TWO, b"FTS|1"),
        lines(FHS, BHS, ONE, b"BTS|1", BHS, TWO, b"BTS|1", b"FTS|2"),
        ONE + TWO,
        lines(FHS, BHS, ONE, TWO),
        lines(ONE, TWO, b"BTS|2", b"FTS|1"),
        b"\r\n\r\n" + ONE + b"\r\n\r\n" + TWO + b"\r\n\x1a",
        b"\x0b" + ONE + b"\x1c\r\x0b" + TWO + b"\x1c\r",
        b"\x0b" + ONE + b"\x1c\x0b" + TWO + b"\x1c",
        b"\x0b" + ONE + b"\x1c\r\n\x0b" + TWO + b"\x1c\r\n",
        b"\xef\xbb\xbf" + ONE + b"\xef\xbb\xbf" + TWO,
        ONE + b"\0\0\0" + TWO + b"\0",
        lines(FHS, BHS, ONE, TWO, b"BTS||no count", b'FTS|""'),
        lines(BHS, ONE, TWO, b"BTS", b"FTS"),
        lines(BHS, ONE, TWO) + b"BTS|2\x1c\rFTS|+1.0 \x1c",
        lines(BHS, ONE, TWO) + b"BTS",
    ],
)
def test_messages_come_out_byte_for_byte(body):
    assert bodies(body) == [ONE, TWO]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_will_do_and_is_kept(end):
    one, two = message(1, end), message(2, end)

    assert bodies(lines(FHS, BHS, one, two, b"BTS|2", b"FTS|1", end=end)) == [one, two]


def test_a_last_message_without_line_end_is_kept_as_it_is():
    assert bodies(ONE + TWO[:-1]) == [ONE, TWO[:-1]]
    assert bodies(b"\x0b" + ONE[:-1] + b"\x1c\r\x0b" + TWO) == [ONE[:-1], TWO]


def test_messages_of_senders_with_other_delimiters_are_kept_apart():
    """What is glued together would give one patient the data of another."""
    other = message(2, separator=b"#")

    assert bodies(ONE + other + THREE) == [ONE, other, THREE]


def test_an_unreadable_message_does_not_take_its_neighbours_with_it():
    broken = b"MSH|\rPID|||9\r"

    assert bodies(ONE + broken + TWO) == [ONE, broken, TWO]


def test_text_that_looks_like_a_header_stays_in_its_message():
    text = ONE + b"NTE|1||see\nMSH: above\nBTS-Test, MSH|^~\\&|x\rMSHX|1\r"

    assert bodies(text + TWO) == [text, TWO]


def test_characters_of_two_bytes_do_not_end_a_message():
    """In GB 18030 and Big5 the second byte can be a delimiter, never a line end."""
    text = ONE + "PID|||1||許功蓋\r".encode("big5")

    assert bodies(text + TWO) == [text, TWO]


def test_a_part_names_its_message():
    assert parts_of(ONE + TWO)[1] == Part(
        body=TWO, control_id="2", message_type="ADT^A01"
    )


def test_a_part_without_header_has_no_name():
    assert batch.part_of(b"PID|1") == Part(body=b"PID|1")


@pytest.mark.parametrize(
    "body",
    [
        lines(FHS, BHS, b"BTS|0", b"FTS|1"), lines(BHS, b"BTS|0"), lines(FHS),
        lines(FHS, b"FTS|0"), BHS, lines(FHS, b"FTS"),
    ],
)  # fmt: skip
def test_an_empty_batch_is_legal(body):
    assert parts_of(body) == ()


def test_one_message_alone_is_one_part():
    assert bodies(ONE) == [ONE]


# Headers, for acknowledgements.


def test_headers_keep_what_an_acknowledgement_needs():
    file, inner = read_batch(lines(FHS, BHS, ONE, b"BTS|1", b"FTS|1")).headers

    assert file == BatchHeader("FHS", FHS + b"\r", "file-1", "file-0")
    assert inner == BatchHeader("BHS", BHS + b"\r", "batch-1", "batch-0")


def test_short_headers_have_no_ids():
    assert read_batch(b"BHS|^~\\&\r" + ONE).headers[0].control_id == ""


def test_a_reader_gives_the_trailers_with_their_counts():
    found, error, _ = events([lines(BHS, ONE, b"BTS|1|ok", b"FTS")])

    assert error is None
    assert found[2:] == [
        BatchTrailer("BTS", b"BTS|1|ok\r", 1),
        BatchTrailer("FTS", b"FTS\r", None),
    ]


# Counts (R-HL7-18).


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (lines(BHS, ONE, b"BTS|2"), "BTS-1 is 2, received 1"),
        (lines(BHS, ONE, TWO, b"BTS|1"), "BTS-1 is 1, received 2"),
        (lines(BHS, b"BTS|1"), "BTS-1 is 1, received 0"),
        (lines(ONE, b"BTS|2"), "BTS-1 is 2, received 1"),
        (lines(BHS, ONE, b"BTS|one"), "BTS-1 is not a number"),
        (lines(BHS, ONE, b"BTS|-1"), "BTS-1 is not a number"),
        (lines(FHS, BHS, ONE, b"BTS|1", b"FTS|2"), "FTS-1 is 2, received 1"),
        (lines(FHS, BHS, BHS, b"FTS|1"), "FTS-1 is 1, received 2"),
        (lines(FHS, ONE, TWO, b"FTS|3"), "FTS-1 is 3, received 0"),
    ],
)
def test_a_count_that_does_not_hold_sets_the_whole_file_aside(body, detail):
    with pytest.raises(BatchCountError) as caught:
        parts_of(body)

    assert caught.value.detail == detail


@pytest.mark.parametrize("count", [b"0", b"1", b"2"])
def test_without_a_batch_header_messages_may_be_counted_as_batches(count):
    assert bodies(lines(FHS, ONE, TWO, b"FTS|" + count)) == [ONE, TWO]


def test_counts_start_anew_with_each_batch_and_file():
    one = lines(FHS, BHS, ONE, TWO, b"BTS|2", BHS, THREE, b"BTS|1", b"FTS|2")

    assert len(bodies(one + one)) == 6


# Structure.


@pytest.mark.parametrize(
    ("body", "oddities"),
    [
        (lines(FHS, BHS, ONE, b"BTS|1", b"FTS|1"), ()),
        (lines(BHS, ONE), ("batch.bts_missing",)),
        (lines(FHS, ONE), ("batch.fts_missing",)),
        (lines(ONE, b"BTS|1"), ("batch.bhs_missing",)),
        (lines(ONE, b"FTS|1"), ("batch.fhs_missing",)),
        (lines(BHS, ONE, BHS, TWO, b"BTS|1"), ("batch.bts_missing",)),
        (lines(ONE, BHS, TWO, b"BTS|1"), ()),
        (lines(BHS, ONE, b"BTS|1", TWO), ("batch.message_outside",)),
        (lines(FHS, FHS, b"FTS"), ("batch.fts_missing",)),
        (lines(FHS, BHS, ONE, b"FTS|1"), ("batch.bts_missing",)),
    ],
)
def test_what_is_odd_about_a_batch_is_noted(body, oddities):
    assert read_batch(body).oddities == oddities


@pytest.mark.parametrize(
    "body",
    [
        lines(BHS, b"PID|1", ONE), lines(BHS, ONE, b"BTS|1", b"NTE|1"),
        lines(FHS, b"text"), lines(BHS, ONE, b"BTS|1") + b"MSHX" * 20,
    ],
)  # fmt: skip
def test_segments_of_no_message_are_an_error(body):
    with pytest.raises(BatchStructureError):
        parts_of(body)


@pytest.mark.parametrize(
    "body", [b"", b"\r\n\r\n", b"PID|1\r" + ONE, b"\x89PNG\r\n", b"\x0b\x1c\r", b"MSH"]
)
def test_what_does_not_begin_with_a_header_is_not_hl7(body):
    with pytest.raises(NotHl7Error):
        parts_of(body)


# Limits.


def test_a_message_may_have_as_many_bytes_as_the_limit_and_no_more():
    at_limit = events([ONE + TWO + THREE], len(ONE))
    beyond = events([ONE + TWO + THREE], len(ONE) - 1)

    assert [event.body for event in at_limit[0]] == [ONE, TWO, THREE]
    assert beyond[0] == []
    assert beyond[1][0] == BatchMessageTooLargeError.code


@pytest.mark.parametrize("start", [b"MSH|^~\\&|", b"BHS|^~\\&|", b"BTS|"])
def test_a_message_without_end_is_refused_before_it_fills_the_memory(start):
    reader = BatchReader(max_message=1000)
    reader.receive_data(start)
    for _ in range(9):
        reader.receive_data(b"x" * 100)
        assert reader.next_event() is None
    reader.receive_data(b"x" * 200)

    with pytest.raises(BatchMessageTooLargeError):
        reader.next_event()


def test_more_messages_than_a_batch_may_have_are_refused():
    assert len(parts_of(ONE * 10, 10)) == 10
    with pytest.raises(TooManyPartsError):
        parts_of(ONE * 11, 10)


def test_what_was_given_out_is_not_held():
    reader = BatchReader()
    for _ in range(100):
        reader.receive_data(ONE * 1000)
        while reader.next_event() is not None:
            pass

    assert len(reader._buffer) < 2 * len(ONE * 1000)


def seconds(body):
    started = time.process_time()
    events([body[place : place + 4096] for place in range(0, len(body), 4096)], 1 << 30)
    return time.process_time() - started


@pytest.mark.parametrize(
    "unit",
    [b"MSH|^~\\&|x\r", b"\r", b"\rMSH", b"\0", b"\r\0\0\0\0\0\0\0\0", b"x", b"\x0b"],
)
def test_cost_is_linear(unit):
    start = b"MSH|^~\\&|x\r"
    small = min(seconds(start + unit * 25_000) for _ in range(3))
    large = min(seconds(start + unit * 100_000) for _ in range(3))

    # What grew with the square would take sixteen times as long, and seconds.
    assert large < 12 * small + 0.5


# Laws.

LETTERS = st.sampled_from([b"x", b"|", b"^", b"\\", b"1", b" ", b"\xe4", b"MSH", b"BT"])
SEGMENT = st.builds(
    lambda name, pieces: name + b"|" + b"".join(pieces) + b".",
    st.sampled_from([b"PID", b"PV1", b"ZBE", b"NTE"]),
    st.lists(LETTERS, max_size=8),
)


@st.composite
def batches(draw):
    """Return a file, its messages, and pieces in which it arrives."""
    end = draw(st.sampled_from([b"\r", b"\n", b"\r\n"]))
    gap = draw(st.sampled_from([b"", b"\r\n", b"\r\r", b"\x1c\r\x0b", b"\x1a", b"\0"]))
    pieces, messages, groups = [], [], draw(st.integers(0, 3))
    headed = draw(st.booleans())
    for _ in range(groups):
        inner = [
            end.join([msh(draw(st.integers(0, 99))), *segments, b""])
            for segments in draw(st.lists(st.lists(SEGMENT, max_size=3), max_size=3))
        ]
        messages += inner
        pieces += [BHS + end] if headed else []
        pieces += inner
        if headed and draw(st.booleans()):
            pieces.append(b"BTS|%d" % len(inner) + end)
    if draw(st.booleans()):
        pieces.insert(0, FHS + end)
        if draw(st.booleans()):
            count = groups if headed else len(messages)
            pieces.append(b"FTS|%d" % count + end)
    return gap.join(pieces), messages


def cut(data, body):
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    return [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]


@given(batches(), st.data())
def test_any_messages_under_any_headers_come_out_however_they_arrive(made, data):
    body, messages = made
    found, error, oddities = events(cut(data, body))

    if not body:
        assert error[0] == NotHl7Error.code
        return
    assert error is None
    assert [one.body for one in found if isinstance(one, BatchMessage)] == messages
    assert (found, error, oddities) == events([body])
    assert list(batch.stream([body])) == [batch.part_of(one) for one in messages]
    assert bodies(body) == messages


WORDS = [
    *(b"MSH", b"FHS", b"BHS|^~\\&", b"BTS", b"FTS|1", b"msh|", b"PID|1", b"x" * 40),
    *(b"|", b"^~\\&", b"#", b"1", b" ", b"\r", b"\n", b"\x0b", b"\x1c", b"\0", b"\x1a"),
    b"\xef\xbb\xbf",
]
SOUP = st.lists(st.sampled_from(WORDS), max_size=40).map(b"".join)


@given(SOUP | st.binary(max_size=100), st.data())
def test_garbage_raises_only_what_is_documented_however_it_arrives(body, data):
    limit = data.draw(st.sampled_from([20, 60, 1000]))

    assert events(cut(data, body), limit) == events([body], limit)


@given(SOUP)
def test_no_byte_is_lost_but_what_stands_between_segments(body):
    found, error, _ = events([body])
    kept = b"".join(
        one.body if isinstance(one, BatchMessage) else one.raw for one in found
    )

    if error is None:
        noise = bytes.maketrans(b"", b""), b"\r\n\x0b\x1c\0\x1a \t\xef\xbb\xbf"
        assert kept.translate(*noise) == body.translate(*noise)
