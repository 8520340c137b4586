"""Character sets. Every sample is synthetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.facts.errors import CharsetError, WideCharsetError
from hub_hl7.wire import charset
from hub_hl7.wire.header import read_header

NAMES = "Groß-Ümläut, Ænne, €"


def read(body, declared="", default="UNICODE UTF-8", policy="declared_first"):
    decoded = charset.decode(body, declared, default=default, policy=policy)
    return decoded.text, decoded.codec, decoded.warnings


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("8859/1", "cp1252"),
        ("8859/15", "iso8859_15"),
        ("UNICODE UTF-8", "utf-8"),
        ("utf-8", "utf-8"),
        ("UNICODE", "utf-8"),
    ],
)
def test_decodes_what_is_declared(declared, codec):
    assert read(NAMES.encode(codec), declared) == (NAMES, codec, ())


def test_second_latin_alphabet_is_decoded():
    assert read("Łukasz".encode("iso8859_2"), "8859/2")[0] == "Łukasz"


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("GB 18030-2000", "gb18030", "佷俓厊"),
        ("BIG-5", "big5", "許功蓋"),
        ("KS X 1001", "euc_kr", "한글"),
        ("ISO IR87", "iso2022_jp", "日本語"),
    ],
)
def test_sets_of_several_bytes_are_decoded_whole(declared, codec, text):
    """The second byte of some of these characters is a delimiter or backslash."""
    assert read(f"MSH|{text}|x".encode(codec), declared) == (f"MSH|{text}|x", codec, ())


@pytest.mark.parametrize(
    ("declared", "wider", "text"),
    [
        ("BIG-5", "cp950", "碁"),
        ("KS X 1001", "cp949", "똠방"),
        ("ISO IR87", "iso2022_jp_2", "한"),
    ],
)
def test_letters_that_only_a_wider_set_of_the_same_kind_has_are_read(
    declared, wider, text
):
    assert read(text.encode(wider), declared) == (text, wider, ())


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("iso_ir 192", "utf-8"), ("ISO IR 87", "iso2022_jp"), (" 8859/2 ", "iso8859_2"),
        ("unicode  utf-8", "utf-8"), ("windows-1250", "cp1250"), ("GB18030", "gb18030"),
        ("ISO-8859-15", "iso8859_15"), ("8859/12", None), ("", None),
    ],
)  # fmt: skip
def test_names_are_found_however_they_are_written(name, codec):
    assert charset.codec_of(name) == codec


@pytest.mark.parametrize("declared", ["", "ASCII"])
def test_takes_the_feed_s_default_where_nothing_is_declared(declared):
    assert read(NAMES.encode("cp1252"), declared, "8859/1") == (NAMES, "cp1252", ())


@pytest.mark.parametrize("declared", ["8859/1", "8859/15", "ASCII", ""])
def test_utf_8_that_is_declared_as_something_else_is_recognised(declared):
    text, codec, warnings = read(NAMES.encode(), declared, "8859/1")

    assert (text, codec, warnings) == (NAMES, "utf-8", ("charset.mismatch",))


def test_falls_back_to_the_feed_s_default():
    found = read(NAMES.encode("cp1252"), "UNICODE UTF-8", "8859/1")

    assert found == (NAMES, "cp1252", ("charset.fallback",))


def test_the_feed_s_default_can_come_first():
    body = "Łukasz".encode("iso8859_2")

    assert read(body, "8859/1", "8859/2", "feed_first")[:2] == ("Łukasz", "iso8859_2")


def test_sniffing_prefers_utf_8_without_a_warning_about_what_it_expected():
    assert read("ä".encode(), "8859/1", "8859/1", "sniff")[:2] == ("ä", "utf-8")
    assert read(b"\xe4", "", "8859/1", "sniff") == ("ä", "cp1252", ())


def test_a_name_that_no_table_knows_is_noted():
    assert read(b"plain", "KLINGON") == ("plain", "utf-8", ("charset.unknown",))


def test_a_byte_order_mark_is_removed():
    assert read(b"\xef\xbb\xbfMSH", "") == ("MSH", "utf-8", ())


@pytest.mark.parametrize(
    ("body", "declared", "default"),
    [
        (b"\xe4", "", "UNICODE UTF-8"),
        (b"\x81", "8859/1", "UNICODE UTF-8"),
        (b"\x81", "8859/1", "8859/1"),
        (b"\xed\xa0\x80", "UNICODE UTF-8", "UNICODE UTF-8"),
        (b"\xc0\xaf", "UNICODE UTF-8", "UNICODE UTF-8"),
    ],
)
def test_what_no_rule_decodes_is_an_error_and_never_guessed(body, declared, default):
    with pytest.raises(CharsetError):
        read(body, declared, default)


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\x0b", b"\0 "])
def test_a_byte_order_mark_is_kept_apart_with_what_stands_before_it(before):
    body = before + b"\xef\xbb\xbfMSH|" + "ä".encode()
    decoded = charset.decode(body, "BIG-5", default="8859/1")

    assert (decoded.text, decoded.codec) == ("MSH|ä", "utf-8")
    assert decoded.warnings == ("charset.mismatch",)
    assert decoded.encode() == body


def test_what_can_be_written_in_several_ways_is_noted():
    decoded = charset.decode(b"\xf9\xf9", "BIG-5", default="8859/1")

    assert decoded.codec == "cp950"
    assert decoded.warnings == ("charset.inexact",)


def test_a_byte_order_mark_inside_a_message_is_data():
    assert read(b"MSH|\xef\xbb\xbf", "")[0] == "MSH|\ufeff"


# Several sets.


def test_a_set_of_escape_sequences_is_found_among_the_later_ones():
    body = "MSH|日本|x".encode("iso2022_jp")
    decoded = charset.decode(body, "ASCII", others=["ISO IR87"], default="8859/1")

    assert (decoded.text, decoded.codec) == ("MSH|日本|x", "iso2022_jp")
    assert decoded.warnings == ()
    assert decoded.encode() == body


def test_escape_sequences_of_no_declared_set_are_noted():
    body = "MSH|日本|x".encode("iso2022_jp")
    decoded = charset.decode(body, "", default="8859/1")

    assert "charset.switched" in decoded.warnings
    assert decoded.encode() == body


def test_the_roman_letters_of_japan_do_not_hide_the_escape_character():
    decoded = charset.decode(b"MSH|\x1b(J\\S\\", "ISO IR87", default="ASCII")

    assert decoded.text == "MSH|\\S\\"
    assert decoded.warnings == ("charset.inexact",)


@pytest.mark.parametrize(
    ("sets", "text", "codec"),
    [
        ("~ISO IR87", "日本", "iso2022_jp"),
        ("ISO IR6~ISO IR87~ISO IR159", "日本" * 9, "iso2022_jp"),
        ("8859/1", "Köln", "cp1252"),
        ("BIG-5", "許功蓋", "big5"),
        ("GB 18030-2000", "佷俓厊", "gb18030"),
        ("", "Köln", "utf-8"),
    ],
)
def test_a_message_is_decoded_by_what_its_header_declares(sets, text, codec):
    fields = ["MSH", "^~\\&", "KIS", text, *[""] * 13, sets, "", ""]
    body = "|".join(fields).encode(codec)
    decoded = charset.decode_message(body, read_header(body), default="UNICODE UTF-8")

    assert decoded.text == "|".join(fields)
    assert (decoded.codec, decoded.warnings) == (codec, ())


def test_a_field_separator_in_a_letter_does_not_hide_the_character_set():
    """In Big5 the second byte of this letter is the vertical bar."""
    text = "MSH|^~\\&|KIS|四|" + "|" * 13 + "BIG-5||"
    body = text.encode("big5")
    decoded = charset.decode_message(body, read_header(body), default="UNICODE UTF-8")

    assert body.count(b"|") > text.count("|")
    assert decoded.text == text


def test_a_batch_declares_no_character_set():
    body = b"FHS|^~\\&|" + b"|" * 14 + b"BIG-5\r\xe4"
    decoded = charset.decode_message(body, read_header(body), default="8859/1")

    assert decoded.codec == "cp1252"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_wide_bytes_are_recognised_and_refused(codec):
    body = "MSH|^~\\&|KIS".encode(codec)

    assert charset.is_wide(body)
    with pytest.raises(WideCharsetError):
        read(body)


@pytest.mark.parametrize("body", [b"", b"\0\0MSH|", b"MSH|\0", b"\xef\xbb\xbfMSH|"])
def test_bytes_that_are_not_wide_are_not_taken_for_it(body):
    assert not charset.is_wide(body)


@pytest.mark.parametrize("declared", ["UNICODE UTF-16", "unicode utf-32", "UTF-16LE"])
def test_wide_sets_are_refused(declared):
    with pytest.raises(WideCharsetError):
        read(b"plain", declared)


@given(
    st.binary(max_size=50),
    st.sampled_from([*charset.CODECS, "", "KLINGON"]),
    st.sampled_from(list(charset.CODECS)),
    st.sampled_from(["declared_first", "feed_first", "sniff"]),
)
def test_text_is_never_replaced_or_lost(body, declared, default, policy):
    """What was decoded encodes to the same bytes again."""
    try:
        decoded = charset.decode(body, declared, default=default, policy=policy)
    except (CharsetError, WideCharsetError):
        return
    decoded.text.encode()
    if "charset.inexact" not in decoded.warnings:
        assert decoded.encode() == body
