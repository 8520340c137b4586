"""``hub episodes``."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from msgspec import convert
from msgspec.structs import asdict

from hub.admin.panel_handlers import Followed, Left
from hub.admin.panel_parameters import EpisodeGiven
from hub.admin.parameters import parse_body
from hub.cli.client import ask, expected
from hub.cli.loading import load, load_own, reader
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_table
from hub.coordination.ids import Keys
from hub.coordination.panel_errors import NoEpisodesError
from hub.runtime.panel_episodes import follow, leave
from hub.runtime.wiring import episodes
from hub.store.errors import DataFolderLockedError
from hub.store.panel_episodes import DAYS_AFTER
from hub.store.panel_views import EpisodeView, EpisodeWanted
from hub.store.store import Store, call_at_once


@click.group("episodes")
def command() -> None:
    """Let subscriptions follow single encounters and stays.

    For subscriptions with `panel = "episode"`. What is followed ends by itself: on a
    day that you name, or some days after the encounter ended. A hub that runs is
    asked to add and end; otherwise it is done in the store.
    """


@command.command("list")
@click.option("--subscription", help="Only what this subscription follows.")
@json_option
@config_option
def list_command(
    subscription: str | None, config: Path | None, *, as_json: bool
) -> None:
    """Show what subscriptions follow, newest first."""
    found = reader(config).panels.episodes(subscription)
    if as_json:
        show_json({"items": found, "next": None})
        return
    columns = EpisodeView.__struct_fields__
    show_table(columns, [list(asdict(each).values()) for each in found])


@command.command("add")
@click.argument("subscription")
@click.option("--entity", default="", help="The hub's key of the encounter or stay.")
@click.option(
    "--visit",
    nargs=3,
    metavar="SOURCE SYSTEM NUMBER",
    help="Instead of --entity: the number of the visit, who gave it, and the source.",
)
@click.option(
    "--patient-id", required=True, help="The subscriber's own number for the person."
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day; else it ends some days after the encounter did.",
)
@click.option(
    "--days-after",
    type=click.IntRange(0, 3650),
    default=DAYS_AFTER,
    show_default=True,
    help="How many days it lasts after the encounter ended.",
)
@json_option
@config_option
def add_command(
    config: Path | None,
    *,
    visit: tuple[str, str, str] | None,
    until: datetime | None,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Let SUBSCRIPTION follow an encounter or a stay from now on."""
    if visit:
        source, system, value = visit
        wanted["visit"] = {"source": source, "system": system, "value": value}
    if until:
        wanted["until"] = until.date().isoformat()
    found = _add(config, json.dumps(wanted).encode())
    show_json(found) if as_json else show_table(*_row(found))


@command.command("end")
@click.argument("subscription")
@click.argument("entity")
@json_option
@config_option
def end_command(
    subscription: str, entity: str, config: Path | None, *, as_json: bool
) -> None:
    """Let SUBSCRIPTION follow ENTITY no longer."""
    found = _end(config, subscription, entity)
    show_json(found) if as_json else show_table(*_row(found))


def _add(config: Path | None, body: bytes) -> Followed:
    loaded = load_own(config)
    wanted = convert(parse_body(EpisodeGiven, body).model_dump(), EpisodeWanted)
    try:
        with Store(loaded.folder, call_at_once) as store:
            if wanted.subscription not in episodes(load(config).config):
                raise NoEpisodesError
            key = follow(store.writer, Keys(store.secret), wanted)
            return Followed(wanted.subscription, key)
    except DataFolderLockedError:
        answered = ask(loaded.config.admin, "POST", "/api/v1/episodes", body)
        return convert(expected(answered), Followed)


def _end(config: Path | None, subscription: str, key: str) -> Left:
    loaded = load_own(config)
    try:
        with Store(loaded.folder, call_at_once) as store:
            leave(store.writer, Keys(store.secret), subscription, key)
            return Left(subscription, key)
    except DataFolderLockedError:
        named = "/".join(quote(each, safe="") for each in (subscription, key))
        answered = ask(loaded.config.admin, "DELETE", f"/api/v1/episodes/{named}")
        return convert(expected(answered), Left)


def _row(found: Followed | Left) -> tuple[list[str], list[list[str]]]:
    return ["subscription", "entity"], [[found.subscription, found.entity]]
