"""Dates and amounts of X12."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.x12_services.letters import written
from hub_payer.x12_services.values import amount_of, clock_of, day_of, plain, time_of


@pytest.mark.parametrize(
    ("form", "text", "start", "end"),
    [
        ("D8", "20260314", "2026-03-14", ""),
        ("DT", "202603141030", "2026-03-14T10:30", ""),
        ("DT", "20260314103059", "2026-03-14T10:30", ""),
        ("DT", "2026031410", "2026-03-14T10:00", ""),
        ("RD8", "20260301-20260331", "2026-03-01", "2026-03-31"),
        ("RD8", "20260301-20260301", "2026-03-01", "2026-03-01"),
        ("TM", "1130", "11:30", ""),
        ("D8", "20240229", "2024-02-29", ""),
    ],
)
def test_a_date_is_read_in_the_form_that_is_stated(form, text, start, end):
    found = time_of(form, text)

    assert (found.start, found.end, found.problem) == (start, end, "")


@pytest.mark.parametrize(
    ("form", "text", "problem"),
    [
        ("D8", "260314", "x12.date"),
        ("D8", "00000000", "x12.date"),
        ("D8", "20260230", "x12.date"),
        ("D8", "99991231", "x12.date"),
        ("D8", "\uff12\uff10\uff12\uff16\uff10\uff13\uff11\uff14", "x12.date"),
        ("D8", "20260314\n", "x12.date"),
        ("D8", "", "x12.date"),
        ("RD8", "20260331-20260301", "x12.date_reversed"),
        ("RD8", "20260331", "x12.date"),
        ("RD8", "-20260331", "x12.date"),
        ("TM", "2460", "x12.date"),
        ("DT", "202603142500", "x12.date"),
        ("XX", "20260314", "x12.date"),
        ("", "20260314", "x12.date"),
    ],
)
def test_bad_input_20_a_date_that_is_none_is_a_problem(form, text, problem):
    assert time_of(form, text).problem == problem


def test_bad_input_20_a_period_until_the_end_of_time_is_open():
    found = time_of("RD8", "20260301-99991231")

    assert (found.start, found.end, found.problem) == ("2026-03-01", "", "")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1000", "1000"),
        ("1000.00", "1000"),
        ("-12.5", "-12.5"),
        (".5", "0.5"),
        ("-0", "0"),
        ("0.00", "0"),
        ("00012.10", "12.1"),
    ],
)
def test_bad_input_21_an_amount_is_exact(text, amount):
    found = amount_of(text)

    assert found is not None
    assert plain(found) == amount


@pytest.mark.parametrize(
    "text",
    [
        "1,000.00",
        "1e9",
        "1E+9",
        "9" * 40,
        "",
        ".",
        "-",
        "+1",
        " 1",
        "1\n",
        "NaN",
        "inf",
        "٣",
        "0x1",
        "--1",
    ],
)
def test_bad_input_21_what_x12_does_not_write_is_no_amount(text):
    assert amount_of(text) is None


@given(st.text(max_size=20), st.sampled_from(["D8", "DT", "RD8", "TM", ""]))
def test_any_text_is_a_time_or_a_problem(text, form):
    found = time_of(form, text)

    assert bool(found.problem) != bool(found.start)
    assert not day_of(text) or len(text) == len("20260314")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, max_value=10**12))
def test_what_is_written_as_x12_does_is_read_back(amount):
    found = amount_of(f"{amount:.2f}")

    assert found is None or found == Decimal(amount)
    assert found is None or amount_of(plain(found)) == found


def test_a_clock_has_minutes():
    assert (clock_of("09"), clock_of("0915"), clock_of("091559")) == (
        "09:00",
        "09:15",
        "09:15",
    )


@pytest.mark.parametrize(
    ("text", "extended", "basic"),
    [
        ("Müller-Straße", "Mueller-Strasse", "MUELLER-STRASSE"),
        ("Łódź ÆØ", "Lodz AeOe", "LODZ AEOE"),
        ("Nuñez\u00a0é", "Nunez e", "NUNEZ E"),
        ("a_b@c#d", "a_b@c#d", "A-B C D"),
        ("a*b~c:d^e", "a b c d e", "A B C D E"),
        ("x\x00y\r\nz", "x y z", "X Y Z"),
        ("李", None, None),
        ("Åse 李", None, None),
        ("", "", ""),
    ],
)
def test_bad_input_22_letters_are_spelled_out_or_left_out(text, extended, basic):
    assert written(text, "extended") == extended
    assert written(text, "basic") == basic


@given(st.text(max_size=30), st.sampled_from(["basic", "extended"]))
def test_what_is_written_is_ascii_and_parts_nothing(text, charset):
    found = written(text, charset)

    assert found is None or found.isascii()
    assert not found or not {*found} & {*"*:^~\r\n\x00"}
    assert not found or charset == "extended" or found == found.upper()
