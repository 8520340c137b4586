"""`response-csv`: the answer that each file gets, as a table that programs can read.

Every line has the same six cells (RFC 4180): what the line is about, then the row of
the file and the sender's own key for it, a code, the column, and a value or what the
code means. First come the lines about the file, then one for each row that is listed.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from hub.coordination.exchanges.responses import ResponseFacts, reason_in_words
from hub.errors import HubError
from hub.model.files import RowProblem

#: The first line.
HEADER = ("item", "row", "key", "code", "column", "text")

# What a spreadsheet takes for the beginning of a formula, also in full width.
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
# Characters that no line of text has; a lone surrogate cannot be written at all.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_Line = tuple[object, ...]


def response_csv(facts: ResponseFacts) -> bytes:
    """Return the response in UTF-8. The same facts give the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for line in _lines(facts):
        writer.writerow([neutral(str(cell)) for cell in line])
    return text.getvalue().encode()


def neutral(cell: str) -> str:
    """Return `cell` such that a spreadsheet shows it and does not calculate it.

    Numbers stay numbers. Source: OWASP, CSV injection.
    """
    cell = _UNWRITABLE.sub("\ufffd", cell)
    if cell.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def _lines(facts: ResponseFacts) -> Iterator[_Line]:
    yield _of_file("exchange", facts.exchange)
    yield _of_file("file", facts.name)
    yield _of_file("sha256", facts.sha256.hex())
    yield _of_file("received_at", facts.received_at.isoformat(timespec="seconds"))
    code = facts.error_code or facts.reason
    words = reason_in_words(facts.reason, facts.error_code)
    yield _of_file("status", facts.status)
    yield ("reason", "", "", code, "", words)
    yield from _counted(facts)
    for problem in facts.problems:
        yield ("file_problem", "", "", problem.code, *_place_and_text(facts, problem))
    yield from _rows(facts)


def _place_and_text(facts: ResponseFacts, problem: RowProblem) -> tuple[str, str]:
    if problem.code in HubError.catalogue:
        # The gate keeps an error's detail where others name a column.
        return "", problem.column or reason_in_words("", problem.code)
    return problem.column, facts.meanings.get(problem.code, "")


def _of_file(item: str, text: object) -> _Line:
    return (item, "", "", "", "", text)


def _counted(facts: ResponseFacts) -> Iterator[_Line]:
    counts = facts.counts
    if facts.stated is not None:
        yield _of_file("stated", facts.stated)
    for item in ("read", "accepted", "rejected", "duplicate", "absent"):
        yield _of_file(item, getattr(counts, item))
    yield _of_file("unlisted", facts.unlisted)


def _rows(facts: ResponseFacts) -> Iterable[_Line]:
    for each in facts.rows:
        meaning = facts.meanings.get(each.code, "")
        item = "row" if each.number else "record"
        number = each.number or ""
        yield (item, number, each.key, each.code, each.column, meaning)
