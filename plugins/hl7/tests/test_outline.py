"""Messages field by field. All of them are synthetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.learning.outline import MOST_CHARACTERS, MOST_VALUES, outline

PROFILE = Hl7Profile()


def shown(body, profile=PROFILE):
    """Return name and value by path."""
    return {one.path: (one.name, one.value) for one in outline(body, profile)}


def test_a_field_has_its_path_its_name_and_its_value(adt):
    values = shown(adt())

    assert values["PID-3.1"] == ("Patient Identifier List › ID Number", "0047")  # noqa: RUF001  as it is shown
    assert values["PID-8"] == ("Administrative Sex", "F")
    assert values["PID-5.2"][1] == "Änne"
    assert values["MSH-10"][1] == "000471133"


def test_the_header_shows_its_delimiters(adt):
    values = shown(adt())

    assert values["MSH-1"][1] == "|"
    assert values["MSH-2"][1] == "^~\\&"


def test_the_order_is_that_of_the_message(adt):
    segments = [one.path.partition("-")[0] for one in outline(adt(), PROFILE)]

    assert list(dict.fromkeys(segments)) == ["MSH", "EVN", "PID", "PV1"]


def test_repetitions_are_numbered_from_the_second(adt):
    values = shown(adt(pid={3: "1^^^A~2^^^B&1.2&ISO"}))

    assert values["PID-3.1"][1] == "1"
    assert values["PID-3(2).1"][1] == "2"
    assert values["PID-3(2).4.2"] == (
        "Patient Identifier List › Assigning Authority › Universal ID",  # noqa: RUF001  as it is shown
        "1.2",
    )


def test_segments_of_a_kind_are_numbered_from_the_second(adt):
    values = shown(adt(extra=("OBX|1|ST|X^Y", "OBX|2|ST|Z^Y")))

    assert values["OBX-3.1"][1] == "X"
    assert values["OBX(2)-3.1"] == ("Observation Identifier › Identifier", "Z")  # noqa: RUF001  as it is shown


def test_a_value_that_deletes_is_shown_and_an_empty_one_is_not(adt):
    values = shown(adt(pid={8: '""', 10: "", 11: '""^x'}))

    assert values["PID-8"][1] == '""'
    assert "PID-10" not in values
    assert values["PID-11.1"][1] == '""'


def test_escapes_are_replaced(adt):
    assert shown(adt(pid={5: r"A\T\B"}))["PID-5"][1] == "A&B"


def test_segments_that_nobody_knows_are_shown_without_names(adt):
    assert shown(adt(extra=("ZPI|1|x^y",)))["ZPI-2.2"] == ("", "y")


def test_the_character_set_is_that_of_the_feed(adt):
    profile = Hl7Profile(charset_default="8859/1")

    assert shown(adt(encoding="latin-1"), profile)["PID-5.2"][1] == "Änne"


def test_long_values_are_cut(adt):
    long = "x" * (MOST_CHARACTERS + 1)
    values = shown(adt(extra=(f"OBX|1|ED|{long}|{long[1:]}",)))

    assert values["OBX-3"][1] == f"{long[1:]}… ({len(long)} characters)"
    assert values["OBX-4"][1] == long[1:]


def test_there_is_an_end(adt):
    many = "~".join(["x"] * (MOST_VALUES + 1))

    assert len(
        outline(adt(extra=(f"ZPI|{many}|{many}|{many}|{many}|{many}",)), PROFILE)
    ) == (MOST_VALUES)


def test_many_repetitions_are_all_shown_up_to_the_limit(adt):
    assert shown(adt(extra=("ZPI|" + "~".join("abc"),)))["ZPI-1(3)"][1] == "c"


@pytest.mark.parametrize("body", [b"", b"no message", b"MSH", b"MSH|", b"\xff"])
def test_what_is_no_message_has_no_outline(body):
    assert outline(body, PROFILE) == ()


@given(st.binary().map(lambda tail: b"MSH|^~\\&|" + tail))
def test_any_bytes_have_an_outline_of_text(body):
    for one in outline(body, PROFILE):
        assert one.value
        assert one.path
