"""Options that several commands have."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="HUB_CONFIG",
    show_envvar=True,
    help="The configuration: a TOML file, or a folder of them. "
    "Default: config/hub.toml or hub.toml.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Most rows to show, newest first.",
)
keys_limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Most rows to show, in the order of the keys.",
)
cursor_option = click.option(
    "--cursor", help="Go on after an earlier page: the `next` of its JSON."
)


def in_utc(
    _context: click.Context, _option: click.Parameter, value: datetime | None
) -> datetime | None:
    """Return a time in UTC. Raises click.BadParameter for one that UTC cannot say."""
    try:
        return value and value.astimezone(UTC)
    except OverflowError:
        raise click.BadParameter("must be a time of this calendar") from None


known_at_option = click.option(
    "--known-at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]),
    callback=in_utc,
    metavar="TIME",
    help="As it was known at this time (2026-03-10T12:00:00Z), not as it is now.",
)


def in_time(name: str, what: str) -> Callable[[Any], Any]:
    """Return an option that takes a time."""
    return click.option(
        name,
        type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]),
        callback=in_utc,
        metavar="TIME",
        help=f"{what} (2026-03-10T12:00:00Z).",
    )
