"""The reference page of the columns of tables, made from what normalisers declare."""

from collections.abc import Iterable, Iterator, Mapping

from hub.contract import NormaliserSpec

_INTRODUCTION = """# Columns of tables

Made from the code by `python -m hub.reference --write`; do not edit.

These columns are known where all stands in one table.
Capitals do not count, and neither does what is between words: `Service name` is
`service_name`."""
_HEAD = """| It becomes | Columns |
|---|---|"""


def columns_reference(normalisers: Iterable[NormaliserSpec]) -> str:
    """Return the reference of the columns, in Markdown."""
    lines = [_INTRODUCTION]
    for each in normalisers:
        if each.columns:
            lines += ["", f"## `{each.name}`", "", _HEAD, *_rows(each.columns)]
    return "\n".join(lines) + "\n"


def _rows(columns: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each thing that columns become, with all their names."""
    named: dict[str, list[str]] = {}
    for column, meaning in columns.items():
        named.setdefault(meaning, []).append(f"`{column}`")
    for meaning, names in sorted(named.items()):
        yield f"| {meaning} | {', '.join(names)} |"
