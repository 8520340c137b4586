"""The command itself: help, errors, and how fast it starts."""

import subprocess
import sys
from types import SimpleNamespace

import click
import pytest

from hub import __version__
from hub.cli import group, main
from hub.cli.errors import CommandFailedError
from hub.cli.group import COMMANDS
from hub.store.query_errors import SlowQueryError

HEAVY = ["sqlalchemy", "aiohttp", "pydantic", "rich", "structlog", "msgspec"]


def loaded_by(word, names):
    """Return which modules of `names` are loaded once a command was run."""
    program = (
        "import sys\n"
        "from hub.cli import main\n"
        f"main(['{word}'], standalone_mode=False)\n"
        f"print(*(name for name in {names} if name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.splitlines()[-1].split()


def test_help_lists_every_command(hub):
    result = hub("--help")

    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.output] == []


def test_help_loads_nothing_heavy():
    assert loaded_by("--help", HEAVY) == []


def test_a_command_that_asks_what_there_is_loads_nothing_of_how_it_is_sent():
    sending = ["paramiko", "aiohttp", "alembic", "pyx12", "jwt", "smtplib"]
    checking = ["shapely", "zipcodes", "phonenumbers"]

    assert loaded_by("plugins", [*sending, *checking]) == []


def test_the_version_is_that_of_the_distribution(hub):
    assert __version__ in hub("--version").output


def test_a_command_that_does_not_exist_is_a_wrong_use(hub):
    result = hub("messagess")

    assert result.exit_code == 2
    assert "No such command" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name):
    with click.Context(main) as context:
        command = main.get_command(context, name)
    options = [each for each in command.params if isinstance(each, click.Option)]

    assert command.help.partition("\n")[0] == COMMANDS[name]
    assert [each.name for each in options if not each.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_to_help(hub, name):
    result = hub(name, "--help")

    assert result.exit_code == 0
    assert "Usage: " in result.output


@pytest.fixture
def failing(monkeypatch):
    """Let `hub errors` raise what the test says."""

    def fail_with(error):
        def callback(**_):
            raise error

        module = SimpleNamespace(command=click.Command("errors", callback=callback))
        monkeypatch.setattr(group.importlib, "import_module", lambda _: module)

    return fail_with


def test_an_error_is_one_line_and_no_traceback(hub, failing):
    failing(SlowQueryError())
    result = hub("errors")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"{SlowQueryError()}\n"


def test_a_defect_is_shown_by_type_and_place_only(hub, failing, seeded):
    failing(ValueError(seeded.canary))
    result = hub("errors")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"[{CommandFailedError.code}]")
    assert "ValueError at tests/cli/test_group.py:" in result.stderr
    assert seeded.canary not in result.stderr


def test_a_reader_that_goes_away_is_no_defect(hub, failing):
    failing(BrokenPipeError())

    assert "CLI-005" not in hub("errors").output


def test_the_installed_command_is_this_one():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, hub.cli; sys.exit(hub.cli.main())", "x"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
