"""``hub stays``."""

from pathlib import Path
from typing import Any

import click

from hub.cli.entity_tables import show_events, show_stays, since
from hub.cli.loading import reader
from hub.cli.options import config_option, cursor_option, json_option, keys_limit_option
from hub.cli.printing import show_details, show_json, show_page
from hub.store.entity_views import StayDetail


@click.command("stays")
@click.argument("key", required=False)
@click.option("--person", help="Only those of this person.")
@click.option(
    "--status", type=click.Choice(["opened", "closed"]), help="Only those that are so."
)
@keys_limit_option
@cursor_option
@json_option
@config_option
def command(
    key: str | None, config: Path | None, *, as_json: bool, **filters: Any
) -> None:
    """Show stays over sources and hospitals.

    With KEY only that one, with the messages behind it. Their content is shown by
    --json alone.
    """
    entities = reader(config).entities
    if key is None:
        page = entities.stays(**filters)
        show_page(page, show_stays, as_json=as_json)
        return
    found = entities.stay(key)
    show_json(found) if as_json else _show_one(found)


def _show_one(found: StayDetail) -> None:
    show_details(
        {
            "key": found.key,
            "person": found.person,
            "version": found.version,
            "status": found.status if found.stands else "never was",
            "setting": found.setting,
            "start": since(found.period.start),
            "end": since(found.period.end),
            "encounters": found.encounters,
            "rules": found.rules,
            "anomalies": found.anomalies,
            "messages": found.messages,
        }
    )
    show_events(found.events)
