"""``hub subscriptions``."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from hub.cli.loading import load_own
from hub.cli.options import config_option, in_utc, json_option
from hub.cli.printing import show_details, show_json, show_table, told_at
from hub.cli.running import ask_hub
from hub.store.backfill import MOST

_COLUMNS = (
    *("name", "partner", "destination", "panel", "events", "purpose", "cadence"),
    *("waiting", "next_due", "dead", "doubts"),
)


@click.group("subscriptions")
def command() -> None:
    """Show who asks for which events, and tell one of the past.

    The running hub is asked.
    """


@command.command("list")
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool) -> None:
    """Show the subscriptions, what waits for them, and what there is to ask.

    Those that partners have by being partners are among them.
    """
    page = ask_hub(load_own(config).config.admin, "GET", "/api/v1/subscriptions")
    if as_json:
        show_json(page)
        return
    rows = [item | {"next_due": told_at(item["next_due"])} for item in page["items"]]
    show_table(_COLUMNS, [[row[name] for name in _COLUMNS] for row in rows])


@command.command("backfill")
@click.argument("name")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]),
    callback=in_utc,
    metavar="TIME",
    help="Only what the hub told since this time (2026-03-10T12:00:00Z).",
)
@click.option("--person", default="", help="The key of one person: only theirs.")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=1_000,
    show_default=True,
    help="Most events, the oldest first.",
)
@click.option("--tell", is_flag=True, help="Tell it. Otherwise it is only counted.")
@json_option
@config_option
def backfill_command(
    name: str,
    config: Path | None,
    *,
    since: datetime,
    tell: bool,
    as_json: bool,
    **wish: Any,
) -> None:
    """Tell subscription NAME of the past, as far as policy permits it now.

    Without --tell it says what would be told. What was told before, or taken back by
    now, is not told.
    """
    path = f"/api/v1/subscriptions/{quote(name, safe='')}/backfill"
    said = wish | {"since": since.isoformat(), "dry_run": not tell}
    found = ask_hub(load_own(config).config.admin, "POST", path, said)
    if as_json:
        show_json(found)
        return
    denied = [f"{reason}: {count}" for reason, count in found.pop("denied").items()]
    show_details(found | {"denied": denied})
    if not tell:
        click.echo("Nothing was told; with --tell it is.", err=True)
