"""How files and partners are shown to people."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
from msgspec.structs import asdict

from hub.cli.printing import show_details, show_table, told_at
from hub.store.exchanges.views import ExchangeDetail, ExchangeView

_LIST = ("id", "received_at", "feed", "name", "state", "reason")
#: So much of an id is listed; commands take it for the whole one.
_ID_LENGTH = 16
_ROWS = ("number", "key", "code", "column")
_REPLIES = ("place", "kind", "name", "number", "size", "given_at")
_HISTORY = ("at", "action", "actor", "role", "why")
_FEEDS = (
    *("last_exchange", "last_state", "last_received_at", "next_due"),
    *("overdue_since", "held", "active"),
)
_QUESTIONS = ("key", "code", "number")


def show_exchanges(items: Sequence[ExchangeView]) -> None:
    """Print files, one on a line, with the beginnings of their ids."""
    show_table(
        _LIST,
        [
            [each.id[:_ID_LENGTH], *(getattr(each, name) for name in _LIST[1:])]
            for each in items
        ],
    )


def show_exchange(found: ExchangeDetail) -> None:
    """Print all that is known of a file."""
    details = asdict(found)
    parts = {
        name: details.pop(name)
        for name in ("rejected_rows", "replies", "history", "meanings", "problems")
    }
    before, by = details.pop("before"), details.pop("answered_by")
    for name, value in (("heading", found.heading), ("counts", found.counts)):
        details[name] = _pairs(value)
    details["problems"] = [each.code for each in parts["problems"]]
    details["before"] = _pairs(asdict(before)) if before else ""
    if by is not None:
        details["answered_by"] = f"{by.id} {by.name}"
    show_details(details)
    _section("what the codes mean", ("code", "meaning"), parts["meanings"])
    _section("rows to look at", _ROWS, parts["rejected_rows"])
    _section("replies", _REPLIES, parts["replies"])
    _section("history", _HISTORY, parts["history"])


def _pairs(values: Mapping[str, Any]) -> list[str]:
    """Return names and values of what says something."""
    return [
        f"{name} {value}"
        for name, value in values.items()
        if value not in ("", None, 0, False, [])
    ]


def _section(title: str, columns: Sequence[str], items: Sequence[Any]) -> None:
    if items:
        click.echo(f"\n{title}:")
        show_table(
            columns, [[getattr(each, name) for name in columns] for each in items]
        )


def show_partners(items: Sequence[Mapping[str, Any]]) -> None:
    """Print how it stands with partners, as the API says it."""
    feeds = [(each["partner"], feed) for each in items for feed in each["feeds"]]
    show_table(
        ["partner", "feed", *_FEEDS, "reconciled"],
        [[partner, each["feed"], *_cells(each)] for partner, each in feeds],
    )
    sent = [(each["partner"], to) for each in items for to in each["destinations"]]
    if sent:
        click.echo()
        columns = ("destination", "unacknowledged", "overdue", "overdue_since")
        rows = [[partner, *(each[name] for name in columns)] for partner, each in sent]
        show_table(["partner", *columns], rows)


def _cells(feed: Mapping[str, Any]) -> list[Any]:
    last = feed["reconciled"]
    compared = f"{last['status']} {last['day']}" if last else ""
    return [_cell(name, feed[name]) for name in _FEEDS] + [compared]


def _cell(name: str, value: Any) -> Any:
    return told_at(value) if name.endswith(("_at", "_due", "_since")) else value


def show_reconciliation(found: Mapping[str, Any]) -> None:
    """Print a comparison of our records with what a partner says."""
    details = {name: value for name, value in found.items() if name != "in_question"}
    # Somebody with two numbers has two of them: they are no count of records.
    details["on_panel"] = f"{found['on_panel']} entries" if found["panel"] else ""
    show_details(details)
    asked = found["in_question"]
    if asked:
        click.echo("\nin question:")
        show_table(_QUESTIONS, [[each[name] for name in _QUESTIONS] for each in asked])
        left = found["questions"] - len(asked)
        if left > 0:
            click.echo(f"There are {left} more.", err=True)
