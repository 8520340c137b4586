"""What users of other engines complain about, and what this one does instead.

Ten complaints about HL7 v2 connectors, each with the trackers that it stands in. All
messages are synthetic.
"""

from contextlib import closing

import pytest

from tests.acceptance.catalogue import (
    CANARY,
    build,
    outcome,
    running,
    takes_a_good_message,
    told,
    unharmed,
)
from tests.acceptance.hl7_receiver import SILENCE, Hl7Receiver
from tests.acceptance.messages import END, START, Sender, framed, msa, send
from tests.acceptance.process import eventually, feed, folder, subscription, table

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def elsewhere():
    """Where application acknowledgements go."""
    with closing(Hl7Receiver()) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def running_hub(tmp_path_factory, elsewhere):
    latin = {"charset_default": "8859/1", "assigning_authority": "KLINIK_NORD"}
    to = f"127.0.0.1:{elsewhere.port}"
    feeds = (
        feed(),
        feed("latein", profile=latin),
        feed("streng", on_problem="strict", acknowledge="after_processing"),
        feed("zwei-wege", application_ack_to=to),
    )
    with running(tmp_path_factory.mktemp("complaints"), *feeds) as hub:
        yield hub


@pytest.fixture
def hub(running_hub):
    with unharmed(running_hub):
        yield running_hub


@pytest.fixture
def receiver():
    with closing(Hl7Receiver()) as receiver:
        yield receiver


def praxis(receiver, **keys):
    """Return a destination that is told everything over MLLP."""
    given = {
        "kind": "mllp-sender",
        "format": "hl7-adt",
        "host": "127.0.0.1",
        "port": receiver.port,
        "tls": False,
        "retry_initial_seconds": 0.05,
        "retry_max_seconds": 0.1,
    }
    return table("destinations.praxis", **(given | keys))


def start(hubs, receiver, **keys):
    """Start a hub with one feed and one receiver, who is told of admissions."""
    only = subscription("praxis", events=["encounter.admitted"])
    return hubs.start(feed(), praxis(receiver, **keys), only)


def states(hub):
    """Return the state of each delivery, oldest first."""
    return [each["state"] for each in hub.items("deliveries")]


# 1. Long messages are cut: python-hl7 #17, amida-tech/mllp #1.


@pytest.mark.parametrize("size", [1 << 12, 1 << 16, 1 << 20])
def test_1_a_long_message_arrives_whole(hub, size):
    note = "ä" * (size // 2)
    body = build(f"long{size}", extra=(f"NTE|1||{note}",))

    assert send(hub.address(), body) == ["AA"]
    assert outcome(hub, body)["size"] == len(body) > size


# 2. Of several messages in one read all but one are lost: camel #26259 and #26262,
#    hl7apy #37.


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 331, 1000, 100_000])
def test_2_messages_arrive_whatever_the_reads(hub, size):
    bodies = [build(f"cut{size}-{number}") for number in range(10)]
    stream = b"".join(map(framed, bodies))
    with Sender(hub.address()) as sender:
        for place in range(0, len(stream), size):
            sender.write(stream[place : place + size])
        answers = [msa(sender.answer()) for _ in bodies]

    assert answers == [("AA", f"cut{size}-{number}") for number in range(10)]
    assert {outcome(hub, body)["state"] for body in bodies} == {"processed"}


# 3. Acknowledgements in pieces: python-hl7 #41 and #44.


def test_3_an_acknowledgement_comes_in_one_piece(hub):
    with Sender(hub.address()) as sender:
        for number in range(50):
            sender.write(framed(build(f"piece{number}")))
            answer = sender.socket.recv(65536)

            assert answer.startswith(START)
            assert answer.endswith(END)
            assert answer.count(END) == 1


def test_3_an_acknowledgement_in_pieces_is_read(hubs, receiver):
    receiver.piecewise = True
    hub = start(hubs, receiver)
    send(hub.address(), build("pieces"))
    hub.quiet()

    assert states(hub) == ["delivered"]
    assert len(receiver.arrived) == 1


# 4. The character set is hard-coded, umlauts stop the reader: python-hl7 #54,
#    hl7apy #31 and #83, camel #10880.


@pytest.mark.parametrize(
    ("name", "declared", "encoding"),
    [
        ("klinik-nord", "", "utf-8"),
        ("klinik-nord", "UNICODE UTF-8", "utf-8"),
        ("klinik-nord", "8859/1", "latin-1"),
        ("latein", "", "latin-1"),
        ("latein", "", "utf-8"),
        ("latein", "8859/15", "iso8859-15"),
    ],
)
def test_4_umlauts_arrive(hub, name, declared, encoding):
    key = f"umlaut-{name}-{declared}-{encoding}"
    family = f"Müßig-Ähre {CANARY}"
    body = build(key, pid={5: f"{family}^Jörg"}, msh={18: declared}, encoding=encoding)

    assert send(hub.address(name), body) == ["AA"]
    (event,) = told(hub, body)
    assert event["payload"]["person"]["names"] == [{"family": family, "given": "Jörg"}]


def test_4_bytes_that_are_no_text_are_kept_and_stop_nobody(hub):
    body = build("bytes", pid={5: "M\xfcller"}, encoding="latin-1")
    with Sender(hub.address()) as sender:
        assert sender.send(body)[0] == "AA"
        assert takes_a_good_message(hub, sender)

    assert outcome(hub, body)["error_code"] == "HL7-003"


# 5. Instead of an answer the connection closes: GoogleCloudPlatform/mllp #9 and #21,
#    connect #1275, #1793 and #3687.


@pytest.mark.parametrize(
    ("name", "body", "code", "error"),
    [
        ("klinik-nord", b"Dear Sir or Madam", "AR", "100^Segment sequence error"),
        ("klinik-nord", build("no5a", "A19"), "AR", "201^Unsupported event code"),
        ("streng", build("no5b", drop=("PID",)), "AE", "101^Required field missing"),
        ("streng", build("no5c", "A40"), "AE", "101^Required field missing"),
    ],
    ids=["no-hl7", "query", "no-patient", "no-prior-number"],
)
def test_5_a_bad_message_is_answered_and_kept(hub, name, body, code, error):
    with Sender(hub.address(name)) as sender:
        sender.write(framed(body))
        answer = sender.answer()
        assert takes_a_good_message(hub, sender)

    assert msa(answer)[0] == code
    assert f"{error}^HL70357".encode() in answer
    assert outcome(hub, body)["state"] in {"parked", "unmapped"}


# 6. What is filtered comes back as a reject: connect #1073.


@pytest.mark.parametrize(
    "msh",
    [{9: "DFT^P03"}, {9: "ADT^Z77"}, {11: "T"}],
    ids=["charge", "own-trigger", "test"],
)
@pytest.mark.parametrize("name", ["klinik-nord", "streng"])
def test_6_what_nobody_needs_is_accepted(hub, name, msh):
    body = build(f"filter-{name}-{msh}", msh=msh)

    assert send(hub.address(name), body) == ["AA"]
    assert outcome(hub, body)["state"] == "unmapped"
    assert told(hub, body) == []


def test_6_what_nobody_subscribed_to_is_accepted(hubs):
    only = subscription("out", events=["encounter.discharged"])
    hub = hubs.start(feed(), folder(hubs.out), only)

    assert send(hub.address(), build("nobody")) == ["AA"]
    hub.quiet()
    assert states(hub) == []


# 7. No enhanced mode: connect #262 and #3007, medplum #6757 and #7115.


@pytest.mark.parametrize(("drop", "code"), [((), "AA"), (("PID",), "AE")])
def test_7_both_acknowledgements_come_under_the_name_of_the_message(hub, drop, code):
    body = build(f"both{code}", msh={15: "AL", 16: "AL"}, drop=drop)
    with Sender(hub.address()) as sender:
        sender.write(framed(body))
        answers = [msa(sender.answer()), msa(sender.answer())]

    assert answers == [("CA", f"both{code}"), (code, f"both{code}")]


def test_7_the_second_one_comes_on_a_connection_of_its_own(hub, elsewhere):
    elsewhere.always = "CA"
    body = build("apart", msh={15: "AL", 16: "AL"})
    with Sender(hub.address("zwei-wege")) as sender:
        assert sender.send(body) == ("CA", "apart")
    eventually(lambda: elsewhere.arrived, hub)

    (answer,) = elsewhere.arrived
    assert msa(answer.body) == ("AA", "apart")


# 8. What was acknowledged is lost: medplum #3720, #7578, #9346 and #9491.


def test_8_what_was_acknowledged_outlives_a_crash(hubs):
    hub = hubs.start()
    bodies = [build(f"crash{number}") for number in range(20)]
    answers = send(hub.address(), *bodies)
    hub.kill()
    again = hubs.start()
    again.quiet()

    assert answers == ["AA"] * 20
    assert [outcome(again, body)["state"] for body in bodies] == ["processed"] * 20


# 9. A refused message blocks the queue or goes out for ever: connect #1653, #2049.


def test_9_a_message_with_an_error_is_not_sent_again(hubs, receiver):
    receiver.answers = ["AE"]
    hub = start(hubs, receiver)
    send(hub.address(), build("error"), build("next"))
    hub.quiet()

    assert sorted(states(hub)) == ["dead", "delivered"]
    assert len(receiver.arrived) == 2


def test_9_a_rejected_message_is_sent_again_a_few_times(hubs, receiver):
    receiver.answers = ["AR"] * 3
    hub = start(hubs, receiver, max_rejections=3)
    send(hub.address(), build("rejected"))
    hub.quiet()
    send(hub.address(), build("next"))
    hub.quiet()

    assert sorted(states(hub)) == ["dead", "delivered"]
    assert len(receiver.arrived) == 4


# 10. Where no acknowledgement comes, the receiver is flooded: connect #1314.


def test_10_a_message_without_answer_is_repeated_and_never_doubled(hubs, receiver):
    receiver.answers = [SILENCE] * 3
    hub = start(hubs, receiver, ack_timeout_seconds=0.3)
    send(hub.address(), build("silent"), build("waiting"))
    hub.quiet()
    names = {each.control_id for each in receiver.arrived}

    assert states(hub) == ["delivered", "delivered"]
    assert len({each.body for each in receiver.arrived}) == len(names) == 2
    assert len(receiver.arrived) == 5
    assert receiver.connections == 4  # hung up after each silence
