"""Acknowledgements and the header that they are made from. Samples are synthetic."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.answers import ack
from hub_hl7.wire import mllp
from hub_hl7.wire.er7 import Message
from hub_hl7.wire.header import is_bare_answer, read_header, text_of

MSH = rb"MSH|^~\&|KIS|KLINIK_TEST|HUB|REGION|20260310||ADT^A01^ADT_A01|0042|P|2.5"
BODY = MSH + b"\rPID|||1^^^X||Musterfrau^\xc4nne\r"
SENT = b"20260310081502+0100"


def answer(body, **changes):
    given = {"sent": SENT, "control_id": b"ID1"} | changes
    return ack.acknowledge(read_header(body), **given)


def lines(reply):
    return reply.decode("latin-1").split("\r")


def test_an_acknowledgement_says_who_answers_whom_and_what():
    assert answer(BODY) == (
        rb"MSH|^~\&|HUB|REGION|KIS|KLINIK_TEST|20260310081502+0100||ACK^A01^ACK|ID1|P|2.5"
        b"\rMSA|AA|0042\r"
    )


def test_delimiters_are_mirrored():
    body = b"MSH#!@%*#KIS#KLINIK###2026##ADT!A01!ADT_A01#7#P#2.5\r"

    assert lines(answer(body)) == [
        "MSH#!@%*###KIS#KLINIK#20260310081502+0100##ACK!A01!ACK#ID1#P#2.5",
        "MSA#AA#7",
        "",
    ]


@pytest.mark.parametrize("sent", [b"", b"^~", b"^~ab"])
def test_unusable_delimiters_give_way_to_the_usual_ones(sent):
    reply = answer(b"MSH|" + sent + b"|KIS\r")

    assert Message(reply.decode())["MSH-5"] == "KIS"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.1", "ACK"),
        ("2.2", "ACK"),
        ("2.3", "ACK"),
        ("2.3.1", "ACK^A01^ACK"),
        ("2.5^DEU&Germany&ISO3166", "ACK^A01^ACK"),
        ("2.9", "ACK^A01^ACK"),
        ("foo", "ACK^A01^ACK"),
        ("", "ACK^A01^ACK"),
    ],
)
def test_the_type_follows_the_version(version, expected):
    body = MSH.removesuffix(b"2.5") + version.encode() + b"\r"

    reply = Message(answer(body).decode())

    assert reply["MSH-9"] == expected
    assert reply["MSH-12.1"] == version.partition("^")[0]


@pytest.mark.parametrize("kind", [b"ADT", b"", b"ADT^", b"ADT^Musterfrau", b"^"])
def test_without_a_trigger_the_type_is_ack_alone(kind):
    body = MSH.replace(b"ADT^A01^ADT_A01", kind)

    assert Message(answer(body).decode())["MSH-9"] == "ACK"


@pytest.mark.parametrize("name", [b"", b"0" * 1000, b"a\xe4\xff", rb"a\F\b", b"A^B"])
def test_the_control_id_is_echoed_byte_for_byte(name):
    body = MSH.replace(b"0042", name)

    assert answer(body).endswith(b"\rMSA|AA|" + name + b"\r")


def test_bytes_that_are_no_hl7_are_refused_in_the_usual_delimiters():
    reply = answer(b"GIF89a", refusal=ack.NOT_HL7)

    assert lines(reply) == [
        r"MSH|^~\&|||||20260310081502+0100||ACK|ID1|P|2.5",
        "MSA|AR|",
        "ERR||MSH^1|100^Segment sequence error^HL70357|E",
        "",
    ]


def test_up_to_2_4_an_error_has_one_field():
    reply = answer(MSH.replace(b"2.5", b"2.4"), refusal=ack.NOT_HL7)

    assert lines(reply)[2] == "ERR|MSH^1^^100&Segment sequence error&HL70357"


@pytest.mark.parametrize("name", [b"FHS", b"BHS"])
def test_a_batch_is_answered_under_its_own_control_id(name):
    body = name + b"#!@%*#KIS#KLINIK#HUB#REGION#2026##f##0815\r" + BODY

    reply = Message(answer(body).decode())

    assert (reply["MSA-1"], reply["MSA-2"]) == ("AA", "0815")
    assert (reply["MSH-3"], reply["MSH-5"]) == ("HUB", "KIS")


def test_the_time_has_its_offset():
    now = datetime(2026, 3, 10, 8, 15, 2, tzinfo=timezone(timedelta(hours=-5)))

    assert ack.timestamp(now) == b"20260310081502-0500"


def test_nothing_of_the_content_is_in_an_acknowledgement():
    assert b"Musterfrau" not in answer(BODY)


def test_nothing_that_cannot_be_framed_is_in_an_acknowledgement():
    body = MSH.replace(b"KIS", b"K\x1cI\x0bS")

    assert mllp.encode(answer(body))


headers = st.lists(
    st.sampled_from(
        [b"MSH", b"FHS", b"|", b"^~\\&", b"\r", b"\n", b"\x1c", b"A01", b"2.3"]
    )
    | st.binary(max_size=4),
    max_size=25,
).map(b"".join)


@given(headers | headers.map(b"MSH|^~\\&|".__add__))
def test_every_frame_can_be_answered(body):
    reply = mllp.encode(answer(body, refusal=ack.NOT_HL7))

    assert reply[1:].startswith(b"MSH")
    assert reply.count(b"\r") == 4


# Levels of answers.


@pytest.mark.parametrize("code", [b"CA", b"CE", b"CR", b"AE"])
def test_msa_1_is_what_is_asked_for(code):
    assert Message(answer(BODY, answer=code).decode())["MSA-1"] == code.decode()


def test_a_commit_acknowledgement_of_a_refusal_says_why():
    reply = Message(answer(BODY, answer=b"CR", refusal=ack.NOT_HL7).decode())

    assert (reply["MSA-1"], reply["ERR-3.1"]) == ("CR", "100")


def test_msa_4_is_the_expected_number():
    assert answer(BODY, expected=b"42").endswith(b"\rMSA|AA|0042||42\r")


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        ("REF^I12^REF_I12", "2.5", "RRI^I12^RRI_I12"),
        ("REF^I15", "2.3.1", "RRI^I15^RRI_I12"),
        ("ref^i13", "2.5", "RRI^I13^RRI_I12"),
        ("REF^I12", "2.3", "RRI^I12"),
        ("REF^I99", "2.5", "ACK^I99^ACK"),
        ("RRI^I12", "2.5", "ACK^I12^ACK"),
    ],
)
def test_a_referral_is_answered_by_an_rri(kind, version, expected):
    body = MSH.replace(b"ADT^A01^ADT_A01", kind.encode()).replace(
        b"2.5", version.encode()
    )

    reply = Message(answer(body).decode())

    assert reply.header.raw_field(9) == expected


def test_a_commit_acknowledgement_of_a_referral_is_an_ack():
    body = MSH.replace(b"ADT^A01^ADT_A01", b"REF^I12")

    assert b"|ACK^I12^ACK|" in answer(body, answer=b"CA")


# Errors.

PLACED = ack.Refusal(
    b"AE", b"101", b"Required field missing", segment=b"PID", field=b"3",
    repetition=b"1", component=b"4", error_code="HL7-101", said=r"Say | ^ ~ \ &",
)  # fmt: skip


def test_an_error_says_where_and_why_in_the_words_of_the_hub():
    reply = answer(BODY, refusal=PLACED)

    assert lines(reply)[2] == (
        "ERR||PID^1^3^1^4|101^Required field missing^HL70357|E|HL7-101|||"
        "Say \\F\\ \\S\\ \\R\\ \\E\\ \\T\\"
    )
    assert Message(reply.decode())["ERR-8"] == PLACED.said


def test_an_error_is_escaped_in_the_delimiters_of_the_sender():
    body = MSH.replace(b"|", b"#").replace(rb"^~\&", b"!@%*") + b"\r"

    reply = Message(answer(body, refusal=PLACED).decode())

    assert reply["ERR-8"] == PLACED.said
    assert (reply["ERR-2.1"], reply["ERR-3.3"]) == ("PID", "HL70357")


def test_up_to_2_4_an_error_names_segment_and_field():
    reply = answer(MSH.replace(b"2.5", b"2.3.1"), refusal=PLACED)

    assert lines(reply)[2] == "ERR|PID^1^3^101&Required field missing&HL70357"


@pytest.mark.parametrize("marks", [b"^~\\", b"^~\\&#"])
def test_errors_are_told_with_three_or_five_delimiters(marks):
    body = MSH.replace(rb"^~\&", marks)

    assert Message(answer(body, refusal=PLACED).decode())["ERR-3.1"] == "101"


# Character sets.


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        (b"8859/1", b"8859/1"),
        (b"UNICODE UTF-8~ISO IR87", b"UNICODE UTF-8"),
        (b"Musterfrau", None),
        (b"", None),
    ],
)
def test_msh_18_is_mirrored_where_the_answer_is_not_ascii(declared, shown):
    body = MSH.replace(b"KIS", b"K\xc4S") + b"||||||" + declared + b"\r"

    msh = answer(body).split(b"\r")[0]

    if shown is None:
        assert msh.endswith(b"|P|2.5")
    else:
        assert msh.endswith(b"|P|2.5||||||" + shown)


def test_msh_18_is_left_out_where_the_answer_is_ascii():
    body = MSH + b"||||||8859/1\rPID|||1||M\xfcller\r"

    assert answer(body).split(b"\r")[0].endswith(b"|P|2.5")


# What shifted and endless fields do.


@pytest.mark.parametrize("field", [2, 9, 11])
def test_an_endless_field_is_not_kept_for_ever(field):
    parts = MSH.split(b"|")
    parts[field - 1] = b"^~\\&" * 100_000
    header = read_header(b"|".join(parts) + b"\r")

    reply = ack.acknowledge(header, sent=SENT, control_id=b"ID1")

    assert len(reply) < 500


# Batches.


def test_a_batch_of_answers_says_which_batch_it_answers():
    header = read_header(b"BHS|^~\\&|KIS|KLINIK|HUB|REGION|2026||f||0815|0814\r")

    reply = ack.answer_batch(header, [answer(BODY)] * 2, sent=SENT, control_id=b"ID2")

    assert lines(reply)[0] == (
        r"BHS|^~\&|HUB|REGION|KIS|KLINIK|20260310081502+0100||||ID2|0815"
    )
    assert [line[:3] for line in lines(reply)] == [
        "BHS", "MSH", "MSA", "MSH", "MSA", "BTS", "",
    ]  # fmt: skip
    assert lines(reply)[-2] == "BTS|2"


def test_a_batch_of_answers_can_always_be_framed():
    header = read_header(b"BHS|^~\\&|K\x0bI\x1cS\r")

    assert mllp.encode(ack.answer_batch(header, [], sent=SENT, control_id=b"ID"))


# The header.


@pytest.mark.parametrize(
    "body",
    [b"", b"MSH", b"MSHA^~\\&", b"MSH ^~", b"MSH\r", b"PID|1", b"\xff\xfeM\0S\0H\0|\0",
     b"MSH\xe4^~", b"MSH\x01^", b"MSH\x7f"],
)  # fmt: skip
def test_what_is_no_header_is_none(body):
    assert read_header(body) is None


@pytest.mark.parametrize("noise", [b"\xef\xbb\xbf", b"\r\n", b"\0 ", b""])
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b""])
def test_the_header_ends_with_its_line(noise, end):
    header = read_header(noise + MSH + end + (b"PID|||1" if end else b""))

    assert header.control_id == b"0042"
    assert header.field(12) == b"2.5"
    assert header.field(18) == b""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (b"ADT^A01^ADT_A01", "ADT^A01"),
        (b"adt^a01", "ADT^A01"),
        (b"ADT", "ADT"),
        (b"", "?"),
        (b"Musterfrau^Anna", "?"),
        (b"\xff^A01", "A01"),
    ],
)
def test_a_message_type_is_codes_and_nothing_else(kind, expected):
    assert read_header(MSH.replace(b"ADT^A01^ADT_A01", kind)).message_type == expected


@pytest.mark.parametrize(
    ("body", "replies"),
    [
        (BODY, False),
        (MSH.replace(b"ADT^A01^ADT_A01", b"ACK^A01^ACK") + b"\rMSA|AA|1\r", True),
        (MSH.replace(b"ADT^A01^ADT_A01", b"MCF") + b"\r", True),
        (MSH.replace(b"ADT^A01^ADT_A01", b"RSP^K22") + b"\rMSA|AA|1\r", True),
        (MSH + b"\r\nMSA|AA|1\r", True),
        (MSH + b"\rEVN||2026\rMSA|AA|1\r", False),
    ],
)
def test_an_answer_is_recognised(body, replies):
    assert read_header(body).replies is replies


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        (b"MSA|AA|1\r", True),
        (b"\xef\xbb\xbf\r\n msa|AA|1", True),
        (b"MSA", True),
        (b"MSAX|AA|1", False),
        (b"PID|1\rMSA|AA|1", False),
        (MSH + b"\rMSA|AA|1\r", False),
        (b" " * 64 + b"MSA|AA|1", False),
        (b"", False),
    ],
)
def test_an_answer_without_a_header_is_recognised(body, bare):
    assert is_bare_answer(body) is bare


def test_a_name_is_text_of_bounded_length():
    assert text_of("ä".encode()) == "ä"
    assert text_of(b"\xe4") == "ä"
    assert len(text_of(b"x" * 5000)) == 1000


def test_a_header_is_of_bounded_length():
    body = MSH.replace(b"P|2.5", b"P|2.5" + b"|x" * 10 + b"y" * 100_000) + b"\r"

    assert sum(map(len, read_header(body).elements)) <= 1 << 14
