"""``hub panels``."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import click
from msgspec import convert
from msgspec.structs import asdict

from hub.admin.panel_handlers import Taken
from hub.cli.client import ask, expected
from hub.cli.deciding import by_option, reason_option
from hub.cli.loading import Loaded, load, load_own, reader
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_details, show_json, show_table
from hub.config import HubConfig
from hub.runtime.panel_loading import Given, Loader
from hub.store.errors import DataFolderLockedError
from hub.store.panel_views import LoadView, PanelView
from hub.store.panels import WAITING
from hub.store.queries import Reader
from hub.store.store import Store, call_at_once

_LOAD = ("id", "mode", "state", "members", "added", "removed", "created_at", "reason")


@click.group("panels")
def command() -> None:
    """Show whom recipients look after; load, approve and refuse lists.

    A list takes effect as a whole. One that loses too many members waits until
    somebody approves it. A hub that runs is asked to load and to decide; otherwise it
    is done in the store.
    """


@command.command("list")
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool) -> None:
    """Show the panels for which a list was ever given."""
    found = reader(config).panels.panels()
    if as_json:
        show_json({"items": found, "next": None})
        return
    columns = PanelView.__struct_fields__
    show_table(columns, [list(asdict(each).values()) for each in found])


@command.command("show")
@click.argument("name")
@json_option
@config_option
def show_command(name: str, config: Path | None, *, as_json: bool) -> None:
    """Show a panel with the lists that were given for it, newest first."""
    found = reader(config).panels.panel(name)
    if as_json:
        show_json(found)
        return
    details = asdict(found)
    loads = details.pop("loads")
    show_details(details)
    click.echo()
    _show_loads(loads)


@command.command("load")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--delta", is_flag=True, help="It has what changed, with a column `op`.")
@click.option(
    "--by", default="", envvar="HUB_OPERATOR", show_envvar=True, help="Who gives it."
)
@json_option
@config_option
@click.pass_context
def load_command(
    ctx: click.Context,
    name: str,
    file: Path,
    config: Path | None,
    *,
    delta: bool,
    by: str,
    as_json: bool,
) -> None:
    """Load FILE as a list of the panel NAME.

    The exit status is 1 where it is not in force afterwards.
    """
    given = Given(name, file.absolute(), "delta" if delta else "full", by)
    taken = _give(config, given)
    if taken.load is None:
        click.echo(f"It is being loaded: look at `hub panels show {name}`.", err=True)
    elif not as_json:
        _show_loads([taken.load])
        _say_what_waits(taken.load)
    if as_json:
        show_json(taken)
    ctx.exit(0 if taken.load and taken.load.state == "applied" else 1)


@command.command("approve")
@click.argument("load_id")
@by_option
@reason_option
@json_option
@config_option
def approve_command(
    load_id: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Put a list in force that waits because it loses too many members."""
    found = _decide(config, load_id, "approve", by, reason)
    show_json(found) if as_json else _show_loads([found])


@command.command("refuse")
@click.argument("load_id")
@by_option
@reason_option
@json_option
@config_option
def refuse_command(
    load_id: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Drop a list that waits; what is in force stays so."""
    found = _decide(config, load_id, "refuse", by, reason)
    show_json(found) if as_json else _show_loads([found])


def _give(config: Path | None, given: Given) -> Taken:
    loaded = load_own(config)
    try:
        key = _in_store(loaded, config, lambda loader: loader.load(given))
    except DataFolderLockedError:
        return _send(loaded, given)
    return Taken(Reader(loaded.store).panels.load(key))


def _send(loaded: Loaded, given: Given) -> Taken:
    query = urlencode({"mode": given.mode, "by": given.by})
    path = f"/api/v1/panels/{quote(given.panel, safe='')}?{query}"
    with given.file.open("rb") as content:
        body = expected(ask(loaded.config.admin, "PUT", path, content))
    return convert(body, Taken)


def _decide(
    config: Path | None, key: str, decision: str, by: str, reason: str
) -> LoadView:
    loaded = load_own(config)
    known = Reader(loaded.store).panels.load(key)
    said = {"by": by, "reason": reason}
    try:
        _in_store(loaded, config, lambda loader: getattr(loader, decision)(key, **said))
    except DataFolderLockedError:
        path = f"/api/v1/panels/{quote(known.panel)}/loads/{key}/{decision}"
        content = json.dumps(said).encode()
        body = expected(ask(loaded.config.admin, "POST", path, content))
        return convert(body, LoadView)
    return Reader(loaded.store).panels.load(key)


def _in_store(
    loaded: Loaded, config: Path | None, work: Callable[[Loader], Any]
) -> Any:
    """Do something where no hub runs. Raises DataFolderLockedError where one does."""
    with Store(loaded.folder, call_at_once) as store:
        told: HubConfig = load(config).config
        loader = Loader(store.writer, store.reader, store.folder, told.panels, rest=0)
        loader.recover()
        result = work(loader)
        loader.tidy()
        return result


def _say_what_waits(load: LoadView) -> None:
    if load.state == WAITING:
        click.echo(
            f"It loses too many members, and waits: `hub panels approve {load.id}` "
            "puts it in force, `hub panels refuse` drops it.",
            err=True,
        )


def _show_loads(loads: Sequence[LoadView]) -> None:
    show_table(_LOAD, [[getattr(each, name) for name in _LOAD] for each in loads])
