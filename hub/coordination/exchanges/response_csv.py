"""`response-csv`: the answer that each file gets, as a table that programs can read.

Every line has the same six cells (RFC 4180): what the line is about, then the row of
the file and the sender's own key for it, a code, the column, and a value or what the
code means. First come the lines about the file, then one for each row that is listed:
`row` where it is not used, `warning` where it is used and to be looked at, and
`record` of one that is not in the file. Of a file that answers ours, `unknown` is an
answer to what we did not send: its key is the name or number that the file has.

`read` is what is `accepted`, `rejected` and `duplicate`. Nothing of a file is accepted
that is not in force: `readable` is then how many rows nothing is wrong with.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from hub.coordination.acknowledgements import UNKNOWN
from hub.coordination.exchanges.figures import figures_of
from hub.coordination.exchanges.responses import (
    ResponseFacts,
    is_said,
    reason_in_words,
    sentences,
)
from hub.errors import HubError
from hub.model.files import ExchangeState, RowProblem

#: Answers to what we did not send that are listed, and characters of what they name.
MOST_NAMED, LONGEST_NAME = 1000, 255
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
    yield ("reason", "", "", code, "", _with_figures(facts, code, words))
    yield from _counted(facts)
    for problem in facts.problems:
        if is_said(problem.code, facts.status):
            place, text = _place_and_text(facts, problem)
            yield ("file_problem", "", "", problem.code, place, text)
    yield from _rows(facts)
    yield from _unknown(facts)


def _unknown(facts: ResponseFacts) -> Iterator[_Line]:
    """Yield each file that is answered and that we did not send, once."""
    meaning = facts.meanings.get(UNKNOWN, "")
    for of, kind in _named(facts)[:MOST_NAMED]:
        yield ("unknown", "", of[:LONGEST_NAME], UNKNOWN, kind, meaning)


def _named(facts: ResponseFacts) -> list[tuple[str, str]]:
    return list(dict.fromkeys((each.of, each.kind) for each in facts.unmatched))


def _place_and_text(facts: ResponseFacts, problem: RowProblem) -> tuple[str, str]:
    if problem.code in HubError.catalogue:
        # The gate keeps an error's detail where others name a column.
        return "", problem.column or reason_in_words("", problem.code)
    meaning = facts.meanings.get(problem.code, "")
    return problem.column, _with_figures(facts, problem.code, meaning)


def _with_figures(facts: ResponseFacts, code: str, words: str) -> str:
    figures = sentences(figures_of(code, facts.counts, facts.stated))
    return " ".join(filter(None, (words, figures)))


def _of_file(item: str, text: object) -> _Line:
    return (item, "", "", "", "", text)


def _counted(facts: ResponseFacts) -> Iterator[_Line]:
    counts = facts.counts
    used = facts.status == ExchangeState.APPLIED
    if facts.stated is not None:
        yield _of_file("stated", facts.stated)
    yield _of_file("read", counts.read)
    yield _of_file("accepted", counts.accepted if used else 0)
    if not used:
        yield _of_file("readable", counts.accepted)
    yield _of_file("rejected", counts.rejected)
    yield _of_file("duplicate", counts.duplicate)
    if used and not facts.plain:
        yield from _records(facts)
    if used and facts.answers:
        yield _of_file("answers", facts.answers)
    unlisted = facts.unlisted + max(0, len(_named(facts)) - MOST_NAMED)
    yield _of_file("unlisted", unlisted)


def _records(facts: ResponseFacts) -> Iterator[_Line]:
    """Yield what became of records; `absent` are those that the file does not have."""
    for item in ("added", "changed", "ended", "once", "unchanged"):
        yield _of_file(item, getattr(facts.counts, item))
    yield _of_file("absent", facts.counts.missing)


def _rows(facts: ResponseFacts) -> Iterable[_Line]:
    codes: defaultdict[int, set[str]] = defaultdict(set)
    for each in facts.rows:
        codes[each.number].add(each.code)
    for each in facts.rows:
        item = "warning" if codes[each.number] <= facts.warned else "row"
        meaning = facts.meanings.get(each.code, "")
        yield (
            item if each.number else "record",
            each.number or "",
            each.key,
            each.code,
            each.column,
            meaning,
        )
