"""``hub report``."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hub.admin.report_text import as_csv, as_json
from hub.cli.loading import find, load_own
from hub.cli.options import config_option, known_at_option
from hub.cli.written import tables
from hub.store.evidence.asked import Asked
from hub.store.evidence.reader import REPORTS, EvidenceReader


class _Moment(click.DateTime):
    """A day, which is its beginning in UTC, or a time with its offset."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time in UTC."""
        found: datetime = super().convert(value, param, ctx)
        try:
            aware = found.replace(tzinfo=UTC) if found.tzinfo is None else found
            return aware.astimezone(UTC)
        except OverflowError:
            self.fail("must be a time of this calendar", param, ctx)


@click.command("report")
@click.argument("name", type=click.Choice(list(REPORTS)))
@click.option(
    "--from",
    "since",
    type=_Moment(),
    metavar="DAY",
    help="From this day (2026-03-01, UTC) or time (2026-03-10T12:00:00Z) on.",
)
@click.option(
    "--to",
    "until",
    type=_Moment(),
    metavar="DAY",
    help="Up to this day or time, without it.",
)
@click.option(
    "--format",
    "written",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="How it is written.",
)
@known_at_option
@config_option
def command(
    name: str,
    since: datetime | None,
    until: datetime | None,
    written: str,
    known_at: datetime | None,
    config: Path | None,
) -> None:
    """Print evidence: notices, disclosures, delays and what came after.

    Reports hold no names: people stand in them by the hub's own keys. Cells of CSV
    that a table program would take for formulas have an apostrophe before them.
    """
    report = REPORTS[name]
    if known_at is not None and not report.knows_then:
        raise click.UsageError(f"{name} cannot be told as it was known at a time.")
    if since and until and since >= until:
        raise click.UsageError("--from must be before --to.")
    reader = EvidenceReader(load_own(config).store, _cadences(find(config)))
    with closing(reader.rows(name, Asked(since, until, known_at))) as rows:
        csv = written == "csv"
        for chunk in as_csv(report.columns, rows) if csv else as_json(rows):
            click.echo(chunk, nl=False)


def _cadences(path: Path) -> dict[str, str]:
    """Return at which pace subscriptions are served, as it is written."""
    found = tables(path, "subscriptions")
    return {
        name: str(table.get("cadence", "immediate")) for name, table in found.items()
    }
