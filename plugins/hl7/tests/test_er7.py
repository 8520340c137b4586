"""The tolerant parser. Every sample is synthetic."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_hl7.facts.errors import DelimitersError, NotHl7Error, TooManyPartsError
from hub_hl7.wire import charset
from hub_hl7.wire.er7 import MOST_LINES, MOST_PARTS, Message

MSH = r"MSH|^~\&|KIS|KLINIK_TEST|HUB|REGION|20260310||ADT^A01^ADT_A01|0042|P|2.5"
PID = "PID|||0047^^^KLINIK&1.2.3&ISO^PI~A12^^^GKV^NI||Weiß^Änne"
SAMPLE = f"{MSH}\r{PID}\rPV1|1|I\rZBE|98^KIS\r"


def value(raw, *, path="OBX-5", codec="utf-8"):
    """Return what is read where `raw` is the text of a field."""
    return Message(f"{MSH}\rOBX|1|FT|||{raw}\r", codec=codec)[path]


# Addresses.


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("MSH-1", "|"),
        ("MSH-2", "^~\\&"),
        ("MSH-3", "KIS"),
        ("MSH-9.2", "A01"),
        ("MSH-10", "0042"),
        ("MSH-12", "2.5"),
        ("PID-3.1", "0047"),
        ("PID-3.4", "KLINIK&1.2.3&ISO"),
        ("PID-3.4.2", "1.2.3"),
        ("PID-3(2).1", "A12"),
        ("PID-3(3).1", ""),
        ("PID-3(0).1", ""),
        ("PID-5", "Weiß^Änne"),
        ("PID-5.2", "Änne"),
        ("PID-5.3", ""),
        ("PID-5.1.2", ""),
        ("PID-40", ""),
        ("PV2-3", ""),
        ("ZBE-1.2", "KIS"),
    ],
)
def test_reads_a_value_at_the_address_the_standard_gives_it(path, expected):
    assert Message(SAMPLE)[path] == expected


@pytest.mark.parametrize(
    "path", ["PID", "PID-", "pid-3", "PID-3.", "PID-3.1.1.1", "-3"]
)
def test_a_malformed_address_is_a_mistake_of_the_caller(path):
    with pytest.raises(ValueError, match="not a path"):
        Message(SAMPLE)[path]


def test_repetitions_are_read_in_order():
    fields = Message(SAMPLE).segment("PID").repetitions(3)

    assert [field.component(1) for field in fields] == ["0047", "A12"]


def test_the_first_repetition_can_be_read_as_a_whole():
    message = Message(SAMPLE)

    assert message.segment("PID").field(3).raw == "0047^^^KLINIK&1.2.3&ISO^PI"
    assert message.header.field(2).text() == "^~\\&"
    assert message.segment("PID").field(30).raw == ""


def test_segments_of_one_name_are_read_in_order():
    message = Message(f"{MSH}\rDG1|1\rPV1|1\rDG1|2")

    assert [one.value(1) for one in message.all("DG1")] == ["1", "2"]
    assert message.all("AL1") == ()


def test_blank_repetitions_keep_their_place():
    """Repetitions are positional: a blank one is not left out."""
    message = Message(f"{MSH}\rPID|||~A12\r")

    assert [one.component(1) for one in message.segment("PID").repetitions(3)] == [
        "",
        "A12",
    ]


def test_segments_are_kept_in_order_with_those_of_a_site():
    message = Message(SAMPLE)

    assert [segment.name for segment in message.segments] == [
        "MSH",
        "PID",
        "PV1",
        "ZBE",
    ]
    assert [segment.raw for segment in message.local()] == ["ZBE|98^KIS"]


# Three states.


def test_absent_delete_and_value_are_different():
    message = Message(f'{MSH}\rPID|||1|""||""^Änne|||\r')

    assert message["PID-2"] == ""
    assert message["PID-4"] is None
    assert message["PID-4.1"] is None
    assert message["PID-6.1"] is None
    assert message["PID-6.2"] == "Änne"
    assert message["PID-99"] == ""


def test_a_subcomponent_can_be_an_instruction_to_delete():
    message = Message(f'{MSH}\rPID|||1^^^""&1.2&ISO\r')

    assert message["PID-3.4.1"] is None
    assert message["PID-3.4.2"] == "1.2"


def test_quotation_marks_inside_text_are_text():
    assert value('say ""') == 'say ""'
    assert value('""x') == '""x'


# Escapes.


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"\P\ ", "# "),
        (r"line\.br\line", "line\nline"),
        (r"a\.sp2\b\.in+4\c", "a\nb c"),
        (r"\H\loud\N\ ", "loud "),
        (r"\X41C3A4\ ", "Aä "),
        (r"\Zlocal\ ", r"\Zlocal\ "),
        (r"\C2842\ ", " "),
        (r"\.BR\ ", "\n "),
        (r"DOMAIN\user", r"DOMAIN\user"),
        (r"DOMAIN\user\T\co", r"DOMAIN\user&co"),
        ("trailing\\", "trailing\\"),
        (r"\X4\ ", r"\X4\ "),
        (r"\Q\F\ ", r"\Q| "),
        (r"\\", r"\\"),
        (r"\XFF\ ", r"\XFF\ "),
    ],
)
def test_escape_sequences_become_what_they_stand_for(raw, expected):
    assert value(raw) == expected


def test_hexadecimal_bytes_are_read_in_the_message_s_character_set():
    assert value(r"\XE4\ ", codec="cp1252") == "ä "


def test_an_escaped_line_end_does_not_end_the_segment():
    message = Message(f"{MSH}\rOBX|1|FT|||a\\X0D\\PID|x\r")

    assert message["OBX-5"] == "a\rPID"
    assert message.segment("PID") is None


def test_escaped_delimiters_do_not_split():
    message = Message(rf"{MSH}{chr(13)}PID|||||O\S\Brien\T\Sons^Ann")

    assert message["PID-5.1"] == "O^Brien&Sons"
    assert message["PID-5.1.1"] == "O^Brien&Sons"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("a\\b", "escape.unpaired"),
        (r"\C2899\ ", "escape.charset"),
        (r"\M2442\x", "escape.charset"),
        (r"\XFF\ ", "escape.undecodable"),
        ("\\" * 200_000, "escape.too_many"),
    ],
)
def test_odd_escapes_are_noted(raw, code):
    message = Message(f"{MSH}\rOBX|1|FT|||{raw}\r")

    assert message["OBX-5"]
    assert code in message.oddities


@pytest.mark.parametrize(
    ("raw", "codec", "expected"),
    [
        (r"\M2442\F\F\K\E\\C2842\ ok", "utf-8", "日本 ok"),
        (r"\M2442\F\F\K\E\\C284A\\R\ ", "iso2022_jp", "日本~ "),
        (r"a\C2D42\£\C2D41\£", "cp1252", "aŁ£"),
        (r"\C2949\±¶", "cp1252", "ｱｶ"),
        (r"\C2D42\Ł", "cp1252", r"\C2D42\Ł"),
        (r"\M242844\x\C2842\y", "utf-8", r"\M242844\xy"),
        (r"\m2442\ ", "utf-8", r"\m2442\ "),
    ],
)
def test_a_switch_of_character_sets_holds_until_the_next_one(raw, codec, expected):
    message = Message(f"MSH|^~\\&|KIS\rOBX|1|FT|||{raw}", codec=codec)

    assert message["OBX-5.1"] == expected


def test_a_switch_of_character_sets_ends_with_the_leaf():
    message = Message("MSH|^~\\&|KIS\rPID|||||\\M2442\\F\\F\\^K")

    assert message["PID-5.1"] == "日"
    assert message["PID-5.2"] == "K"


# Delimiters.


def test_delimiters_come_from_the_message():
    message = Message("MSH#!@%*#KIS#KLINIK\rPID###7!!!A*1.2*ISO@8##Name%S%x\r")

    assert message["PID-3.1"] == "7"
    assert message["PID-3(2).1"] == "8"
    assert message["PID-3.4.2"] == "1.2"
    assert message["PID-5"] == "Name!x"


@pytest.mark.parametrize("marks", ["^~\\", "^~\\&", "^~\\&#"])
def test_three_to_five_encoding_characters_are_accepted(marks):
    assert Message(f"MSH|{marks}|KIS\rPID|||1^2\r")["PID-3.2"] == "2"


def test_without_a_subcomponent_character_nothing_is_a_subcomponent():
    assert Message("MSH|^~\\|KIS\rPID|||1^2&3\r")["PID-3.2.1"] == "2&3"


def test_delimiters_that_were_escaped_twice_are_repaired():
    message = Message("MSH|^~\\\\&|KIS\rPID|||1^2&3\r")

    assert message["PID-3.2.2"] == "3"
    assert "delimiters.repeated" in message.oddities


@pytest.mark.parametrize(
    "text",
    ["MSH", "MSH|", "MSH||||", "MSH|^|KIS", "MSH|^~|KIS", "MSHA^~\\&AKIS",
     "MSH|^~\\&#$|KIS", "MSH|^~a&|KIS", "MSH|^~\r|KIS", "MSH\r^~\\&\rKIS",
     "MSH\x01^~\\&\x01", "MSH|^~ &|"],
)  # fmt: skip
def test_unusable_delimiters_are_an_error(text):
    with pytest.raises(DelimitersError):
        Message(text)


@pytest.mark.parametrize(
    "text", ["", "PID|1", "<ADT_A01/>", "msx|", "\x89PNG\r\n", " "]
)
def test_what_has_no_header_is_not_hl7(text):
    with pytest.raises(NotHl7Error):
        Message(text)


@pytest.mark.parametrize("name", ["FHS", "BHS"])
def test_a_batch_is_recognised_by_its_header(name):
    message = Message(f"{name}|^~\\&|KIS|KLINIK|||2026||file|comment|0815\r{SAMPLE}")

    assert message.header.name == name
    assert message.header.value(11) == "0815"


# Lines.


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\r\n\r\n", "\n\r"])
def test_any_line_end_ends_a_segment(end):
    message = Message(SAMPLE.replace("\r", end))

    assert [segment.name for segment in message.segments] == [
        "MSH",
        "PID",
        "PV1",
        "ZBE",
    ]
    assert message["PV1-2"] == "I"


def test_line_ends_may_be_mixed():
    message = Message(f"{MSH}\r\n{PID}\nPV1|1|I\rZBE|98")

    assert [segment.name for segment in message.segments] == [
        "MSH",
        "PID",
        "PV1",
        "ZBE",
    ]


def test_a_line_feed_that_no_segment_follows_is_data():
    message = Message(f"{MSH}\rNTE|1||first\nsecond|x\rPV1|1|I\r")

    assert message["NTE-3"] == "first\nsecond"
    assert message["NTE-4"] == "x"
    assert message["PV1-2"] == "I"


def test_a_name_alone_on_a_line_of_text_is_data_where_segments_end_with_cr():
    message = Message(f"{MSH}\rNTE|1||Procedere:\nMRT\rPV1|1|I\r")

    assert message["NTE-3"] == "Procedere:\nMRT"
    assert [segment.name for segment in message.segments] == ["MSH", "NTE", "PV1"]
    assert "segment.name_in_text" in message.oddities


def test_a_name_alone_on_a_line_is_a_segment_where_segments_end_with_lf():
    message = Message(f"{MSH}\nPV2\nPV1|1|I\n")

    assert [segment.name for segment in message.segments] == ["MSH", "PV2", "PV1"]
    assert not message.oddities


@pytest.mark.parametrize("mark", ["\x0b", "\x1c", "\x1d", "\x1e", "\x85", "\u2028"])
def test_characters_that_other_tools_take_for_line_ends_are_data(mark):
    message = Message(f"{MSH}\rNTE|1||a{mark}b\r")

    assert message["NTE-3"] == f"a{mark}b"


@pytest.mark.parametrize(
    "noise", ["\ufeff", "\r\n", " \t", "\0\0", "\ufeff\r\n", "\x0b", "\x0b\ufeff"]
)
def test_noise_before_the_header_is_skipped(noise):
    assert Message(noise + SAMPLE)["MSH-10"] == "0042"


@pytest.mark.parametrize(
    "noise", ["\x1c\r", "\x1c", "\r\r\n", "\0", "\x1a", "\r\x1c\r\n"]
)
def test_noise_after_the_last_segment_is_skipped(noise):
    message = Message(SAMPLE + noise)

    assert message.segments[-1].raw == "ZBE|98^KIS"
    assert message.malformed == 0


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lower_case_segment_names_are_read(end):
    message = Message(SAMPLE.replace("PV1", "pv1").replace("\r", end))

    assert message["PV1-2"] == "I"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_may_be_indented(end):
    message = Message(SAMPLE.rstrip().replace("\r", f"{end}  \t"))

    assert message["PV1-2"] == "I"
    assert message["ZBE-1.2"] == "KIS"
    assert "segment.indented" in message.oddities
    assert message.malformed == 0


def test_unknown_segments_are_kept():
    assert Message(f"{MSH}\rQQ9|a|b\r")["QQ9-2"] == "b"


@pytest.mark.parametrize(
    "line", ["PI|x", "P D|x", "PIDX|x", "and so on|x", "123|x", "-", "ÄBC|x", "PI"]
)
def test_a_line_without_a_segment_name_is_kept_and_counted(line):
    message = Message(f"{MSH}\r{line}\r   \r{PID}\r{line}\r")

    assert message.malformed == 2
    assert "segment.nameless" in message.oddities
    assert [one.raw for one in message.segments if one.raw == line] == [line, line]
    assert message["PID-3"].startswith("0047")


def test_a_segment_that_is_only_a_name_is_proper():
    assert Message(f"{MSH}\rEVN\rPV1").malformed == 0


# Laws.

leaves = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="|^~\\&#")
)


@given(st.lists(leaves, min_size=1, max_size=5))
def test_components_without_delimiters_come_back_as_they_were(parts):
    message = Message(f"{MSH}\rZZZ|{'^'.join(parts)}\r")
    read = [message[f"ZZZ-1.{number}"] for number in range(1, len(parts) + 1)]

    assert read == [None if part == '""' else part for part in parts]


@given(st.text(alphabet=st.sampled_from('\\|^~&XFE.br0AZ\r\n"MSHPID '), max_size=80))
def test_arbitrary_text_raises_only_what_is_documented(text):
    try:
        message = Message(f"MSH|^~\\&|{text}")
    except DelimitersError:
        return
    for segment in message.segments:
        for number in range(12):
            for field in segment.repetitions(number):
                field.component(1, 1)
                field.text()


SEQUENCES = st.sampled_from(
    ["\\", "X0D", "X", "C2842", "C2D42", "M2442", "M242844", "C29", ".br", ".sp3", "F",
     "E", "Zx", "H", "ä", "|", "^", "&", "~", "K", "日", "\n"]
)  # fmt: skip


@given(
    st.lists(SEQUENCES, max_size=30).map("".join),
    st.sampled_from(["utf-8", "cp1252", "iso2022_jp", "big5"]),
)
def test_any_escape_sequences_are_read_and_what_is_none_is_kept(raw, codec):
    message = Message(f"MSH|^~\\&|KIS\rNTE|{raw}\r", codec=codec)
    for field in message.segment("NTE").repetitions(1):
        text = field.text()

        if "\\" not in field.raw:
            assert text == field.raw


@given(st.binary(max_size=60) | st.sampled_from([bytes([n]) for n in range(256)]))
def test_arbitrary_bytes_are_a_message_or_a_catalogued_error(body):
    for start in (b"", b"MSH|", b"MSH|^~\\&|"):
        try:
            decoded = charset.decode(start + body, "", default="8859/1")
            message = Message(decoded.text, codec=decoded.codec)
        except HubError:
            continue
        assert decoded.mark + message.encode() == start + body


@pytest.mark.parametrize("body", [b"|" * 4096, b"\\" * 4096, b"\x89PNG\r\n\x1a\n" * 50])
def test_what_is_no_message_is_refused(body):
    with pytest.raises(NotHl7Error):
        Message(body.decode("latin-1"))


def test_a_nul_in_a_field_is_data():
    assert Message(f"{MSH}\rPID|||4\x007^x\r")["PID-3.1"] == "4\x007"


@given(st.lists(st.text(alphabet="PIDZ1|^a\n", max_size=10), max_size=6))
def test_every_character_between_line_ends_is_kept(lines):
    """Segments keep what they hold: only line ends can be missing."""
    text = "\r".join([MSH, *lines])

    kept = "".join(segment.raw for segment in Message(text).segments)

    assert kept.replace("\n", "") == text.replace("\r", "").replace("\n", "")


ENDS = st.sampled_from(["\r", "\n", "\r\n", "\r\r"])
CODED = st.sampled_from(["8859/1", "8859/15", "UNICODE UTF-8", "GB 18030-2000"])


@given(
    st.lists(st.text('ABZ1|^~\\&#" äß€', max_size=12), max_size=5),
    ENDS,
    CODED,
    st.sampled_from([b"", b"\xef\xbb\xbf", b"\r\n", b"\n\xef\xbb\xbf"]),
)
def test_a_message_gives_back_the_bytes_it_was_read_from(lines, end, name, before):
    codec = charset.codec_of(name)
    body = before + end.join([MSH, *lines, ""]).encode(codec)
    decoded = charset.decode(body, name, default=name)
    message = Message(decoded.text, codec=decoded.codec)

    assert decoded.encode() == body
    assert decoded.mark + message.encode() == body


def seconds(text):
    started = time.process_time()
    message = Message(f"{MSH}\r{text}")
    for segment in message.segments[:3]:
        for field in segment.repetitions(3):
            field.component(1, 1)
    return time.process_time() - started


@pytest.mark.parametrize(
    "unit", ["NTE|1\r", "PID|||1~", "PID|||1^", "|", "\\", "\n", "\r"]
)
def test_cost_is_linear(unit):
    small = min(seconds(unit * 25_000) for _ in range(3))
    large = min(seconds(unit * 100_000) for _ in range(3))

    # Four times as much: what grew with the square would take sixteen times as
    # long, and seconds. The rest is room for a busy machine.
    assert large < 12 * small + 0.5


@pytest.mark.parametrize(
    "unit", ["\\X41\\", "\\.br\\x", "\\M2442\\F", "\\C2D42\\a", "\\", "\\E", "\\.in9"]
)
def test_cost_of_escapes_is_linear(unit):
    def cost(count):
        raw, started = unit * count, time.process_time()
        value(raw)
        return time.process_time() - started

    small = min(cost(10_000) for _ in range(3))
    large = min(cost(40_000) for _ in range(3))

    assert large < 12 * small + 0.5


def test_more_lines_than_any_message_has_are_refused():
    with pytest.raises(TooManyPartsError):
        Message(MSH + "\rA" * (MOST_LINES + 1))


@pytest.mark.parametrize("mark", ["|", "~", "^", "&"])
def test_what_has_too_many_parts_is_noted(mark):
    message = Message(f"{MSH}\rZZZ|a|b^c&{'x' + mark * (MOST_PARTS + 1)}\r")
    for field in message.segment("ZZZ").repetitions(2):
        field.component(2, 1)

    assert "parts.too_many" in message.oddities


def test_a_text_that_was_not_kept_is_not_encoded():
    with pytest.raises(ValueError, match="not kept"):
        Message("MSH|^~\\&|KIS\r", keep_text=False).encode()
