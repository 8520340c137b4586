"""Reports as text: CSV for tables, JSON for programs, as much at once as fits."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct

#: So many rows are written at once.
ROWS_AT_ONCE = 2_000
#: What makes a table program take a cell for a formula (domain 8.7).
_FORMULA = frozenset("=+-@\t\r")
#: A line in which none of these stands needs no look at each cell.
_SUSPECT = (",=", ",+", ",-", ",@", "\t", "\r", "\n", '"')
_END = "\r\n"

_encode = msgspec.json.Encoder().encode


def as_csv(columns: Sequence[str], rows: Iterable[Struct]) -> Iterator[bytes]:
    """Yield a report as CSV (RFC 4180), in UTF-8, with a line of names first.

    A cell that a table program would take for a formula has an apostrophe before it;
    what is not known is empty.
    """
    found = iter(rows)
    yield f"{','.join(columns)}{_END}".encode()
    while chunk := [_line(each) for each in islice(found, ROWS_AT_ONCE)]:
        yield "".join(chunk).encode()


def as_json(rows: Iterable[Struct]) -> Iterator[bytes]:
    """Yield a report as one JSON object: its `items`, and `next`, which is null."""
    found = iter(rows)
    yield b'{"items":['
    before = b""
    while chunk := list(islice(found, ROWS_AT_ONCE)):
        yield before + b",\n".join(map(_encode, chunk))
        before = b",\n"
    yield b'],"next":null}\n'


def _line(row: Struct) -> str:
    """Return a row as a line; most have nothing in them that takes more care."""
    values = list(msgspec.to_builtins(row).values())
    cells = [
        each if type(each) is str else _WRITTEN[type(each)](each) for each in values
    ]
    line = ",".join(cells)
    plain = line[:1] not in _FORMULA and line.count(",") < len(cells)
    if plain and not any(each in line for each in _SUSPECT):
        return f"{line}{_END}"
    return _careful_line(values, cells)


def _careful_line(values: Sequence[Any], cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=_END).writerow(
        f"'{cell}" if isinstance(value, str) and cell[:1] in _FORMULA else cell
        for value, cell in zip(values, cells, strict=True)
    )
    return text.getvalue()


#: How values that are no text are written, by their type: there are millions.
_WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: {False: "no", True: "yes"}.__getitem__,
    int: str,
    float: str,
    type(None): lambda _: "",
}
