"""Lines as cells, by strict rules of our own."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from hub_payer.tables.cutting import Delimited
from hub_payer.tables.text import Lines

# Whatever is not a line end to us, and is one to others, is in it.
letters = st.sampled_from('ab",;| \t\u2028\u0085\x0c\x0bé')
cells = st.lists(st.text(letters, max_size=5), min_size=1, max_size=5)


def cut(text, separator=",", quote='"'):
    lines = Lines(io.BytesIO(text.encode()), "utf-8")
    return list(Delimited(separator, quote)(lines))


@given(st.lists(cells, min_size=1, max_size=6))
def test_what_is_written_by_the_book_is_read_as_it_was(table):
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(table)

    found = cut(written.getvalue())

    kept = [row for row in table if any(cell.strip(' \t\u00a0,"') for cell in row)]
    assert [row.cells for row in found] == kept
    assert not any(row.fault for row in found)


@given(st.lists(st.text(st.sampled_from('a",\n\r b'), max_size=12), max_size=8))
def test_no_quote_costs_more_than_its_own_row(parts):
    """Whatever stands before a good line, behind a line end, leaves it whole."""
    text = "\n".join([*parts, "", ""]).replace('"', "")

    found = cut(f'{text}1,2,3\nx,"\n4,5,6\n')

    assert [row.cells for row in found][-3:] == [["1", "2", "3"], (), ["4", "5", "6"]]
    assert [row.fault for row in found][-3:] == ["", "row.quote", ""]


@given(st.text(st.sampled_from('a",\n\r |\u2028'), max_size=60))
def test_all_lines_are_cut_in_their_order_and_none_twice(text):
    numbers = [row.number for row in cut(text)]

    assert numbers == sorted(set(numbers))


def test_a_cell_over_more_lines_than_anybody_writes_is_not_closed():
    found = cut("a," + '"x' + "\n" * 1500 + '"\nb,c\n')

    assert found[0].fault == "row.quote"
    assert found[-1].cells == ["b", "c"]


def test_a_line_that_is_too_long_closes_no_quote():
    long = "y" * (2 << 20)

    found = cut(f'a,"x\n{long}\n",b\nc,d\n')

    faults = [row.fault for row in found]
    assert faults == ["row.quote", "row.too_long", "row.quote", ""]


def test_many_open_quotes_cost_no_more_time_than_others():
    """Each looks ahead as far as the next one: all of it is linear."""
    lines = [f'{number},"open' for number in range(20_000)]

    found = cut("\n".join(lines))

    assert len(found) <= len(lines)
