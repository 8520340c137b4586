"""The order of answers on one connection (R-HL7-15). Samples are synthetic."""

from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import MessageState, Processed, Stored
from hub_hl7.answers import exchanges as module
from hub_hl7.answers.exchanges import Exchanges
from hub_hl7.answers.replies import Rules
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.wire.header import read_header

STATES = [MessageState.PROCESSED, MessageState.UNMAPPED, MessageState.PARKED]
CODES = ["", "AL", "NE", "ER", "SU"]


def exchanges_of(**settings):
    rules = Rules(ListenerSettings(kind="mllp-listener", port=0, **settings))
    return Exchanges(rules, lambda: b"ID")


def message(number, codes=("", ""), kind="ADT^A01"):
    header = rf"MSH|^~\&|KIS||||2026||{kind}|{number}|P|2.5|||{codes[0]}|{codes[1]}"
    return f"{header}\rPID|||0047\r".encode()


def open_one(exchanges, body):
    return exchanges.open(read_header(body), body)


def answered(frames):
    """Return MSA-1 and MSA-2 of each answer."""
    lines = frames.split(b"\r")
    found = [line.split(b"|")[1:3] for line in lines if line.startswith(b"MSA")]
    return [(code.decode(), int(number)) for code, number in found]


messages = st.lists(
    st.tuples(
        st.sampled_from([("", ""), ("AL", "AL"), ("NE", "AL")])
        | st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)),
        st.sampled_from(["ADT^A01", "ADT^A01", "ADT^A19", "SIU^S12"]),
        st.sampled_from(STATES),
    ),
    max_size=12,
)


@given(
    messages,
    st.sampled_from(["after_commit", "after_processing"]),
    st.sampled_from(["strict", "store_and_forward"]),
    st.data(),
)
def test_answers_leave_in_the_order_of_arrival(sent, acknowledge, problem, data):
    """Whatever the order of arrival, storing, processing and writing."""
    connection = exchanges_of(
        acknowledge=acknowledge, on_problem=problem, accept_types=["ADT"]
    )
    arriving = list(enumerate(sent))
    storing, processing, told = [], [], []
    while arriving or storing or processing:
        steps = [
            step
            for step, possible in (
                ("arrive", arriving), ("store", storing), ("process", processing)
            )
            if possible
        ]  # fmt: skip
        step = data.draw(st.sampled_from(steps))
        if step == "arrive":
            number, (codes, kind, state) = arriving.pop(0)
            exchange = open_one(connection, message(number, codes, kind))
            storing.append((exchange, state))
        elif step == "store":
            exchange, state = storing.pop(0)
            assert connection.stored(Stored("x"))
            if exchange.follows:
                processing.append((exchange, state))
        else:
            place = data.draw(st.integers(0, len(processing) - 1))
            exchange, state = processing.pop(place)
            connection.processed(exchange, Processed(state=state))
        if data.draw(st.booleans()):
            told += answered(connection.take(b"2026"))
    told += answered(connection.take(b"2026"))

    commits, applications = split_by_kind(told, [codes for codes, _, _ in sent])
    assert commits == sorted(commits)
    assert applications == sorted(applications)
    assert len(set(commits)) == len(commits)
    assert len(set(applications)) == len(applications)
    for number in set(commits) & set(applications):
        assert told.index(first(told, number, "C")) < told.index(
            first(told, number, "A")
        )
    plain = [n for n, (codes, _, _) in enumerate(sent) if codes == ("", "")]
    assert set(plain) <= set(commits)
    assert not connection.pending


def split_by_kind(told, codes):
    """Return the numbers of first answers, and of application acknowledgements."""
    original = [codes[number] == ("", "") for _, number in told]
    commits = [
        number
        for (code, number), alone in zip(told, original, strict=True)
        if alone or code[0] == "C"
    ]
    applications = [
        number
        for (code, number), alone in zip(told, original, strict=True)
        if not alone and code[0] == "A"
    ]
    return commits, applications


def first(told, number, letter):
    return next(one for one in told if one[1] == number and one[0][0] == letter)


def test_an_answer_waits_for_those_before_it():
    connection = exchanges_of(acknowledge="after_processing")
    one, two = (open_one(connection, message(n)) for n in (1, 2))
    for _ in range(2):
        connection.stored(Stored("x"))
    connection.processed(two, Processed(state=MessageState.PROCESSED))
    early = connection.take(b"2026")
    connection.processed(one, Processed(state=MessageState.PROCESSED))

    assert early == b""
    assert answered(connection.take(b"2026")) == [("AA", 1), ("AA", 2)]


def test_a_slow_application_holds_up_no_commit_acknowledgement():
    connection = exchanges_of()
    open_one(connection, message(1, ("AL", "AL")))
    open_one(connection, message(2, ("AL", "AL")))
    connection.stored(Stored("x"))
    connection.stored(Stored("x"))

    assert answered(connection.take(b"2026")) == [("CA", 1), ("CA", 2)]
    assert connection.applying == 2
    assert connection.pending


def test_a_refused_message_is_answered_in_its_turn():
    connection = exchanges_of(accept_types=["ADT"])
    open_one(connection, message(1))
    open_one(connection, message(2, kind="SIU^S12"))
    early = connection.take(b"2026")
    connection.stored(Stored("x"))
    connection.stored(Stored("y"))

    assert early == b""
    assert answered(connection.take(b"2026")) == [("AA", 1), ("AR", 2)]


def test_there_is_room_for_so_many_and_no_more(monkeypatch):
    monkeypatch.setattr(module, "MOST_APPLICATIONS", 2)
    connection = exchanges_of()
    assert connection.has_room(1)
    open_one(connection, message(1, ("AL", "AL")))
    assert not connection.has_room(1)
    connection.stored(Stored("x"))
    connection.take(b"2026")
    assert connection.has_room(1)
    open_one(connection, message(2, ("AL", "AL")))
    connection.stored(Stored("x"))
    connection.take(b"2026")

    assert not connection.has_room(1)


def test_news_of_processing_may_come_before_those_of_storing():
    connection = exchanges_of(acknowledge="after_processing")
    exchange = open_one(connection, message(1))
    connection.processed(exchange, Processed(state=MessageState.PROCESSED))
    connection.stored(Stored("x"))

    assert answered(connection.take(b"2026")) == [("AA", 1)]
