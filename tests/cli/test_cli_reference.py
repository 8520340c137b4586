"""The reference pages say what the code says."""

from pathlib import Path

import click
import pytest

import hub
from hub.admin.reference import api_reference
from hub.admin.routes import ROUTES
from hub.cli import main
from hub.cli.group import COMMANDS
from hub.cli.reference import cli_reference

DOCS = Path(hub.__file__).parents[1] / "docs" / "reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_reference(name):
    page = (DOCS / "cli.md").read_text()
    with click.Context(main) as context:
        command = main.get_command(context, name)
    section = page.partition(f"## `hub {name}`")[2].partition("\n## ")[0]

    assert COMMANDS[name] in section
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert all(f"{option}" in section for option in parameter.opts)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.answer.__name__)
def test_every_address_and_parameter_is_in_the_reference(route):
    page = (DOCS / "api.md").read_text()
    section = page.partition(f"## `{route.method} {route.path}`")[2]
    section = section.partition("\n## ")[0]

    assert route.summary in section
    for name in route.parameters.model_fields:
        assert f"| `{name}` |" in section


@pytest.mark.parametrize(
    ("name", "make"), [("cli.md", cli_reference), ("api.md", api_reference)]
)
def test_a_page_is_what_would_be_generated_now(name, make):
    assert (DOCS / name).read_text() == make()
