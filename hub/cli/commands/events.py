"""``hub events``."""

from pathlib import Path
from typing import Any

import click

from hub.cli.loading import reader
from hub.cli.options import config_option, cursor_option, json_option, limit_option
from hub.cli.printing import (
    show_details,
    show_json,
    show_next,
    show_table,
    told_at,
)
from hub.store.queries import Reader

_COLUMNS = ("id", "emitted", "type", "entity", "version")


@click.command("events")
@click.argument("event_id", required=False)
@click.option("--type", help="Only those of this type (encounter.admitted).")
@click.option("--entity", help="Only those about this encounter or person.")
@click.option("--message", help="Only those that this message led to.")
@limit_option
@cursor_option
@json_option
@config_option
def command(
    event_id: str | None, config: Path | None, *, as_json: bool, **filters: Any
) -> None:
    """Show the care events that the hub emitted.

    With EVENT_ID only that one. Their content is shown by --json alone.
    """
    store = reader(config)
    if event_id is None:
        _show_list(store, filters, as_json=as_json)
        return
    event = store.event(event_id)
    show_json(event) if as_json else show_details(_outside(event))


def _show_list(store: Reader, filters: dict[str, Any], *, as_json: bool) -> None:
    page = store.events(**filters)
    if as_json:
        show_json(page)
        return
    outsides = [_outside(event) for event in page.items]
    show_table(_COLUMNS, [[event[name] for name in _COLUMNS] for event in outsides])
    show_next(page.next)


def _outside(event: dict[str, Any]) -> dict[str, object]:
    """Return what an event says about itself, without what it says of a person."""
    entity, source = event.get("entity", {}), event.get("source", {})
    return {
        "id": event.get("id"),
        "emitted": told_at(event.get("times", {}).get("emitted")),
        "type": event.get("type"),
        "entity": entity.get("key"),
        "version": entity.get("version"),
        "feed": source.get("feed"),
        "trigger": source.get("trigger"),
        "basis": event.get("basis"),
        "causes": event.get("causes"),
    }
