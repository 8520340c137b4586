"""``hub facts``."""

import http.client
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import click

from hub.cli.client import ask, expected
from hub.cli.errors import FactsRefusedError
from hub.cli.loading import load_own
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_details, show_json
from hub.model.care.schema import facts_schema


@click.group("facts")
def command() -> None:
    """Tell the hub facts of care management, or show their form."""


@command.command("post")
@click.argument(
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
)
@click.option("--source", required=True, help="The source that they are of.")
@json_option
@config_option
def post_command(
    file: Path, source: str, config: Path | None, *, as_json: bool
) -> None:
    """Tell the running hub the facts in FILE, in the form of their source.

    The same file again counts once. Where anything in it is wrong, nothing of it is
    taken, and all that is wrong is listed.
    """
    path = f"/api/v1/facts?source={quote(source, safe='')}"
    with click.open_file(str(file), "rb") as lines:
        content = lines.read()
    status, answered = ask(load_own(config).config.admin, "POST", path, content)
    if status == http.client.UNPROCESSABLE_ENTITY:
        _refuse(answered)
    taken = expected((status, answered))
    if as_json:
        show_json(taken)
        return
    again = "yes" if taken["duplicate"] else "no"
    show_details({"message": taken["message"], "duplicate": again})


@command.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of facts."""
    show_json(facts_schema())


def _refuse(answered: dict[str, Any]) -> NoReturn:
    """List what is wrong. Raises FactsRefusedError."""
    problems = answered.get("error", {}).get("problems", [])
    for each in problems:
        click.echo(each, err=True)
    raise FactsRefusedError(f"{len(problems)} problems")
