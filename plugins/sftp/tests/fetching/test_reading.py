"""The pipeline gives each byte once and in order, whatever a server does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_sftp.reading import AHEAD, LARGEST, PIECE, AnswerOddError, Pipeline

BODY = bytes(range(256)) * 1024  # 256 KiB, synthetic


def serve(pipeline, body, order, lengths, most=None):
    """Answer in any order, with as little as a server likes; return what came out."""
    asked, out, seen = [], [], 0
    while not pipeline.finished:
        asked += pipeline.asks()
        seen = max(seen, len(asked))
        ask = asked.pop(order.randrange(len(asked)))
        data = body[ask.offset : ask.offset + min(ask.length, lengths(order))]
        if data:
            out += pipeline.receive_data(ask.number, data)
        else:
            pipeline.receive_end(ask.number)
    assert most is None or seen <= most
    return b"".join(out)


@given(
    order=st.randoms(),
    depth=st.integers(1, 9),
    start=st.integers(0, 9999),
    piece=st.sampled_from((PIECE, 100_000, 1 << 40)),
)
def test_every_byte_comes_out_once_and_in_order(order, depth, start, piece):
    pipeline = Pipeline(start, len(BODY), depth=depth, piece=piece)

    came = serve(
        pipeline,
        BODY,
        order,
        lambda order: order.choice((PIECE, PIECE, 5000)),
        depth + 1,
    )

    assert came == BODY[start:]
    assert pipeline.position == len(BODY)


@given(order=st.randoms(), real=st.integers(0, 200_000))
def test_a_file_that_is_shorter_than_listed_ends_early(order, real):
    pipeline = Pipeline(0, len(BODY), depth=8)

    came = serve(pipeline, BODY[:real], order, lambda _: PIECE)

    assert came == BODY[:real]
    assert pipeline.position == real


@pytest.mark.parametrize("piece", [PIECE, 100_000, 1 << 40])
def test_only_so_many_bytes_are_under_way(piece):
    pipeline = Pipeline(0, 1 << 40, piece=piece)

    asks = pipeline.asks()

    assert AHEAD - LARGEST < sum(ask.length for ask in asks) <= AHEAD
    assert not pipeline.asks()


def test_a_server_that_gives_less_than_it_said_is_asked_for_less():
    pipeline = Pipeline(0, 1 << 40, piece=1 << 40)
    first, *_ = pipeline.asks()
    list(pipeline.receive_data(first.number, bytes(65536)))

    again, *others = pipeline.asks()

    assert (again.offset, again.length) == (65536, LARGEST - 65536)
    assert {ask.length for ask in others} <= {65536}


def test_what_waits_for_an_earlier_piece_keeps_nothing_else_in_memory():
    pipeline = Pipeline(0, 2 * PIECE)
    first, second = pipeline.asks()
    received = bytearray(9 * PIECE)
    assert not list(pipeline.receive_data(second.number, memoryview(received)[:PIECE]))

    received.clear()  # which an object that is looked at refuses

    assert len(b"".join(pipeline.receive_data(first.number, bytes(PIECE)))) == 2 * PIECE


def test_memory_stays_bounded_where_the_first_answer_never_comes():
    """A server that answers all others with one byte each gets no more questions."""
    pipeline = Pipeline(0, 1 << 40, depth=8)
    asked = pipeline.asks()[1:]
    answered = 0
    while asked and answered < 1000:
        ask = asked.pop()
        assert not list(pipeline.receive_data(ask.number, b"x"))
        asked += pipeline.asks()
        answered += 1

    assert answered < 16


def test_an_empty_file_needs_no_request():
    pipeline = Pipeline(0, 0)

    assert pipeline.finished
    assert not pipeline.asks()


@pytest.mark.parametrize("data", [b"", b"x" * (PIECE + 1)])
def test_an_answer_of_another_length_is_refused(data):
    pipeline = Pipeline(0, PIECE)
    (ask,) = pipeline.asks()

    with pytest.raises(AnswerOddError):
        list(pipeline.receive_data(ask.number, data))


def test_an_answer_that_nobody_waits_for_is_refused():
    pipeline = Pipeline(0, PIECE)

    with pytest.raises(AnswerOddError):
        pipeline.receive_end(7)
