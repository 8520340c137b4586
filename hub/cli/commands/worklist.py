"""``hub worklist``."""

from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlencode

import click

from hub.cli.loading import load_own
from hub.cli.options import config_option, json_option, limit_option
from hub.cli.printing import (
    show_details,
    show_json,
    show_next,
    show_table,
    told_at,
)
from hub.cli.running import ask_hub
from hub.store.worklists import ItemState

_COLUMNS = ("id", "state", "subscription", "created_at", "event_type", "patient_id")
_TIMES = ("created_at", "acknowledged_at", "closed_at")

by_option = click.option(
    "--by",
    default="",
    envvar="HUB_OPERATOR",
    show_envvar=True,
    help="Who it is; kept with the item.",
)


@click.group("worklist")
def command() -> None:
    """Show what waits at a destination to be fetched, and settle it.

    The running hub is asked. That something was shown is recorded as if it had been
    sent, and what policy does not permit any more is not shown.
    """


@command.command("show")
@click.argument("destination")
@click.option(
    "--state",
    type=click.Choice(get_args(ItemState)),
    default="open",
    show_default=True,
    help="Which items.",
)
@click.option("--since", help="Only what came after this cursor.")
@limit_option
@json_option
@config_option
def show_command(
    destination: str,
    config: Path | None,
    *,
    as_json: bool,
    **filters: Any,
) -> None:
    """Show the items of DESTINATION, in the order in which they came."""
    given = {name: value for name, value in filters.items() if value is not None}
    path = f"/api/v1/worklists/{quote(destination, safe='')}?{urlencode(given)}"
    page = ask_hub(load_own(config).config.admin, "GET", path)
    if as_json:
        show_json(page)
        return
    show_table(_COLUMNS, [_row(item) for item in page["items"]])
    show_next(page["next"])


def _row(item: dict[str, Any]) -> list[object]:
    notice = item["notice"] or {"event": {"type": ""}, "patient_id": ""}
    stated = item | {
        "created_at": told_at(item["created_at"]),
        "event_type": notice["event"]["type"],
        "patient_id": notice["patient_id"],
    }
    return [stated[column] for column in _COLUMNS]


@command.command("acknowledge")
@click.argument("destination")
@click.argument("item")
@by_option
@json_option
@config_option
def acknowledge_command(
    destination: str, item: str, config: Path | None, *, by: str, as_json: bool
) -> None:
    """Say that the recipient has ITEM. The first who says so counts."""
    _settle(config, (destination, item, "acknowledge"), {"by": by}, as_json=as_json)


@command.command("close")
@click.argument("destination")
@click.argument("item")
@click.option(
    "--outcome", required=True, help="A code, such as `reached` or `no_answer`."
)
@by_option
@json_option
@config_option
def close_command(
    destination: str, item: str, config: Path | None, *, as_json: bool, **said: str
) -> None:
    """Say what came of ITEM. The first who says so counts."""
    _settle(config, (destination, item, "close"), said, as_json=as_json)


def _settle(
    config: Path | None,
    what: tuple[str, str, str],
    said: dict[str, str],
    *,
    as_json: bool,
) -> None:
    destination, item, action = (quote(each, safe="") for each in what)
    path = f"/api/v1/worklists/{destination}/items/{item}/{action}"
    found = ask_hub(load_own(config).config.admin, "POST", path, said)
    found.pop("notice", None)
    if as_json:
        show_json(found)
        return
    times = {name: told_at(found[name]) for name in _TIMES}
    show_details(found | times)
