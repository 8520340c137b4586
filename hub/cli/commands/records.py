"""``hub records``."""

from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import click

from hub.cli.entity_tables import show_events, show_facts, show_records
from hub.cli.loading import reader
from hub.cli.options import (
    config_option,
    cursor_option,
    json_option,
    keys_limit_option,
    known_at_option,
)
from hub.cli.printing import show_details, show_json, show_page
from hub.model.facts import RecordKind
from hub.store.entity_views import RecordDetail


@click.command("records")
@click.argument("key", required=False)
@click.option(
    "--kind", type=click.Choice(get_args(RecordKind)), help="Only those of this kind."
)
@click.option("--person", help="Only those of this person.")
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
    """Show referrals, tasks, consents and all else that is stated of people.

    With KEY only that one, with the messages behind it. Their content is shown by
    --json alone.
    """
    if key is None and known_at:
        raise click.UsageError("--known-at needs a KEY.")
    entities = reader(config).entities
    if key is None:
        page = entities.records(**filters)
        show_page(page, show_records, as_json=as_json)
        return
    found = entities.record(key, known_at)
    show_json(found) if as_json else _show_one(found)


def _show_one(found: RecordDetail) -> None:
    show_details(
        {
            "key": found.key,
            "kind": found.kind,
            "person": found.person,
            "version": found.version,
            "fields": list(found.details),
        }
    )
    show_facts(found.facts)
    show_events(found.events)
