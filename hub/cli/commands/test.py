"""``hub test``."""

import difflib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from hub import config as configuration
from hub.cli.feeds_errors import NoSamplesError
from hub.cli.golden_errors import ExpectationError, ExpectationUnwritableError
from hub.cli.loading import discover
from hub.cli.samples import Gathered, gather
from hub.runtime.shadow_golden import Example, outcome, text
from hub.telemetry import printable

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
#: How many lines that are the same are shown around those that differ.
_AROUND = 3


def _duration(
    _context: click.Context, _option: click.Parameter, value: str
) -> timedelta:
    parts = re.fullmatch(r"\+?(\d{1,5})([mhd])", value)
    if parts is None:
        raise click.BadParameter("must be like +30m, +12h or +30d")
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})


@click.command("test")
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--messages",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder with a folder for each source, in which a file is a message.",
)
@click.option(
    "--expect",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="What is to come of them: JSON that --update writes.",
)
@click.option("--update", is_flag=True, help="Write down what comes of them now.")
@click.option(
    "--until",
    "wait",
    default="+0m",
    show_default=True,
    metavar="+DURATION",
    callback=_duration,
    help="Let so much time pass after the last message: +30m, +12h, +30d.",
)
@click.pass_context
def command(
    ctx: click.Context,
    config: Path,
    folder: Path,
    expect: Path,
    wait: timedelta,
    *,
    update: bool,
) -> None:
    """Compare what a configuration makes of messages with what is expected.

    Each file of FOLDER/SOURCE is received as a message of that source, in the order
    of the names of the files. Nothing is stored, sent or listened to, and times and
    ids are the same each time. Shows what differs; the exit status is 1 then.
    """
    loaded = configuration.load(config, discover())
    examples = list(_examples(folder))
    if not examples:
        raise NoSamplesError(f"{folder} has no folder with the messages of a source")
    found = text(outcome(loaded, examples, wait))
    if update:
        _write(expect, found)
        click.echo(f"{expect} says now what comes of {len(examples)} messages.")
        return
    expected = _read(expect)
    if found == expected:
        click.echo(f"What comes of {len(examples)} messages is as expected.")
        return
    for line in _difference(expected, found, str(expect)):
        click.echo(printable(line))
    click.echo("Something else comes of them; --update writes it down.", err=True)
    ctx.exit(1)


def _examples(folder: Path) -> Iterator[Example]:
    """Yield the messages, by the names of their files and not of their sources.

    Raises NoSamplesError and SampleUnreadableError.
    """
    if not folder.is_dir():
        raise NoSamplesError(str(folder))
    found = []
    for source in folder.iterdir():
        if source.name.startswith(".") or not source.is_dir():
            continue
        gathered = gather([source]) if any(source.iterdir()) else Gathered([], [])
        for error in gathered.unreadable:
            raise error
        found += [
            (each.path.relative_to(source), source.name, each.body)
            for each in gathered.samples
        ]
    for path, name, body in sorted(found):
        yield Example(name, path.as_posix(), body)


def _write(path: Path, found: str) -> None:
    try:
        path.write_text(found, encoding="utf-8")
    except OSError as error:
        raise ExpectationUnwritableError(f"{path}: {error.strerror}") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExpectationError(f"{path}: {type(error).__name__}") from error


def _difference(expected: str, found: str, name: str) -> Iterator[str]:
    """Yield lines as `diff -u` does: what is expected, and what comes of it now."""
    return difflib.unified_diff(
        expected.splitlines(),
        found.splitlines(),
        f"{name} (expected)",
        f"{name} (now)",
        n=_AROUND,
        lineterm="",
    )
