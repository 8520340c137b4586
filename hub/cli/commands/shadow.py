"""``hub shadow``."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct

from hub import config as configuration
from hub.cli.loading import discover, load_own
from hub.cli.options import config_option, json_option
from hub.cli.printing import moment, show_json, show_table
from hub.runtime import shadow
from hub.runtime.shadow_report import FieldChange, MessageChange, ShadowReport

_TIME = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])

_DECISIONS = ("subscription", "before", "after", "count")
_DELIVERIES = ("destination", "event", "told", "before", "after", "count")


def _in_utc(
    _context: click.Context, _option: click.Parameter, value: datetime | None
) -> datetime | None:
    return value and value.astimezone(UTC)


@click.group("shadow")
def command() -> None:
    """Show what another configuration would have changed; send nothing."""


@command.command("run")
@click.argument("new_config", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "since",
    type=_TIME,
    callback=_in_utc,
    metavar="TIME",
    help="Compare what was received from this time on (2026-03-10T12:00:00Z).",
)
@click.option(
    "--to",
    "before",
    type=_TIME,
    callback=_in_utc,
    metavar="TIME",
    help="Compare what was received before this time; nothing later is looked at.",
)
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
    own = load_own(config)
    changed = configuration.load(new_config, discover())
    if wanted["values"]:
        click.echo("This is the content of messages.", err=True)
    report = shadow.replay(changed, own.folder, shadow.Wanted(**wanted), scratch)
    show_json(report) if as_json else _show(report)


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
