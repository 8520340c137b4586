"""How commands write: tables for people, JSON for programs.

What senders chose (a control id, say) may hold control characters; they are
written out, so that a message cannot drive the operator's terminal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.store.views import Page
from hub.telemetry import printable

T = TypeVar("T")

_WIDE = 240  # columns where there is no terminal to fit into
_COPIED = frozenset({"id", "key", "message"})


def show_json(value: Any) -> None:
    """Print `value` as indented JSON, with the field names of the admin API."""
    text = msgspec.json.encode(value)
    click.echo(msgspec.json.format(text, indent=2).decode())


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under `columns`; say so where there are none."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        # An id is there to be copied; the other columns make room for it.
        table.add_column(column, overflow="fold", no_wrap=column in _COPIED)
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    if table.row_count:
        _console().print(table)
    else:
        click.echo("There are none.")


def show_details(details: Mapping[str, object]) -> None:
    """Print names and values, one pair on a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in details.items():
        table.add_row(Text(name), _text(value))
    _console().print(table)


def show_next(cursor: str | None) -> None:
    """Say how to get the next page, if there is one."""
    if cursor is not None:
        click.echo(f"There are more: --cursor {cursor}", err=True)


def show_page(
    page: Page[T], show: Callable[[Sequence[T]], None], *, as_json: bool
) -> None:
    """Print a page of a list: as JSON, or its items with `show`."""
    if as_json:
        show_json(page)
        return
    show(page.items)
    show_next(page.next)


def moment(value: datetime | None) -> str:
    """Return a time to the second in UTC, empty where there is none."""
    return f"{value:%Y-%m-%d %H:%M:%S}Z" if value else ""


def told_at(value: str | None) -> str:
    """Return a time as JSON writes it in the form that tables have."""
    return moment(datetime.fromisoformat(value).astimezone(UTC)) if value else ""


def _text(value: object) -> Text:
    """Return a cell that is no markup."""
    if isinstance(value, datetime):
        return Text(moment(value))
    if isinstance(value, list | tuple):
        return Text(printable(", ".join(map(str, value))))
    return Text(printable("" if value is None else str(value)))


def _console() -> Console:
    # Made anew each time: standard output is another one in each test.
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(width=_WIDE, highlight=False, markup=False, emoji=False)
    return console
