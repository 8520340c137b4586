"""The reference page of the codes of files and rows, made from their catalogues."""

from collections.abc import Iterable, Iterator

from hub.contract import NormaliserSpec
from hub.coordination.exchanges.codes import CodeInWords, file_reasons, row_codes

_INTRODUCTION = """# Codes of files and rows

Made from the code by `python -m hub.reference --write`; do not edit.

Every file that comes has a state and a reason, and every row that was not used has a
code; both stand in the response that the sender gets.
`hub errors CODE` prints the line of one.

## Why a file became what it became

| Reason | It means | What to do |
|---|---|---|"""
_ROWS = """
## What is said of a row

| Code | It means | What to do | Used by |
|---|---|---|---|"""


def exchange_reference(normalisers: Iterable[NormaliserSpec]) -> str:
    """Return the reference of the codes, in Markdown."""
    lines = [_INTRODUCTION, *map(_reason, file_reasons())]
    lines += [_ROWS, *map(_code, row_codes(normalisers))]
    return "\n".join(lines) + "\n"


def _reason(reason: CodeInWords) -> str:
    return f"| {' | '.join(_cells(reason))} |"


def _code(code: CodeInWords) -> str:
    return f"| {' | '.join((*_cells(code), code.by))} |"


def _cells(code: CodeInWords) -> Iterator[str]:
    yield f"`{code.code}`"
    for text in (code.summary, code.remedy):
        yield f"{text}.".replace("|", r"\|") if text else "Nothing."
