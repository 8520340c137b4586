"""``hub encounters``."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hub.cli.entity_tables import (
    show_encounters,
    show_events,
    show_facts,
    since,
)
from hub.cli.loading import reader
from hub.cli.options import (
    config_option,
    cursor_option,
    json_option,
    keys_limit_option,
    known_at_option,
)
from hub.cli.printing import show_details, show_json, show_page
from hub.model.encounters import EncounterStatus
from hub.store.entity_views import EncounterDetail


@click.command("encounters")
@click.argument("key", required=False)
@click.option("--person", help="Only those of this person.")
@click.option(
    "--status",
    type=click.Choice([status.value for status in EncounterStatus]),
    help="Only those with this status.",
)
@known_at_option
@keys_limit_option
@cursor_option
@json_option
@config_option
def command(
    key: str | None,
    known_at: datetime | None,
    config: Path | None,
    *,
    as_json: bool,
    **filters: Any,
) -> None:
    """Show encounters, and the messages behind them.

    With KEY only that one, with the facts that it rests on. Their content is shown
    by --json alone.
    """
    if key is None and known_at:
        raise click.UsageError("--known-at needs a KEY.")
    entities = reader(config).entities
    if key is None:
        page = entities.encounters(**filters)
        show_page(page, show_encounters, as_json=as_json)
        return
    found = entities.encounter(key, known_at)
    show_json(found) if as_json else _show_one(found)


def _show_one(found: EncounterDetail) -> None:
    show_details(
        {
            "key": found.key,
            "person": found.person,
            "identity": found.identity,
            "into": found.into,
            "includes": found.includes,
            "case": found.case,
            "version": found.version,
            "status": found.status,
            "classes": [each.value.code for each in found.classes],
            "start": since(found.period.start),
            "end": since(found.period.end),
            "pending": list(found.pending),
            "anomalies": found.anomalies,
        }
    )
    show_facts(found.facts)
    show_events(found.events)
