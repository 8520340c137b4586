"""``hub shadow``."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct

from hub import config as configuration
from hub.cli.client import ask, expected
from hub.cli.deciding import by_option, reason_option
from hub.cli.loading import discover, load, load_own, reader
from hub.cli.options import config_option, json_option
from hub.cli.printing import moment, show_json, show_table
from hub.config import HubConfig
from hub.runtime import shadow
from hub.runtime.shadow_report import FieldChange, MessageChange, ShadowReport
from hub.store import shadow_amending
from hub.store.acting import LOCAL
from hub.store.errors import DataFolderLockedError
from hub.store.shadow_amending import AmendmentView, Approved, Line
from hub.store.shadow_profiles import digest_of
from hub.store.store import Store, call_at_once

_TIME = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])

_DECISIONS = ("subscription", "before", "after", "count")
_AMENDMENTS = (
    *("id", "approved at", "by", "reason", "messages", "waiting", "amended", "left"),
)
_DELIVERIES = ("destination", "event", "told", "before", "after", "count")


def _in_utc(
    _context: click.Context, _option: click.Parameter, value: datetime | None
) -> datetime | None:
    return value and value.astimezone(UTC)


_since_option = click.option(
    "--from",
    "since",
    type=_TIME,
    callback=_in_utc,
    metavar="TIME",
    help="Only what was received from this time on (2026-03-10T12:00:00Z).",
)
_before_option = click.option(
    "--to",
    "before",
    type=_TIME,
    callback=_in_utc,
    metavar="TIME",
    help="Only what was received before this time.",
)


@click.group("shadow")
def command() -> None:
    """Show what another configuration would have changed, and apply it.

    `run` only shows. `apply` has the hub read stored messages again, once it runs with
    the new configuration, and tell what differs as corrections.
    """


@command.command("run")
@click.argument("new_config", type=click.Path(path_type=Path))
@_since_option
@_before_option
@click.option("--source", help="Compare the messages of this source only.")
@click.option(
    "--limit",
    "details",
    type=click.IntRange(0),
    default=shadow.DETAILS,
    show_default=True,
    help="List the differences of so many messages. All are counted.",
)
@click.option(
    "--values", is_flag=True, help="Show what stands in the fields: it is content."
)
@click.option(
    "--against",
    type=click.Choice(["stored", "replayed"]),
    default="stored",
    show_default=True,
    help="Compare with what the hub did, or with what comes of it where its own "
    "configuration is played once more, too: then only the configuration counts.",
)
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder for a temporary store, about as large as the hub's.",
)
@json_option
@config_option
def run_command(
    new_config: Path,
    config: Path | None,
    scratch: Path | None,
    against: str,
    *,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Process what the hub received once more, with NEW_CONFIG; send nothing.

    The hub of --config may run on: its store is only read. Every message is processed
    at the time it was received, as though NEW_CONFIG had been in force all along, and
    timers ring in between. Shows in which events, decisions and deliveries that
    differs from what the hub did.
    """
    own = load_own(config) if against == "stored" else load(config)
    base = own.config if against == "replayed" else None
    changed = configuration.load(new_config, discover())
    if wanted["values"]:
        click.echo("This is the content of messages.", err=True)
    chosen = shadow.Wanted(**wanted)
    report = shadow.replay(changed, own.folder, chosen, scratch, against=base)
    show_json(report) if as_json else _show(report)


@command.command("apply")
@by_option
@reason_option
@_since_option
@_before_option
@click.option("--source", help="Read the messages of this source only.")
@json_option
@config_option
def apply_command(
    config: Path | None,
    by: str,
    reason: str,
    *,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Read stored messages again by the profiles of the configuration.

    It is the new one, with which the hub runs by now; where none runs, it is done when
    the hub is started. Facts that read otherwise take the place of those before, which
    stay in the history. Whoever was told hears of what differs as corrections, and
    nobody of what is not new. A message that is about somebody else now, or repairs
    numbers, stays as it is: `hub shadow amendments` says how many do.
    """
    loaded = load(config)
    profiles = digest_of(loaded.config.sources)
    try:
        found = _apply_offline(loaded.folder, by, reason, profiles, chosen)
    except DataFolderLockedError:
        found = _ask(loaded.config, by, reason, profiles, chosen)
    _show_amendments([found], as_json=as_json)


@command.command("amendments")
@json_option
@config_option
def amendments_command(config: Path | None, *, as_json: bool) -> None:
    """Show what was read again, who approved it, and how far that is."""
    _show_amendments(reader(config).amendments(), as_json=as_json)


def _apply_offline(
    folder: Path, by: str, reason: str, profiles: bytes, chosen: dict[str, Any]
) -> AmendmentView:
    """Raises DataFolderLockedError where a hub owns the folder."""
    now = datetime.now(UTC)
    approved = Approved(LOCAL, by, reason, now, profiles, **chosen)
    with Store(folder, call_at_once) as store:
        key = store.writer.call(shadow_amending.approve, approved)
        after = 0
        while after := store.writer.call(shadow_amending.line_up, Line(key, after)):
            continue
        with closing(store.reader()) as connection:
            return shadow_amending.amendments(connection)[0]


def _ask(
    config: HubConfig, by: str, reason: str, profiles: bytes, chosen: dict[str, Any]
) -> AmendmentView:
    """Raises HubUnreachableError, ApiRefusedError."""
    said = {"by": by, "reason": reason, "profiles": profiles.hex()} | {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in chosen.items()
        if value is not None
    }
    content = msgspec.json.encode(said)
    answered = expected(ask(config.admin, "POST", "/api/v1/amendments", content))
    return msgspec.convert(answered, AmendmentView)


def _show_amendments(found: Sequence[AmendmentView], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    rows = [
        (
            each.id,
            each.created_at,
            each.actor,
            each.reason,
            each.messages,
            each.waiting,
            each.amended,
            [f"{why}: {count}" for why, count in each.left.items()],
        )
        for each in found
    ]
    show_table(_AMENDMENTS, rows)


def _show(report: ShadowReport) -> None:
    until = f", up to {moment(report.until)}" if report.until else ""
    click.echo(
        f"{report.messages} messages compared{until}:"
        f" something else comes of {report.differing},"
        f" and {report.facts} say something else."
    )
    if not report.differing:
        return
    _section("Messages", ("before", "after", "count"), _rows(report.endings))
    told = [each for each in report.events if each.change != "same"]
    _section("Events", ("type", "change", "count"), _rows(told))
    _section("Decisions", _DECISIONS, _rows(report.decisions))
    _section("Deliveries", _DELIVERIES, _rows(report.deliveries))
    _section(
        f"The first {len(report.details)}",
        ("message", "source", "received", "event", "change", "fields"),
        [row for each in report.details for row in _details(each)],
    )


def _rows(counts: Sequence[Struct]) -> list[Sequence[object]]:
    return [msgspec.structs.astuple(each) for each in counts]


def _section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    if rows:
        click.echo(f"\n{title}")
        show_table(columns, rows)


def _details(change: MessageChange) -> Iterator[Sequence[object]]:
    """Yield a row for each thing that differs in what came of a message."""
    head = (change.message, change.source, change.received_at)
    if change.before != change.after:
        ends = (
            each.state if each else "none" for each in (change.before, change.after)
        )
        yield (*head, "", " → ".join(ends), "")
    for each in change.events:
        yield (*head, each.type, each.change, "; ".join(map(_field, each.fields)))


def _field(field: FieldChange) -> str:
    if field.before is msgspec.UNSET:
        return field.path
    values = (
        msgspec.json.encode(each).decode() for each in (field.before, field.after)
    )
    return f"{field.path} {' → '.join(values)}"
