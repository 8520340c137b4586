"""``hub scorers``."""

from pathlib import Path
from urllib.parse import quote

import click

from hub.cli.client import ask, expected
from hub.cli.loading import load_own
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_details, show_json, show_table

_COLUMNS = ("name", "kind", "version", "cadence", "waiting", "people", "told", "failed")


@click.group("scorers")
def command() -> None:
    """Show the models that score people, and run them."""


@command.command("list")
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool) -> None:
    """Show the scorers of the running hub, and what came of their last runs."""
    admin = load_own(config).config.admin
    found = expected(ask(admin, "GET", "/api/v1/scorers"))
    if as_json:
        show_json(found)
        return
    show_table(_COLUMNS, [[each[name] for name in _COLUMNS] for each in found["items"]])


@command.command("run")
@click.argument("name")
@click.option("--person", help="Only the person that this identity belongs to.")
@json_option
@config_option
def run_command(
    name: str, person: str | None, config: Path | None, *, as_json: bool
) -> None:
    """Have the running hub score everybody, or one person, by the scorer NAME.

    A score is told where what it rests on has changed since the last one.
    """
    path = f"/api/v1/scorers/{quote(name, safe='')}/run"
    if person is not None:
        path += f"?person={quote(person, safe='')}"
    asked = expected(ask(load_own(config).config.admin, "POST", path))
    show_json(asked) if as_json else show_details(asked)
