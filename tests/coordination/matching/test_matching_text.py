import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.matching.folding import variants, words_of
from hub.coordination.matching.given_names import forms_of, is_known
from hub.coordination.matching.phonetics import cologne, sounds


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Müller", "657"),
        ("Mueller", "657"),
        ("Müller-Lüdenscheidt", "65752682"),
        ("Wikipedia", "3412"),
        ("Breschnew", "17863"),
        ("Heinz", "068"),
        ("Xaver", "4837"),
        ("Philipp", "351"),
        ("Chr", "47"),
        ("Axt", "0482"),
        ("Citroen", "8276"),
        ("", ""),
    ],
)
def test_cologne_gives_the_published_codes(name, code):
    assert cologne("".join(words_of(name))) == code


@given(st.text())
def test_any_text_sounds_like_something_or_nothing(text):
    word = "".join(words_of(text))

    assert set(cologne(word)) <= set("012345678")
    assert isinstance(sounds(word), frozenset)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("Müller", (("mueller",), ("muller",))),
        ("Weiß", (("weiss",),)),
        ("STRAẞE", (("strasse",),)),
        ("O\u2019Hare", (("ohare",),)),
        ("Meyer-Schmidt", (("meyer", "schmidt"),)),
        ("Mu\u0308ller", (("mueller",), ("muller",))),
        ("Çelik", (("celik",),)),
        ("Łukasz", (("łukasz",), ("lukasz",))),
        ("", ()),
    ],
)
def test_umlauts_fold_in_each_way_they_are_written(text, ways):
    assert variants(text) == ways


@given(st.text())
def test_folding_twice_changes_nothing(text):
    once = words_of(text)

    assert words_of(" ".join(once)) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob", "robert"),
        ("robbie", "robert"),
        ("bill", "william"),
        ("hans", "johannes"),
        ("uschi", "ursula"),
        ("sepp", "josef"),
        ("joseph", "josef"),
    ],
)
def test_a_nickname_can_stand_for_its_name(one, other):
    assert forms_of(one) & forms_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("martin", "martina"), ("daniel", "daniela"), ("lea", "lena"), ("paul", "paula")],
)
def test_different_names_are_no_forms_of_each_other(one, other):
    assert not forms_of(one) & forms_of(other)
    assert is_known(one)
    assert is_known(other)
