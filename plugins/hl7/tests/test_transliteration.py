"""Letters become other letters, or the value is refused. All names are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.outbound.errors import UnmappableError
from hub_hl7.outbound.transliteration import TABLE, fitted


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        ("Müller", "latin-1", "Müller"),
        ("Müller", "ascii", "Mueller"),
        ("Ärzte", "ascii", "Aerzte"),
        ("MÜLLER-WEISS", "ascii", "MUELLER-WEISS"),
        ("STRAẞE", "ascii", "STRASSE"),
        ("Łódź", "latin-1", "Lódz"),
        ("Łódź", "iso8859_2", "Łódź"),
        ("Łódź", "ascii", "Lodz"),
        ("Þórbjörg Øverland", "ascii", "Thorbjoerg Oeverland"),
        ("Ænne", "ascii", "Aenne"),
        ("İpek Y\u0131lmaz", "latin-1", "Ipek Yilmaz"),
        ("Жанна Щербакова", "latin-1", "Zhanna Shcherbakova"),
        ("Соловьёв", "iso8859_5", "Соловьёв"),
        ("Nguyễn", "latin-1", "Nguyen"),
        ("Andre\u0301", "latin-1", "André"),
        ("„O\u2019Neil\u201d \u2013 5 €\u2026", "latin-1", '"O\'Neil" - 5 EUR...'),
        ("5 €", "iso8859_15", "5 €"),
        ("a\u00a0b\u200bc", "ascii", "a bc"),
        ("\ufeffmark \u202eturned\u202c", "latin-1", "mark turned"),
        ("a\x85b", "latin-1", "ab"),
        ("5 µg \uff21 \ufb01", "ascii", "5 ug A fi"),
    ],
)
def test_writes_a_text_with_the_letters_of_a_set(text, codec, expected):
    assert fitted(text, codec) == expected


@pytest.mark.parametrize("text", ["王", "Γιώργος", "\U0001f3e5", "محمد"])
def test_refuses_what_no_rule_can_write(text):
    with pytest.raises(UnmappableError):
        fitted(text, "latin-1")


@pytest.mark.parametrize("text", ["10³", "2½", "CO₂"])
def test_refuses_a_digit_that_would_mean_something_else(text):
    with pytest.raises(UnmappableError):
        fitted(text, "ascii")


def test_refuses_half_a_character_in_every_set():
    with pytest.raises(UnmappableError):
        fitted("\ud800", "utf-8")


@pytest.mark.parametrize("codec", ["iso2022_jp", "cp932", "ascii"])
def test_a_yen_sign_never_becomes_an_escape_character(codec):
    assert fitted("\u00a5 500", codec) == "JPY 500"


def test_never_changes_an_exact_text():
    assert fitted("0047-ä", "latin-1", exact=True) == "0047-ä"
    with pytest.raises(UnmappableError):
        fitted("Ł1", "latin-1", exact=True)


@given(
    st.text(),
    st.sampled_from(["ascii", "latin-1", "iso8859_2", "cp1252", "big5", "cp932"]),
)
def test_writes_or_refuses_any_text(text, codec):
    try:
        written = fitted(text, codec)
    except UnmappableError:
        return

    assert written.encode(codec).decode(codec) == written
    assert fitted(written, codec) == written


@given(st.text(st.characters(codec="utf-8")))
def test_changes_nothing_in_utf_8(text):
    assert fitted(text, "utf-8") == text


def test_the_table_is_written_in_ascii():
    assert all(text.isascii() for text in TABLE.values())
