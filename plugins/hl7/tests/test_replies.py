"""Which acknowledgement is due, without a socket. Every sample is synthetic."""

import pytest
from structlog.testing import capture_logs

from hub.sdk import MessageState, Processed, Stored
from hub.testing import StoreRefusedError
from hub_hl7.answers import refusals
from hub_hl7.answers.exchanges import Exchanges
from hub_hl7.answers.refusals import (
    BatchRefusedError,
    SequenceGapError,
    TypeRefusedError,
)
from hub_hl7.answers.replies import NO_EVENTS, Rules
from hub_hl7.facts.errors import NoPatientError
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.wire.header import read_header
from hub_hl7.wire.mllp import FrameTooLargeError

STORED = Stored("synthetic")
DONE = Processed(state=MessageState.PROCESSED)
UNMAPPED = Processed(state=MessageState.UNMAPPED)
SPLIT = Processed(state=MessageState.SPLIT)
PARKED = Processed(
    state=MessageState.PARKED, error_code="HL7-101", reason="Musterfrau^Änne"
)


class Desk:
    """Feeds messages to the rules of a listener and collects what is answered."""

    def __init__(self, **settings):
        given = {"kind": "mllp-listener", "port": 0} | settings
        self.elsewhere = []
        self._ids = iter(range(1, 1000))
        self.exchanges = Exchanges(
            Rules(ListenerSettings(**given)),
            lambda: b"ID%d" % next(self._ids),
            self.elsewhere.append if "application_ack_to" in settings else None,
        )

    def take(self):
        return self.exchanges.take(b"20260310081502+0100")

    def say(self, body, stored=STORED, processed=None):
        """Play one message through; return the frames that answer it, if any can.

        None stands for hanging up.
        """
        exchange = self.exchanges.open(read_header(body), body)
        if not self.exchanges.stored(stored):
            return None
        frames = self.take()
        if processed and exchange.follows:
            self.exchanges.processed(exchange, processed)
            frames += self.take()
        return [frame for frame in frames.split(b"\x0b") if frame]

    def takes(self, body):
        return not self.exchanges.open(read_header(body), body).set_aside


def message(kind="ADT^A01", number="7", fields="", processing="P", version="2.5"):
    header = f"MSH|^~\\&|KIS|KLINIK|HUB|REGION|2026||{kind}|{number}|{processing}"
    return f"{header}|{version}{fields}\rPID|||0047||Musterfrau^Anna\r".encode()


def coded(accept, application, **changes):
    return message(fields=f"|||{accept}|{application}", **changes)


def rri(accept="", application=""):
    """Return the answer to a referral: news that comes as an answer."""
    head, _, _ = coded(accept, application, kind="RRI^I12").partition(b"\r")
    return head + b"\rMSA|AA|99\rRF1|A\r"


def codes(frames):
    """Return MSA-1 of each answer."""
    return [line[4:6].decode() for line in segments(frames, b"MSA")]


def segments(frames, name):
    lines = b"\r".join(frames).replace(b"\x1c", b"").split(b"\r")
    return [line for line in lines if line.startswith(name)]


def err(frames):
    (line,) = segments(frames, b"ERR")
    return line.decode()


# MSH-15, MSH-16 and what happened (row 29 of the catalogue).

GOOD = {"AL": "CA", "NE": "", "ER": "", "SU": "CA", "": ""}
BAD = {"AL": "C", "NE": "", "ER": "C", "SU": "", "": ""}
DONE_WELL = {"AL": "AA", "NE": "", "ER": "", "SU": "AA", "": ""}
DONE_BADLY = {"AL": "AE", "NE": "", "ER": "AE", "SU": "", "": ""}
REFUSED_LATE = {"AL": "AR", "NE": "", "ER": "AR", "SU": "", "": ""}
PAIRS = [(a, b) for a in GOOD for b in GOOD if a or b]


def said(*answers):
    return [answer for answer in answers if answer]


@pytest.mark.parametrize(("accept", "application"), PAIRS)
class TestEachPairOfMsh15AndMsh16:
    def test_of_a_message_that_becomes_facts(self, accept, application):
        frames = Desk().say(coded(accept, application), processed=DONE)

        assert codes(frames) == said(GOOD[accept], DONE_WELL[application])

    def test_of_a_message_that_is_parked(self, accept, application):
        frames = Desk().say(coded(accept, application), processed=PARKED)

        assert codes(frames) == said(GOOD[accept], DONE_BADLY[application])

    def test_of_a_message_that_is_refused(self, accept, application):
        frames = Desk(accept_types=["SIU"]).say(coded(accept, application))

        commit = BAD[accept] and "CR"
        assert codes(frames) == said(commit or REFUSED_LATE[application])

    def test_of_a_message_that_cannot_be_stored(self, accept, application):
        frames = Desk().say(coded(accept, application), stored=StoreRefusedError())

        assert frames is None if not BAD[accept] else codes(frames) == ["CE"]

    def test_in_a_feed_of_original_mode(self, accept, application):
        frames = Desk(mode="original").say(coded(accept, application), processed=DONE)

        assert codes(frames) == ["AA"]

    def test_of_a_message_that_is_itself_an_answer(self, accept, application):
        body = coded(accept, application, kind="ACK^A01^ACK")

        assert codes(Desk().say(body, processed=DONE)) == said(GOOD[accept])

    def test_of_an_answer_that_is_a_message_too(self, accept, application):
        frames = Desk().say(rri(accept, application), processed=DONE)

        assert codes(frames) == said(GOOD[accept], DONE_WELL[application])


@pytest.mark.parametrize("mode", ["auto", "original", "enhanced"])
def test_an_answer_without_msh_15_is_never_answered(mode):
    desk = Desk(mode=mode)

    assert desk.say(message("ACK^A01^ACK"), processed=DONE) == []
    assert desk.say(message().replace(b"PID|", b"MSA|AA|1"), processed=DONE) == []


def test_an_answer_of_original_mode_is_never_answered_whatever_it_asks_for():
    body = coded("AL", "AL", kind="ACK^A01^ACK")

    assert Desk(mode="original").say(body, processed=DONE) == []


def test_a_code_that_is_none_gets_an_answer_no_answer():
    assert Desk().say(coded("XX", "AL", kind="ACK^A01^ACK"), processed=DONE) == []


@pytest.mark.parametrize(("mode", "code"), [("auto", "AA"), ("enhanced", "CA")])
def test_the_answer_to_a_referral_is_answered_like_a_message(mode, code):
    assert codes(Desk(mode=mode).say(rri())) == [code]


@pytest.mark.parametrize(
    ("accept", "application", "expected"),
    [
        ("al", "ne", ["CA"]),
        (" AL ", "", ["CA"]),
        ('""', "AL", ["AA"]),
        ("XX", "", ["AA"]),
        ("", "DEU", ["AA"]),
        ("XX", "NE", ["CA"]),
        ("AL", "DEU", ["CA"]),
        ("ALWAYS", "", ["AA"]),
    ],
)
def test_what_is_no_code_of_table_0155(accept, application, expected):
    frames = Desk().say(coded(accept, application), processed=DONE)

    assert codes(frames) == expected


@pytest.mark.parametrize(
    ("to", "expected"), [("", ["CA"]), ("127.0.0.1:1", ["CA", "AA"])]
)
def test_a_feed_of_enhanced_mode_answers_messages_without_codes(to, expected):
    desk = Desk(mode="enhanced", application_ack_to=to) if to else Desk(mode="enhanced")
    frames = desk.say(message(), processed=DONE)

    assert codes(frames + desk.elsewhere) == expected


def test_an_application_acknowledgement_goes_elsewhere_where_that_is_agreed():
    desk = Desk(application_ack_to="127.0.0.1:1")

    frames = desk.say(coded("AL", "AL"), processed=DONE)

    assert codes(frames) == ["CA"]
    assert codes(desk.elsewhere) == ["AA"]
    assert not desk.exchanges.pending


def test_an_application_acknowledgement_is_a_message_of_its_own():
    frames = Desk().say(coded("NE", "AL"), processed=PARKED)

    assert frames == [
        (
            rb"MSH|^~\&|HUB|REGION|KIS|KLINIK|20260310081502+0100||ACK^A01^ACK|ID1|P|2.5"
            b"\rMSA|AE|7"
            b"\rERR||PID^1^3|101^Required field missing^HL70357|E|HL7-101|||"
            b"The message does not say which patient it is about\r\x1c\r"
        )
    ]


# Original mode.


@pytest.mark.parametrize("problem", ["store_and_forward", "strict"])
@pytest.mark.parametrize("outcome", [DONE, UNMAPPED, SPLIT, PARKED])
def test_after_processing_only_a_strict_feed_tells_what_is_wrong(problem, outcome):
    desk = Desk(acknowledge="after_processing", on_problem=problem)

    frames = desk.say(message(), processed=outcome)

    bad = outcome is PARKED and problem == "strict"
    assert codes(frames) == (["AE"] if bad else ["AA"])
    assert len(segments(frames, b"ERR")) == bad


def test_after_processing_nothing_is_told_when_the_message_is_stored():
    desk = Desk(acknowledge="after_processing")

    assert desk.say(message()) == []
    assert desk.exchanges.pending


@pytest.mark.parametrize("problem", ["store_and_forward", "strict"])
def test_after_commit_a_feed_cannot_tell_what_is_wrong(problem):
    desk = Desk(on_problem=problem)

    assert codes(desk.say(message(), processed=PARKED)) == ["AA"]


@pytest.mark.parametrize("when", ["after_commit", "after_processing"])
def test_in_original_mode_a_message_that_cannot_be_stored_is_not_answered(when):
    assert Desk(acknowledge=when).say(message(), stored=StoreRefusedError()) is None


def test_in_enhanced_mode_it_is_told_and_the_next_one_is_taken():
    desk = Desk()
    frames = desk.say(coded("AL", "AL"), stored=StoreRefusedError())

    assert codes(frames) == ["CE"]
    assert err(frames).startswith(
        "ERR||MSH^1|207^Application internal error^HL70357|E|TESTING-001|||"
    )
    assert codes(desk.say(coded("AL", "NE"))) == ["CA"]


def test_a_duplicate_is_answered_like_the_first(adt):
    desk = Desk()
    again = Stored("synthetic", duplicate=True)

    assert codes(desk.say(adt(), stored=again)) == ["AA"]
    assert codes(desk.say(coded("AL", "AL"), stored=again, processed=DONE)) == [
        "CA",
        "AA",
    ]


# What a feed takes by contract.


@pytest.mark.parametrize(
    ("kind", "accepted", "place", "code"),
    [
        ("SIU^S12", ["ADT"], "MSH^1^9^1^1", "200^Unsupported message type"),
        ("", ["ADT"], "MSH^1^9^1^1", "200^Unsupported message type"),
        ("ADT^A03", ["ADT^A01"], "MSH^1^9^1^2", "201^Unsupported event code"),
        ("ADT", ["ADT^A01"], "MSH^1^9^1^2", "201^Unsupported event code"),
    ],
)
def test_another_type_is_refused_and_set_aside(kind, accepted, place, code):
    desk = Desk(accept_types=accepted)

    original = desk.say(message(kind))
    enhanced = desk.say(coded("AL", "NE", kind=kind))

    assert (codes(original), codes(enhanced)) == (["AR"], ["CR"])
    assert not desk.takes(message(kind))
    assert err(original) == (
        f"ERR||{place}|{code}^HL70357|E|{TypeRefusedError.code}|||"
        f"{TypeRefusedError.summary}"
    )


@pytest.mark.parametrize("kind", ["ADT^A01^ADT_A01", "adt^a01", "SIU^S12", "SIU^S26"])
def test_a_type_that_is_named_is_taken(kind):
    assert codes(Desk(accept_types=["ADT^A01", "SIU"]).say(message(kind))) == ["AA"]


@pytest.mark.parametrize("kind", sorted(NO_EVENTS))
@pytest.mark.parametrize("accepted", [[], ["ADT"]])
def test_a_trigger_that_is_no_event_is_always_refused(kind, accepted):
    desk = Desk(accept_types=accepted)

    frames = desk.say(message(kind))

    assert codes(frames) == ["AR"]
    assert "|MSH^1^9^1^2|201^" in err(frames)
    assert desk.takes(message(kind))


@pytest.mark.parametrize("processing", ["T", "D", "d", "T^A"])
def test_test_messages_are_refused_where_the_feed_says_so(processing):
    desk = Desk(test_messages="reject")

    frames = desk.say(message(processing=processing))

    assert codes(frames) == ["AR"]
    assert not desk.takes(message(processing=processing))
    assert err(frames).startswith(
        "ERR||MSH^1^11|202^Unsupported processing id^HL70357|E|"
        + refusals.TestMessageRefusedError.code
    )


@pytest.mark.parametrize("processing", ["P", "", "P^T", "X"])
def test_other_messages_are_taken_all_the_same(processing):
    frames = Desk(test_messages="reject").say(message(processing=processing))

    assert codes(frames) == ["AA"]


@pytest.mark.parametrize("processing", ["T", "D"])
def test_test_messages_are_taken_by_default(processing):
    assert codes(Desk().say(message(processing=processing))) == ["AA"]


@pytest.mark.parametrize("mode", ["auto", "original"])
def test_what_is_no_hl7_is_taken_and_refused(mode):
    desk = Desk(mode=mode)

    frames = desk.say(b"GIF89a")

    assert codes(frames) == ["AR"]
    assert err(frames) == "ERR||MSH^1|100^Segment sequence error^HL70357|E"
    assert desk.takes(b"GIF89a")


def test_an_error_has_one_field_in_old_versions():
    frames = Desk(accept_types=["SIU"]).say(message(version="2.4"))

    assert err(frames) == "ERR|MSH^1^9^200&Unsupported message type&HL70357"


def test_no_answer_holds_anything_of_the_content():
    parked = Desk(acknowledge="after_processing", on_problem="strict")
    refused = Desk(accept_types=["SIU"])

    answers = parked.say(message(), processed=PARKED) + refused.say(message())

    assert b"Muster" not in b"".join(answers)


def test_an_unknown_error_code_is_told_as_it_is():
    desk = Desk(acknowledge="after_processing", on_problem="strict")
    outcome = Processed(state=MessageState.PARKED, error_code="PLUGIN-999")

    assert err(desk.say(message(), processed=outcome)) == (
        "ERR||MSH^1|207^Application internal error^HL70357|E"
    )


# Too large.


def test_a_message_that_is_too_large_is_refused_by_its_name():
    desk = Desk()

    known = desk.exchanges.refuse(message()[:70], FrameTooLargeError())

    assert known
    assert desk.take().split(b"\r")[1:] == [
        b"MSA|AR|7",
        b"ERR||MSH^1|104^Value too long^HL70357|E|MLLP-001|||"
        + FrameTooLargeError.summary.encode(),
        b"\x1c",
        b"",
    ]


@pytest.mark.parametrize("beginning", [b"", b"xxxx", message()[:45], b"BHS|^~\\&|a"])
def test_a_message_whose_name_is_not_known_is_not_refused_but_cut_off(beginning):
    desk = Desk()

    assert not desk.exchanges.refuse(beginning, FrameTooLargeError())
    assert desk.take() == b""


# Batches.

BHS = rb"BHS|^~\&|KIS|KLINIK|HUB|REGION|2026||day||B77" + b"\r"


def batch(*bodies, count=None, header=BHS):
    total = len(bodies) if count is None else count
    return b"".join([header, *bodies, b"BTS|%d\r" % total])


def test_a_batch_is_answered_once_under_its_own_name():
    frames = Desk().say(batch(message(number="1"), message(number="2")))

    assert segments(frames, b"MSA") == [b"MSA|AA|B77"]


@pytest.mark.parametrize(
    "looks", [{}, {"on_problem": "strict"}, {"accept_types": ["ADT"]}]
)
def test_a_batch_is_accepted_whatever_looks_inside(looks):
    assert codes(Desk(**looks).say(batch(message()))) == ["AA"]


def test_each_message_of_a_batch_is_answered_in_one_frame():
    desk = Desk(batch_ack="messages")

    (frame,) = desk.say(batch(message(number="1"), message("ADT^A19", number="2")))

    assert frame.split(b"\r") == [
        rb"BHS|^~\&|HUB|REGION|KIS|KLINIK|20260310081502+0100||||ID3|B77",
        rb"MSH|^~\&|HUB|REGION|KIS|KLINIK|20260310081502+0100||ACK^A01^ACK|ID1|P|2.5",
        b"MSA|AA|1",
        rb"MSH|^~\&|HUB|REGION|KIS|KLINIK|20260310081502+0100||ACK^A19^ACK|ID2|P|2.5",
        b"MSA|AR|2",
        (
            b"ERR||MSH^1^9^1^2|201^Unsupported event code^HL70357|E|HL7-020|||"
            b"Messages of this type are not accepted here"
        ),
        b"BTS|2",
        b"\x1c",
        b"",
    ]


def test_a_batch_beyond_the_limit_is_answered_as_one_and_not_looked_into():
    desk = Desk(batch_ack="messages", on_problem="strict", max_batch_messages=3)
    several = [message("ADT^A19", number=f"{n}") for n in range(3)]

    with capture_logs() as logs:
        large = desk.say(batch(*several))
    small = desk.say(batch(*several[:2]))

    assert segments(large, b"MSA") == [b"MSA|AA|B77"]
    assert [entry["event"] for entry in logs] == ["batch.not_examined"]
    assert codes(small) == ["AR", "AR"]


def test_only_the_errors_of_a_batch_are_answered_where_that_is_agreed():
    desk = Desk(batch_ack="errors")

    (frame,) = desk.say(batch(message(number="1"), message("ADT^A19", number="2")))

    assert codes([frame]) == ["AR"]
    assert segments([frame], b"BTS") == [b"BTS|1"]


@pytest.mark.parametrize("form", ["messages", "errors"])
def test_an_empty_batch_is_answered_with_one(form):
    (frame,) = Desk(batch_ack=form).say(batch())

    assert [line[:5] for line in frame.split(b"\r")] == [
        b"BHS|^",
        b"BTS|0",
        b"\x1c",
        b"",
    ]


def test_messages_without_a_header_are_a_batch_too():
    desk = Desk(batch_ack="messages")

    (frame,) = desk.say(message(number="1") + message(number="2"))

    assert segments([frame], b"MSA") == [b"MSA|AA|1", b"MSA|AA|2"]
    assert segments([frame], b"BHS")[0].endswith(b"|ID3|")


@pytest.mark.parametrize(
    ("problem", "expected"), [("strict", "AE"), ("store_and_forward", "AA")]
)
def test_a_wrong_count_is_an_error_in_a_strict_feed(problem, expected):
    frames = Desk(on_problem=problem).say(batch(message(), count=2))

    assert codes(frames) == [expected]
    if expected == "AE":
        assert err(frames).startswith(
            "ERR||BTS^1^1|100^Segment sequence error^HL70357|E|"
        )
        assert "|HL7-010|" in err(frames)


def test_a_batch_with_a_message_that_is_not_accepted_is_not_stored():
    desk = Desk(accept_types=["ADT"], batch_ack="messages")
    body = batch(message(number="1"), message("SIU^S12", number="2"))

    (frame,) = desk.say(body)

    assert not desk.takes(body)
    assert codes([frame]) == ["AR", "AR"]
    first, second = segments([frame], b"ERR")
    assert BatchRefusedError.code.encode() in first
    assert b"|200^" in second


def test_a_batch_with_a_test_message_is_refused_as_a_whole():
    desk = Desk(test_messages="reject")

    frames = desk.say(batch(message(), message(processing="T")))

    assert codes(frames) == ["AR"]
    assert "|202^" in err(frames)


@pytest.mark.parametrize("form", ["messages", "errors"])
def test_a_batch_that_is_parked_is_refused_message_by_message(form):
    desk = Desk(batch_ack=form, acknowledge="after_processing", on_problem="strict")

    (frame,) = desk.say(batch(message(number="1")), processed=PARKED)

    assert segments([frame], b"MSA") == [b"MSA|AE|1"]


def test_in_enhanced_mode_a_batch_gets_commit_acknowledgements():
    desk = Desk(mode="enhanced", batch_ack="messages")

    (frame,) = desk.say(batch(message(), message("ADT^A19")))

    assert codes([frame]) == ["CA", "CR"]


# The sequence protocol.


def numbered(number):
    return message(number=f"id{number}", fields=f"|{number}")


def msa(frames):
    return [line.split(b"|")[1:] for line in segments(frames, b"MSA")]


def test_numbers_are_echoed_and_a_gap_is_refused():
    desk = Desk(sequence_protocol=True)

    first = desk.say(numbered(5))
    gap = desk.say(numbered(7))
    second = desk.say(numbered(6))

    assert msa(first) == [[b"AA", b"id5", b"", b"5"]]
    assert msa(gap) == [[b"AE", b"id7", b"", b"6"]]
    assert f"|{SequenceGapError.code}|" in err(gap)
    assert msa(second) == [[b"AA", b"id6", b"", b"6"]]
    assert not desk.takes(numbered(9))


def test_a_number_that_was_not_stored_is_expected_again():
    desk = Desk(sequence_protocol=True)
    desk.say(numbered(5))
    assert desk.say(numbered(6), stored=StoreRefusedError()) is None

    other = Desk(sequence_protocol=True, mode="enhanced")
    other.say(numbered(5))
    other.say(numbered(6), stored=StoreRefusedError())

    assert msa(other.say(numbered(6))) == [[b"CA", b"id6", b"", b"6"]]


def test_a_message_without_number_takes_no_part():
    desk = Desk(sequence_protocol=True)
    desk.say(numbered(5))

    assert msa(desk.say(message())) == [[b"AA", b"7"]]
    assert msa(desk.say(numbered(6))) == [[b"AA", b"id6", b"", b"6"]]


def test_where_no_protocol_is_agreed_numbers_are_ignored_and_that_is_said_once():
    desk = Desk()

    with capture_logs() as logs:
        answers = [desk.say(numbered(n)) for n in (5, 7)]

    assert [msa(frames) for frames in answers] == [[[b"AA", b"id5"]], [[b"AA", b"id7"]]]
    assert [entry["event"] for entry in logs] == ["sequence.ignored"]


def test_a_parked_message_names_what_it_lacks():
    """The code of the catalogue decides, so it must stay what it is."""
    assert NoPatientError.code == "HL7-101"
