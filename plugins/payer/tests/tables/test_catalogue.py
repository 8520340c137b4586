"""What files of tables get wrong, each by its row in the catalogue of bad input."""

import io
import unicodedata

import pytest
from pydantic import ValidationError

from hub.sdk import Row
from hub_payer.cells import neutral
from hub_payer.tables import roster
from hub_payer.tables.errors import HeaderError, NoHeaderError, NotTextError
from plugins.payer.tests.tables.tables import (
    COLUMNS,
    CONTEXT,
    HEADER,
    ROSTER,
    ROWS,
    body,
    codes,
    items,
    profile,
    rows,
    table,
    totals,
)

GOOD = ROWS[0]
IDS = ["0012345", "0012346", "0012347"]
#: Columns by position, for files without a header.
PLACES = {name: place for place, name in enumerate(COLUMNS, 1)}


def row_of(member_id="M1", family="Muster", born="1961-04-07", **given):
    cells = [member_id, family, "Anna", born, "F", "PPO", "2026-01-01", ""]
    for place, cell in given.items():
        cells[int(place[1:])] = cell
    return ",".join(cells)


def only(text, given=None):
    [row] = rows(text, given)
    return row


def test_01_an_empty_file_is_refused_and_one_with_only_a_header_has_no_rows():
    with pytest.raises(NoHeaderError):
        items("")
    with pytest.raises(NoHeaderError):
        items("  \n\n\t\n")

    assert rows(f"{HEADER}\n") == []


def test_01_lines_of_blanks_and_separators_are_no_rows_but_are_counted():
    found = rows(table("", "   ", ",,,,,,,", GOOD))

    assert [(row.number, row.key) for row in found] == [(5, "0012345")]


@pytest.mark.parametrize(
    ("charset", "mark"),
    [
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
    ],
)
def test_02_a_mark_at_the_start_overrules_the_profile(charset, mark):
    raw = mark + table(row_of(family="Jürgensen €")).encode(charset)

    assert body(only(raw, profile(charset="cp1252")))["family_name"] == "Jürgensen €"


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-16"])
def test_02_a_declared_character_set_is_obeyed(charset):
    codec = "utf-16-le" if charset == "utf-16" else charset
    raw = table(row_of(family="Müller €")).encode(codec)

    assert body(only(raw, profile(charset=charset)))["family_name"] == "Müller €"


def test_02_a_row_in_another_character_set_is_refused_and_the_others_are_read():
    raw = table("X", row_of("M2", "Müller")).encode()
    raw = raw.replace(b"X", row_of("M1", "Müller").encode("cp1252"))

    first, second = rows(raw)

    assert codes(first) == ["row.encoding"]
    assert second.key == "M2"


def test_02_a_file_cut_in_the_middle_of_a_character_refuses_its_last_row():
    raw = (table(GOOD) + row_of("M2")).encode("utf-16-le")[:-1]

    assert [codes(row) for row in rows(raw, profile(charset="utf-16"))][1] != []


@pytest.mark.parametrize("separator", [";", "\t", "|", "^", "~"])
def test_03_the_separator_is_declared(separator):
    text = table(ROWS[0]).replace(",", separator)

    assert body(only(text, profile(separator=separator)))["plan"] == "PPO-1"


def test_03_nothing_is_sniffed():
    with pytest.raises(HeaderError):
        items(ROSTER.replace(",", ";"))


def test_04_quotes_are_read_by_the_letter():
    text = table(row_of(family='"a ""b"", c"'), row_of("M2", family='""'))

    first, second = rows(text)

    assert body(first)["family_name"] == 'a "b", c'
    assert "family_name" not in body(second)


@pytest.mark.parametrize("cell", ['a"b', 'ab"', '"a"b', ' "a"'])
def test_04_a_quote_in_the_wrong_place_refuses_its_row_only(cell):
    first, second = rows(table(row_of(family=cell), row_of("M2")))

    assert codes(first) == ["row.quote"]
    assert second.key == "M2"


def test_04_a_quote_that_is_never_closed_costs_its_row_and_not_the_file():
    lines = [row_of(family='"open'), *(row_of(f"M{n}") for n in range(2, 3000))]

    found = rows(table(*lines))

    assert codes(found[0]) == ["row.quote"]
    assert len(found) == len(lines)
    assert [row.number for row in found] == list(range(2, len(lines) + 2))


def test_04_without_quotes_a_quote_is_a_character():
    assert body(only(table(row_of(family='a"b')), profile(quote="")))[
        "family_name"
    ] == ('a"b')


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_05_lines_end_in_three_ways(end):
    assert [row.key for row in rows(ROSTER.replace("\n", end))] == IDS


def test_05_ends_may_be_mixed():
    text = f"{HEADER}\r\n{ROWS[0]}\r{ROWS[1]}\n{ROWS[2]}"

    assert [(row.number, row.key) for row in rows(text)] == list(
        zip((2, 3, 4), IDS, strict=True)
    )


def test_05_a_quoted_cell_may_hold_line_ends_and_other_separators_of_lines():
    text = table(row_of(family='"a\r\nb"'), row_of("M2", "x\u2028y\u0085z"))

    first, second = rows(text)

    assert body(first)["family_name"] == "a\nb"
    assert (second.number, body(second)["family_name"]) == (4, "x\u2028y\u0085z")


def test_06_a_nul_refuses_its_row():
    first, second = rows(table(row_of(family="a\0b"), row_of("M2")))

    assert codes(first) == ["row.control_character"]
    assert second.key == "M2"


def test_07_a_long_value_is_refused_and_a_long_line_does_not_end_the_file():
    lines = [row_of(family="x" * 200_000), "y" * (3 << 20), row_of("M3")]

    first, second, third = rows(table(*lines))

    assert codes(first) == ["value.too_long family_name"]
    assert codes(second) == ["row.too_long"]
    assert (third.number, third.key) == (4, "M3")


def test_07_a_quoted_cell_of_a_hundred_megabytes_is_refused_line_by_line():
    long = "z" * (1 << 19)
    text = table(row_of(family=f'"{long}'), long, long, long, row_of("M2"))

    found = rows(text)

    assert codes(found[0]) == ["row.quote"]
    assert found[-1].key == "M2"


@pytest.mark.parametrize("line", ["M1,Muster", row_of() + ",x", "M1,a,b,c,d,e,f,g,h"])
def test_08_a_row_of_another_width_is_refused(line):
    first, second = rows(table(line, row_of("M2")))

    assert codes(first) == ["row.width"]
    assert second.key == "M2"


def test_08_blank_cells_at_the_end_are_no_cells():
    assert only(table(row_of() + ",, ")).problems == ()


def test_09_a_missing_header_is_refused():
    with pytest.raises(HeaderError) as caught:
        items("\n".join(ROWS))

    assert "Musterfrau" not in str(caught.value)


def test_09_a_header_nobody_expects_is_refused():
    with pytest.raises(HeaderError, match="there is a header"):
        items(ROSTER, profile(columns=PLACES, header=False))


def test_09_a_header_in_the_middle_is_no_row():
    found = rows(table(ROWS[0], HEADER, ROWS[1]))

    assert [codes(row) for row in found] == [[], ["row.header_again"], []]


def test_09_a_column_that_is_there_twice_is_refused():
    with pytest.raises(HeaderError, match="more than one plan"):
        items(table(GOOD + ",x", header=f"{HEADER},Plan"))


@pytest.mark.parametrize(
    "header",
    [
        HEADER.upper(),
        HEADER.replace(" ", "\u00a0"),
        HEADER.replace(" ", "  "),
        " ,".join(HEADER.split(",")),
        HEADER.replace("Plan", "\ufeffP\u200blan"),
    ],
)
def test_09_case_and_blanks_of_a_header_do_not_matter(header):
    assert only(table(GOOD, header=header)).key == "0012345"


def test_09_they_do_where_the_profile_says_so():
    with pytest.raises(HeaderError):
        items(table(GOOD, header=HEADER.upper()), profile(exact_header=True))


def test_09_columns_may_change_places():
    header, cells = HEADER.split(","), GOOD.split(",")
    turned = table(",".join(reversed(cells)), header=",".join(reversed(header)))

    assert only(turned).body == only(table(GOOD)).body


def test_09_a_renamed_or_translated_column_is_one_that_is_missing():
    with pytest.raises(HeaderError, match="it lacks birth_date, plan"):
        items(ROSTER.replace("DOB", "Geburtsdatum").replace("Plan", "Tarif"))


def test_10_a_new_column_is_an_alarm_and_the_rows_are_read():
    text = table(GOOD + ",x", ROWS[2] + ",y", header=f"{HEADER},Shoe size")

    first, second = rows(text)

    assert codes(first) == ["column.unknown column 9"]
    assert second.warnings == ()


def test_10_one_that_the_profile_ignores_is_none():
    text = table(GOOD + ",x", header=f"{HEADER},Shoe size")

    assert only(text, profile(ignored=["shoe SIZE"])).warnings == ()


def test_10_a_column_that_is_gone_refuses_the_file_unless_it_is_optional():
    text = table("M1,Muster", header="Member ID,Last Name")
    with pytest.raises(HeaderError):
        items(text)

    optional = [name for name in COLUMNS if name not in {"member_id", "family_name"}]
    assert only(text, profile(optional=optional)).key == "M1"


TRAILER = r"Total: (?P<count>[\d,]+)( \((?P<sum>\d+)\))?,*"


@pytest.mark.parametrize("line", ["Total: 3", "Total: 3,,,,,,,"])
def test_11_a_trailer_that_is_right_counts_the_rows(line):
    said = totals(items(ROSTER + line, profile(trailer=TRAILER)))

    assert (said.stated, said.problems) == (3, ())


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Total: 4,312", "trailer.count"),
        ("", "trailer.missing"),
        ("Total: 3 (37038)", ""),
        ("Total: 3 (37039)", "trailer.sum"),
    ],
)
def test_11_a_trailer_that_is_wrong_or_missing_is_told(line, code):
    given = profile(trailer=TRAILER, trailer_sum="member_id")

    said = totals(items(ROSTER + line, given))

    assert [each.code for each in said.problems] == ([code] if code else [])


def test_12_a_file_that_is_cut_has_no_trailer():
    cut = (ROSTER + "Total: 3")[:-14]

    said = totals(items(cut, profile(trailer=TRAILER)))

    assert [each.code for each in said.problems] == ["trailer.missing"]


def test_12_a_last_line_without_an_end_is_a_row():
    assert [row.key for row in rows(ROSTER.removesuffix("\n"))] == IDS


def test_13_leading_zeros_are_kept_and_given_back_where_the_profile_says_so():
    text = table(row_of("00123"), row_of("123"))

    assert [row.key for row in rows(text)] == ["00123", "123"]
    padded = rows(text, profile(leading_zeros={"member_id": 5}))
    assert [row.key for row in padded] == ["00123", "00123"]


@pytest.mark.parametrize("text", ["1.23E+11", '"1,23E+10"', "1E+10", "12345.0"])
def test_13_a_number_that_a_spreadsheet_rewrote_is_refused(text):
    assert codes(only(table(row_of(text)))) == ["id.scientific member_id"]


@pytest.mark.parametrize("text", ["12E5678", "E100", "1E10"])
def test_13_a_number_with_an_e_in_it_is_one(text):
    assert only(table(row_of(text))).key == text


def test_13_days_of_a_spreadsheet_are_read_where_the_profile_says_so():
    text = table(row_of(born="45321"))

    assert codes(only(text)) == ["date.invalid birth_date"]
    assert body(only(text, profile(excel_serials=True)))["birth_date"] == "2024-01-30"


def test_13_a_day_that_a_spreadsheet_guessed_is_refused():
    assert codes(only(table(row_of(born="1-Mar")))) == ["date.invalid birth_date"]


def test_13_a_pattern_finds_what_cannot_be_a_number():
    given = profile(patterns={"member_id": "[0-9]{7}"})

    assert codes(only(table(row_of("1-Mar")), given)) == ["value.pattern member_id"]


@pytest.mark.parametrize(
    ("written", "day"), [("DD/MM/YYYY", "1961-04-03"), ("MM/DD/YYYY", "1961-03-04")]
)
def test_14_which_number_is_the_day_is_for_the_profile_to_say(written, day):
    given = profile(column_date_formats={"birth_date": [written]})

    assert body(only(table(row_of(born="03/04/1961")), given))["birth_date"] == day


def test_14_a_profile_that_could_mean_both_is_refused():
    with pytest.raises(ValidationError, match="different days"):
        profile(date_formats=["DD/MM/YYYY", "M/D/YYYY"])


@pytest.mark.parametrize("cell", ["NULL", "N/A", "-", '""', "", '"  "'])
def test_15_what_means_nothing_is_nothing(cell):
    assert "family_name" not in body(only(table(row_of(family=cell))))


def test_15_an_empty_key_is_refused_and_somebody_may_be_called_null():
    first, second = rows(table(row_of(""), row_of(family="Null")))

    assert codes(first) == ["column.empty member_id"]
    assert body(second)["family_name"] == "Null"


@pytest.mark.parametrize(
    ("mark", "cell", "read"),
    [
        (".", "1,234.50", "1234.50"),
        (".", "$12", "12"),
        (",", "1.234,5", "1234.5"),
        (",", "-0,75 \u20ac", "-0.75"),
        (",", "1'000'000", "1000000"),
    ],
)
def test_16_numbers_are_read_with_the_mark_of_the_feed(mark, cell, read):
    given = profile(columns=COLUMNS | {"risk_score": "RAF"}, decimal_mark=mark)
    text = table(f'{GOOD},"{cell}"', header=f"{HEADER},RAF")

    assert body(only(text, given))["risk_score"] == read


@pytest.mark.parametrize("cell", ["1.5", "12,34,5", "1,5,", "abc", "1e5", "\u0663"])
def test_16_and_with_no_other(cell):
    given = profile(columns=COLUMNS | {"risk_score": "RAF"}, decimal_mark=",")
    text = table(f'{GOOD},"{cell}"', header=f"{HEADER},RAF")

    assert codes(only(text, given)) == ["number.invalid risk_score"]


def test_17_the_same_row_is_the_same_bytes_and_another_is_not():
    text = table(GOOD, GOOD, GOOD.replace("Anna", "Anne"), f" {GOOD} ")

    one, same, other, spaced = rows(text)

    assert one.body == same.body == spaced.body != other.body
    assert one.key == same.key == other.key


def test_17_the_order_of_columns_is_no_difference():
    header = ",".join(reversed(HEADER.split(",")))
    turned = table(",".join(reversed(GOOD.split(","))), header=header)

    assert only(turned).body == only(table(GOOD)).body


def test_18_rows_come_one_by_one():
    """The whole file need not be there when the first row is."""

    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def read(self, _size=-1):
            return (GOOD + "\n").encode() * 1000

    endless = Endless()
    begun = io.BytesIO((HEADER + "\n").encode())
    begun.read = lambda size, read=begun.read: read(size) or endless.read()

    found = roster.read(begun, profile(), CONTEXT)
    taken = [next(found) for _ in range(20_001)]

    assert taken[-1].number == 20_001


def test_19_one_bad_row_leaves_the_others_good():
    lines = [row_of(f"M{n}") for n in range(1000)]
    lines[500] = row_of("M500", born="tomorrow")

    found = rows(table(*lines))

    assert [row.key for row in found if row.problems] == ["M500"]
    assert len(found) == 1000


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 30", "-5", "@SUM(A1)", "\uff1d1", '"\t=1"', '"\n=1"']
)
def test_20_formulas_are_kept_exactly_and_neutralised_only_on_the_way_out(cell):
    row = only(table(row_of(family=cell)))

    kept = body(row)["family_name"]
    assert kept == cell.strip('"')
    assert neutral(kept).startswith("'")


@pytest.mark.parametrize("mark", ["\u200b", "\u202e", "\u200f", "\ufeff", "\u00ad"])
def test_21_marks_that_nobody_sees_are_no_part_of_a_number(mark):
    row = only(table(row_of(f"12{mark}34")))

    assert (row.key, codes(row)) == ("1234", ["id.invisible member_id"])


def test_21_two_ways_to_write_a_letter_are_one():
    composed = unicodedata.normalize("NFC", "Jürgen")
    apart = unicodedata.normalize("NFD", "Jürgen")

    first, second = rows(table(row_of(family=composed), row_of(family=apart)))

    assert first.body == second.body


def test_21_a_dotless_i_is_kept():
    name = "Y\u0131ld\u0131z"

    assert body(only(table(row_of(family=name))))["family_name"] == name


@pytest.mark.parametrize("digit", ["\u0663", "\u00b2", "\uff13", "\u2163", "\u2460"])
def test_22_digits_of_other_scripts_are_no_number(digit):
    assert codes(only(table(row_of(f"12{digit}")))) == ["id.digits member_id"]


@pytest.mark.parametrize("digit", ["\u0663", "\uff13"])
def test_22_nor_a_day(digit):
    row = only(table(row_of(born=f"196{digit}-04-07")))

    assert codes(row) == ["date.invalid birth_date"]


def test_23_a_pattern_matches_the_whole_of_a_value():
    given = profile(patterns={"plan": "[A-Z]+$"})

    assert codes(only(table(row_of(_5='"PPO\n"')), given)) == ["value.pattern plan"]


def test_23_a_day_with_a_line_end_behind_it_is_none():
    row = only(table(row_of(born='"1961-04-07\n"')))

    assert codes(row) == ["date.invalid birth_date"]


@pytest.mark.parametrize(
    "start",
    [
        *(b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7", b"\x1f\x8b"),
        *(b"<!DOCTYPE html>", b"-----BEGIN PGP MESSAGE-----"),
    ],
)
def test_24_what_is_no_text_is_refused(start):
    with pytest.raises(NotTextError):
        items(start + b"\n" + ROSTER.encode())


def test_25_a_file_is_read_once_from_its_start_to_its_end():
    """What changes behind the reader is a matter of the source: it reads a copy."""

    class Once(io.BytesIO):
        def seek(self, *_):
            raise AssertionError

    found = roster.read(Once(ROSTER.encode()), profile(), CONTEXT)

    assert [row.key for row in found if isinstance(row, Row)] == IDS


FIXED = {"member_id": (1, 7), "family_name": (8, 17), "since": (18, 27)}


def fixed(**given):
    return profile(columns={}, positions=FIXED, **given)


def test_26_fixed_width_is_cut_at_places():
    text = "0012345Muster    2026-01-01\n\n0012346Beispiel  2026-02-01\n"

    first, second = rows(text, fixed())

    assert body(first)["family_name"] == "Muster"
    assert (second.number, body(second)["since"]) == (3, "2026-02-01")


def test_26_a_line_that_is_short_or_long_is_refused():
    lines = ["0012345Muster", "0012345Muster    2026-01-01x", "0012346" + " " * 20]

    found = rows("\n".join(lines), fixed())

    assert [codes(row) for row in found] == [["row.width"], ["row.width"], []]


def test_26_blanks_at_the_end_may_be_missing_where_the_profile_says_so():
    assert body(only("0012345Muster", fixed(trimmed=True)))["family_name"] == "Muster"


@pytest.mark.parametrize(("count_bytes", "width"), [(True, 9), (False, 10)])
def test_26_places_are_of_bytes_or_characters(count_bytes, width):
    text = f"0012345{'Müller':<{width}}2026-01-01"

    row = only(text, fixed(count_bytes=count_bytes))

    assert body(row)["family_name"] == "Müller"
    assert body(row)["since"] == "2026-01-01"


def test_26_half_a_character_is_no_text():
    text = f"0012345{'x' * 9}ü026-01-01"

    assert codes(only(text, fixed(count_bytes=True))) == ["row.encoding"]


def test_26_bytes_of_another_character_set_have_no_places():
    raw = "\ufeff0012345Ď\u017ea       2026-01-01\n".encode()

    assert codes(only(raw, fixed(count_bytes=True, charset="cp1252"))) == [
        "row.encoding"
    ]
