"""``hub labels``."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from hub.cli.loading import reader
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_table
from hub.coordination.labels.tables import described
from hub.store.views import Page

_COLUMNS = ("kind", "code", "feed", "events", "last", "remedy")


@click.group("labels")
def command() -> None:
    """Show what gives away something sensitive, and codes nobody mapped."""


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the codes that the hub takes for sensitive, by what they give away."""
    rows = described()
    if as_json:
        names = ("kind", "sensitivity", "codes")
        show_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    show_table(("kind", "sensitivity", "codes"), rows)


@command.command("unmapped")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="Of how many days.",
)
@json_option
@config_option
def unmapped(days: int, config: Path | None, *, as_json: bool) -> None:
    """Show the codes that nobody mapped: what they are on is restricted until then."""
    found = reader(config).unmapped(datetime.now(UTC) - timedelta(days=days))
    if as_json:
        show_json(Page(found, None))
        return
    show_table(_COLUMNS, [[getattr(each, name) for name in _COLUMNS] for each in found])
