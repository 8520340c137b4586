"""``hub directory``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import msgspec

from hub.cli.client import ask, expected
from hub.cli.deciding import by_option, reason_option
from hub.cli.directory_tables import (
    show_decided,
    show_diff,
    show_feeds,
    show_held,
    show_object,
    show_objects,
    show_report,
    show_runs,
)
from hub.cli.loading import load_own, reader
from hub.cli.options import config_option, cursor_option, json_option, limit_option
from hub.cli.printing import show_json, show_page
from hub.coordination.directory.codes import MEANINGS
from hub.store.acting import LOCAL, Actor
from hub.store.directory import holding, runs
from hub.store.directory.reading import Meanings, numbers_of
from hub.store.directory.views import FeedView, HeldView
from hub.store.errors import DataFolderLockedError
from hub.store.journal import microseconds
from hub.store.store import Store, call_at_once
from hub.store.views import Page

_STATES = (
    *("waiting", "applying", "held", "applied", "rejected", "failed", "unchanged"),
)
feed_option = click.option("--feed", help="Only of this source.")


@click.group("directory")
def command() -> None:
    """Show directories of services, and what changed; approve, reject.

    A refresh in which too much is gone, or new, waits until somebody approves or
    rejects it, and so do other phone numbers of who has open referrals.
    """


@command.command("feeds")
@json_option
@config_option
def feeds_command(config: Path | None, *, as_json: bool) -> None:
    """Show the directories: how current and how good they are."""
    found = Page[FeedView](reader(config).directories.feeds(), None)
    show_page(found, show_feeds, as_json=as_json)


@command.command("runs")
@feed_option
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--held", is_flag=True, help="Changes that wait for a person, instead.")
@limit_option
@cursor_option
@json_option
@config_option
def runs_command(
    config: Path | None,
    *,
    held: bool,
    as_json: bool,
    feed: str | None,
    **filters: Any,
) -> None:
    """Show refreshes of directories, newest first."""
    directories = reader(config).directories
    if held:
        waiting = Page[HeldView](directories.held(feed), None)
        show_page(waiting, show_held, as_json=as_json)
        return
    show_page(directories.runs(feed=feed, **filters), show_runs, as_json=as_json)


@command.command("diff")
@click.argument("run")
@limit_option
@cursor_option
@json_option
@config_option
def diff_command(
    run: str, config: Path | None, *, as_json: bool, **paging: Any
) -> None:
    """Show what a refresh did; of one that waits, what made it wait."""
    _, number = numbers_of(run)
    page = reader(config).directories.diff(number, **paging)
    show_page(page, show_diff, as_json=as_json)


@command.command("report")
@click.argument("feed")
@json_option
@config_option
def report_command(feed: str, config: Path | None, *, as_json: bool) -> None:
    """Show how good a directory is, what is wrong with it, and what to do."""
    found = reader(config).directories.report(feed, _meanings(config))
    show_json(found) if as_json else show_report(found)


@command.command("show")
@click.argument("key", required=False)
@click.option(
    "--type",
    "kind",
    type=click.Choice(["service", "organization", "location"]),
    default="service",
    show_default=True,
    help="What is listed.",
)
@feed_option
@click.option("--name", help="Only those with this in their names.")
@limit_option
@cursor_option
@json_option
@config_option
def show_command(
    key: str | None,
    config: Path | None,
    *,
    kind: str,
    as_json: bool,
    **filters: Any,
) -> None:
    """Show services, or one object by its key."""
    directories = reader(config).directories
    if key is None:
        page = directories.objects(kind, **filters)
        show_page(page, show_objects, as_json=as_json)
        return
    found = directories.object(key)
    show_json(found) if as_json else show_object(found)


@command.command("approve")
@click.argument("run")
@by_option
@reason_option
@json_option
@config_option
def approve_command(
    run: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Let a refresh go on that waits: RUN is its number, or that of a change (h5).

    A refresh is compared again, as soon as a hub runs; what held it does no more.
    """
    _show(_decide(config, run, by, reason, approved=True), run, as_json=as_json)


@command.command("reject")
@click.argument("run")
@by_option
@reason_option
@json_option
@config_option
def reject_command(
    run: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Let a refresh end that waits, or a change (h5): none of it is used."""
    _show(_decide(config, run, by, reason, approved=False), run, as_json=as_json)


def _show(decided: dict[str, Any], run: str, *, as_json: bool) -> None:
    show_json(decided) if as_json else show_decided(run, decided["state"])


def _decide(
    config: Path | None, told: str, by: str, reason: str, *, approved: bool
) -> dict[str, Any]:
    """Decide in the store, or have a hub do it that runs."""
    kind, number = numbers_of(told)
    loaded = load_own(config)
    at = microseconds(datetime.now(UTC))
    given = (number, Actor(by, LOCAL.role), reason, at, approved)
    try:
        with Store(loaded.folder, call_at_once) as store:
            if kind == "held":
                made = holding.DecidedHeld(*given)
                return {"id": told, "state": store.writer.call(holding.decide, made)}
            decided = runs.DecidedRun(*given)
            return {"id": told, "state": store.writer.call(runs.decide, decided)}
    except DataFolderLockedError:
        act = "approve" if approved else "reject"
        path = f"/api/v1/directory/runs/{quote(told, safe='')}/{act}"
        content = msgspec.json.encode({"by": by, "reason": reason})
        return expected(ask(loaded.config.admin, "POST", path, content))


def _meanings(config: Path | None) -> Meanings:
    found = dict(MEANINGS)
    for each in load_own(config).registry.normalisers.values():
        if each.directory is not None:
            found |= each.row_codes
    return found
