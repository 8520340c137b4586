"""``hub replay``."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
from msgspec import Struct

from hub.admin.context import ReplayKind
from hub.cli.client import post_replay
from hub.cli.loading import Loaded, load_own
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_table
from hub.model.delivery import DeliveryState
from hub.store.acting import LOCAL
from hub.store.errors import DataFolderLockedError
from hub.store.queries import MAX_LIMIT, Reader
from hub.store.query_errors import UnknownIdError
from hub.store.replay import APPLY, Wanted
from hub.store.store import Store, call_at_once


class Replayed(Struct, frozen=True):
    """One thing that was asked for; `replayed` says whether it is done again."""

    kind: ReplayKind
    id: str
    replayed: bool


@click.command("replay")
@click.argument("ids", nargs=-1, metavar="[MESSAGE_ID|DELIVERY_ID]...")
@click.option("--dead", is_flag=True, help="All deliveries that were given up.")
@click.option("--destination", help="With --dead: only those to this destination.")
@json_option
@config_option
@click.pass_context
def command(
    ctx: click.Context,
    ids: tuple[str, ...],
    destination: str | None,
    config: Path | None,
    *,
    dead: bool,
    as_json: bool,
) -> None:
    """Let messages be processed, or deliveries sent, again.

    Takes parked and unmapped messages, and deliveries that are not waiting. A
    hub that runs does it at once; otherwise it is done when the hub is started.
    The exit status is 1 where something named could not be replayed.
    """
    if bool(ids) == dead:
        raise click.UsageError("Give ids, or --dead.")
    if destination is not None and not dead:
        raise click.UsageError("--destination goes with --dead.")
    loaded = load_own(config)
    reader = Reader(loaded.store)
    found = _dead(reader, destination) if dead else (_find(reader, key) for key in ids)
    wanted = list(found)
    results = _replay(loaded, wanted) if wanted else []
    _show(results, as_json=as_json)
    ctx.exit(0 if all(each.replayed for each in results) else 1)


def _find(reader: Reader, key: str) -> tuple[ReplayKind, str]:
    try:
        reader.message(key)
    except UnknownIdError:
        reader.delivery(key)
        return "delivery", key
    return "message", key


def _dead(reader: Reader, destination: str | None) -> Iterator[tuple[ReplayKind, str]]:
    """Yield all dead deliveries, oldest first: the order they were held in."""
    keys: list[str] = []
    cursor: str | None = None
    while True:
        page = reader.deliveries(
            state=DeliveryState.DEAD.value,
            destination=destination,
            limit=MAX_LIMIT,
            cursor=cursor,
        )
        keys += [item.id for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    yield from (("delivery", key) for key in reversed(keys))


def _replay(loaded: Loaded, wanted: list[tuple[ReplayKind, str]]) -> list[Replayed]:
    """Do it in the store, or where a hub owns the store, let that hub do it."""
    try:
        return _replay_offline(loaded.folder, wanted)
    except DataFolderLockedError:
        return _each(wanted, lambda *what: post_replay(loaded.config.admin, *what))


def _replay_offline(
    folder: Path, wanted: list[tuple[ReplayKind, str]]
) -> list[Replayed]:
    """Raises DataFolderLockedError where a hub owns the folder."""
    with Store(folder, call_at_once) as store:
        return _each(
            wanted, lambda kind, key: store.writer.call(APPLY[kind], Wanted(key, LOCAL))
        )


def _each(
    wanted: list[tuple[ReplayKind, str]], replay: Callable[[ReplayKind, str], bool]
) -> list[Replayed]:
    return [Replayed(kind, key, replay(kind, key)) for kind, key in wanted]


def _show(results: list[Replayed], *, as_json: bool) -> None:
    if as_json:
        show_json(results)
        return
    rows = [
        (each.id, each.kind, "yes" if each.replayed else "nothing to do again")
        for each in results
    ]
    show_table(("id", "kind", "replayed"), rows)
