"""``hub run``."""

import sys
from pathlib import Path

import click

from hub.cli.loading import find
from hub.cli.options import config_option
from hub.runtime.workings import LogSettings
from hub.service import run
from hub.telemetry import configure_logging

_FORMATS = {"auto": None, "json": True, "console": False}


@click.command("run")
@config_option
@click.option(
    "--log-format",
    type=click.Choice(list(_FORMATS)),
    default="auto",
    show_default=True,
    help="JSON lines, or a form for people; auto: that where there is a terminal.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="The least important entries to log.",
)
def command(config: Path | None, log_format: str, log_level: str) -> None:
    """Run the hub until it is told to stop.

    SIGTERM or Ctrl-C lets it finish what it has in hand; a second one ends it at
    once, which loses nothing that was acknowledged. The log goes to standard
    error.
    """
    settings = LogSettings(_FORMATS[log_format], log_level)
    configure_logging(json=settings.json, level=settings.level)
    sys.exit(run(find(config), settings))
