"""``hub feeds``."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec
from click.core import ParameterSource
from pydantic_core import to_jsonable_python

from hub.cli.feeds_errors import CannotLearnError, OutputError
from hub.cli.loading import discover, load
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_table
from hub.cli.profiles import configured_feed, find_normaliser, proposal, written_feed
from hub.cli.samples import Gathered, gather
from hub.cli.trial_text import lines
from hub.cli.trials import Feed, Trial
from hub.config.tables import NAME
from hub.contract import Learned, NormaliserSpec
from hub.settings import Settings
from hub.telemetry import printable

DEFAULT_NORMALISER = "hl7-v2"


def _name(_ctx: click.Context, _option: click.Parameter, name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise click.BadParameter("a name is of lower-case letters, digits and hyphens")
    return name


_paths_argument = click.argument(
    "paths", nargs=-1, metavar="FILE...", type=click.Path(path_type=Path)
)
_normaliser_option = click.option(
    "--normaliser",
    default=DEFAULT_NORMALISER,
    show_default=True,
    help="The normaliser whose profile it is.",
)


@click.group("feeds", invoke_without_command=True)
@json_option
@config_option
@click.pass_context
def command(ctx: click.Context, config: Path | None, *, as_json: bool) -> None:
    """Show the feeds, learn a feed's profile from samples, or try one.

    Without a command: the sources of the configuration, with what their profiles
    say beyond the defaults.
    """
    if ctx.invoked_subcommand is not None:
        return
    feeds = [
        {
            "source": name,
            "kind": source.spec.kind,
            "normaliser": source.normaliser.name,
            "profile": sorted(source.profile.model_fields_set),
        }
        for name, source in load(config).config.sources.items()
    ]
    if as_json:
        show_json(feeds)
        return
    columns = ("source", "kind", "normaliser", "profile")
    show_table(columns, [list(feed.values()) for feed in feeds])


@command.command("profile")
@click.option(
    "--learn", is_flag=True, help="Look at samples, and propose the profile they need."
)
@_normaliser_option
@click.option(
    "--source",
    default="feed",
    show_default=True,
    callback=_name,
    help="The name of the source in the proposal.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Write the proposal to this new file.",
)
@json_option
@_paths_argument
@click.pass_context
def profile_command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    normaliser: str,
    source: str,
    output: Path | None,
    *,
    learn: bool,
    as_json: bool,
) -> None:
    """Show the settings of profiles, or with --learn propose a profile.

    FILE is a file with one message or many, or a folder of such files. Prints what
    the samples show and the profile, which is pasted below the source's table. What
    stands in the fields of a message is not shown, only codes and names of
    organisations are. The exit status is 1 where a file cannot be read.
    """
    spec = find_normaliser(discover(), normaliser)
    if not learn:
        _refuse_samples(paths)
        _show_settings(spec, as_json=as_json)
        return
    if spec.learn is None:
        raise CannotLearnError(spec.name)
    gathered = gather(paths)
    learned = spec.learn([sample.body for sample in gathered.samples])
    text = proposal(spec, learned, source, len(gathered.samples))
    if output is not None:
        _write(output, text)
    _show_learned(spec, learned, text, as_json=as_json)
    _finish(ctx, gathered)


@command.command("try")
@click.option("--source", help="Try the profile of this source of the configuration.")
@_normaliser_option
@click.option("--fields", is_flag=True, help="Show every field of each message too.")
@click.option("--strict", is_flag=True, help="Exit with 1 where there is a problem.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, a line each message."
)
@config_option
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="[PROFILE] FILE...",
    type=click.Path(path_type=Path),
)
@click.pass_context
def try_command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    source: str | None,
    normaliser: str,
    config: Path | None,
    *,
    fields: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Show what the hub would make of messages, without storing anything.

    PROFILE is a TOML file as `hub feeds profile --learn` proposes it; with --source
    it is left out. FILE is a file with one message or many, or a folder of such
    files. Prints the content of the messages: facts, warnings, problems and what to
    do about them. The exit status is 1 where a file cannot be read.
    """
    named = ctx.get_parameter_source("config") is ParameterSource.COMMANDLINE
    if named and source is None:
        raise click.UsageError("--config goes with --source.")
    if source is None:
        feed, files = written_feed(paths[0], normaliser), paths[1:]
    else:
        feed, files = configured_feed(config, source), paths
    gathered = gather(files)
    click.echo("This is the content of messages. Nothing of it is stored.", err=True)
    problems = 0
    for trial in _trials(feed, gathered, fields=fields):
        problems += trial.problem is not None
        _show_trial(trial, as_json=as_json)
    _finish(ctx, gathered, failed=strict and problems > 0)


def _refuse_samples(paths: Sequence[Path]) -> None:
    if paths:
        raise click.UsageError("Say --learn, to look at files.")


def _show_settings(spec: NormaliserSpec, *, as_json: bool) -> None:
    settings = [
        {
            "key": name,
            "default": _default(spec.profile, name),
            "meaning": " ".join((field.description or "").split()),
        }
        for name, field in spec.profile.model_fields.items()
    ]
    if as_json:
        show_json(settings)
        return
    show_table(("key", "default", "meaning"), [list(one.values()) for one in settings])


def _default(profile: type[Settings], name: str) -> str:
    """Return the default of a setting as it would be written, "" for none."""
    field = profile.model_fields[name]
    if field.is_required():
        return ""
    default = to_jsonable_python(field.get_default(call_default_factory=True))
    return (
        default if isinstance(default, str) else msgspec.json.encode(default).decode()
    )


def _write(output: Path, text: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{output}: {error.strerror}") from error


def _show_learned(
    spec: NormaliserSpec, learned: Learned, text: str, *, as_json: bool
) -> None:
    if as_json:
        found = msgspec.to_builtins(learned)
        show_json({"normaliser": spec.name, **found, "toml": text})
        return
    rows = [(one.topic, one.value, one.count, one.remark) for one in learned.findings]
    show_table(("topic", "value", "count", "remark"), rows)
    click.echo(f"\n{text}", nl=False)


def _trials(feed: Feed, gathered: Gathered, *, fields: bool) -> Iterable[Trial]:
    for sample in gathered.samples:
        yield from feed.trials(str(sample.path), sample.body, fields=fields)


def _show_trial(trial: Trial, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(trial).decode())
        return
    for line in lines(trial):
        click.echo(printable(line))


def _finish(ctx: click.Context, gathered: Gathered, *, failed: bool = False) -> None:
    """Say what could not be read, and leave with the status that says so."""
    for error in gathered.unreadable:
        click.echo(str(error), err=True)
    ctx.exit(1 if failed or gathered.unreadable else 0)
