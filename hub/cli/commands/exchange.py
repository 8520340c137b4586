"""``hub exchange``."""

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from typing import Any

import click
from msgspec.structs import replace

from hub.cli.deciding import by_option, reason_option
from hub.cli.exchange_tables import (
    show_exchange,
    show_exchanges,
    show_partners,
    show_reconciliation,
)
from hub.cli.exchanging import bytes_of, decide, partners, reconcile
from hub.cli.loading import load_own, reader
from hub.cli.options import config_option, cursor_option, json_option, limit_option
from hub.cli.printing import show_details, show_json, show_page
from hub.contract import NormaliserSpec
from hub.coordination.exchanges.responses import meaning_of
from hub.model.files import ExchangeState
from hub.store.exchanges.views import CodeView, ExchangeDetail, codes_of
from hub.store.queries import Reader

_AGAIN = "it is checked again, as soon as a hub runs; what you saw holds it no more"


@click.group("exchange")
def command() -> None:
    """Show files of partners and for them; approve, reject, compare.

    A file that the gate holds waits until somebody approves or rejects it. A hub that
    runs is asked to do it; otherwise it is done in the store, and a hub goes on with
    it once it starts.
    """


@command.command("list")
@click.option(
    "--direction",
    type=click.Choice(["in", "out"]),
    help="Only those of partners (in), or ours (out).",
)
@click.option("--feed", help="Only those of this source or destination.")
@click.option("--partner", help="Only those of or for this partner.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in ExchangeState]),
    help="Only those in this state.",
)
@limit_option
@cursor_option
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool, **filters: Any) -> None:
    """Show the files that came or went, newest first."""
    page = reader(config).exchanges.exchanges(**filters)
    show_page(page, show_exchanges, as_json=as_json)


@command.command("show")
@click.argument("exchange_id")
@click.option("--raw", is_flag=True, help="Write the bytes of the file, nothing else.")
@click.option(
    "--reply", "place", type=int, help="Write the bytes of this reply, nothing else."
)
@json_option
@config_option
def show_command(
    exchange_id: str,
    config: Path | None,
    *,
    raw: bool,
    place: int | None,
    as_json: bool,
) -> None:
    """Show a file: its counts, what is wrong with it, its replies and its history.

    Rows that somebody should look at are shown by the sender's keys. The beginning of
    an id will do, as `hub exchange list` has it.
    """
    if raw:
        _write_raw(config, exchange_id)
        return
    loaded = load_own(config)
    store = Reader(loaded.store).exchanges
    exchange_id = store.full_id(exchange_id)
    if place is not None:
        sys.stdout.buffer.write(store.reply(exchange_id, place)[1])
        return
    found = store.exchange(exchange_id)
    found = _in_words(found, _meanings(loaded.registry.normalisers.values()))
    show_json(found) if as_json else show_exchange(found)


def _meanings(readers: Iterable[NormaliserSpec]) -> dict[str, tuple[str, ...]]:
    """Return what codes mean; where formats differ, what they mean in each of them.

    Which format a file has is only known with the whole configuration.
    """
    by: dict[str, dict[tuple[str, str], list[str]]] = {}
    for each in readers:
        for code, words in each.row_codes.items():
            by.setdefault(code, {}).setdefault(words, []).append(each.name)
    return {code: _of_formats(said) for code, said in by.items()}


def _of_formats(said: dict[tuple[str, str], list[str]]) -> tuple[str, ...]:
    if len(said) == 1:
        return next(iter(said))
    named = ((f"{', '.join(names)}: {what}", do) for (what, do), names in said.items())
    return tuple(chain.from_iterable(named))


def _in_words(
    found: ExchangeDetail, codes: Mapping[str, tuple[str, ...]]
) -> ExchangeDetail:
    known = [(code, meaning_of(code, codes)) for code in codes_of(found)]
    shown = [CodeView(code=code, meaning=words) for code, words in known if words]
    return replace(found, meanings=shown)


def _write_raw(config: Path | None, key: str) -> None:
    with bytes_of(config, key).open("rb") as file:
        copyfileobj(file, sys.stdout.buffer)


@command.command("approve")
@click.argument("exchange_id")
@by_option
@reason_option
@json_option
@config_option
def approve_command(
    exchange_id: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Let a file go on that waits: it is checked again, and nothing holds it then.

    Files that came after it may have changed what it would do.
    """
    decided = decide(config, exchange_id, "approve", by, reason)
    if not as_json and decided["state"] == ExchangeState.RECEIVED:
        decided["next"] = _AGAIN
    _show(decided, as_json=as_json)


@command.command("reject")
@click.argument("exchange_id")
@by_option
@reason_option
@json_option
@config_option
def reject_command(
    exchange_id: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Let a file end that waits: none of it is used, and its sender is told so."""
    _show(decide(config, exchange_id, "reject", by, reason), as_json=as_json)


@command.command("resend")
@click.argument("exchange_id")
@by_option
@reason_option
@json_option
@config_option
def resend_command(
    exchange_id: str, config: Path | None, *, by: str, reason: str, as_json: bool
) -> None:
    """Send a file of ours again, under the number that it has."""
    _show(decide(config, exchange_id, "resend", by, reason), as_json=as_json)


def _show(decided: dict[str, Any], *, as_json: bool) -> None:
    show_json(decided) if as_json else show_details(decided)


@command.command("partners")
@json_option
@config_option
def partners_command(config: Path | None, *, as_json: bool) -> None:
    """Show how it stands with each partner: what came, what is due, what they owe."""
    found = partners(config)
    show_json({"items": found, "next": None}) if as_json else show_partners(found)


@command.command("reconcile")
@click.argument("feed")
@click.option(
    "--count",
    type=click.IntRange(0),
    help="How many active members the partner says there are; without it, what the "
    "last file says that lists all of them.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day of our active members. Default: today.",
)
@click.option(
    "--by", default="", envvar="HUB_OPERATOR", show_envvar=True, help="Who compares."
)
@json_option
@config_option
@click.pass_context
def reconcile_command(
    ctx: click.Context,
    feed: str,
    config: Path | None,
    *,
    count: int | None,
    as_of: datetime | None,
    by: str,
    as_json: bool,
) -> None:
    """Compare our records of the source FEED with what its partner says there are.

    The exit status is 1 where they differ. What may explain it is listed by key.
    """
    day = as_of.date() if as_of else None
    found = reconcile(config, feed, count, day, by)
    show_json(found) if as_json else show_reconciliation(found)
    ctx.exit(0 if found["status"] == "clean" else 1)
