"""Character sets. Every sample is synthetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7 import charset
from hub_hl7.errors import CharsetError, WideCharsetError

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
    except CharsetError:
        return
    decoded.text.encode()
    if not decoded.codec.startswith("iso2022"):
        again = decoded.text.encode(decoded.codec)
        assert again == body.removeprefix(b"\xef\xbb\xbf")
