"""``hub transitions``."""

from pathlib import Path
from typing import Any

import click

from hub.cli.entity_tables import show_events, show_transitions
from hub.cli.loading import reader
from hub.cli.options import config_option, cursor_option, json_option, keys_limit_option
from hub.cli.printing import show_details, show_json, show_page, show_table
from hub.coordination.clocks.transition import TransitionState
from hub.store.entity_views import TransitionDetail

_CLOCK = ("name", "programme", "due", "status", "settled_at", "basis")


@click.command("transitions")
@click.argument("key", required=False)
@click.option("--person", help="Only those of this person.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in TransitionState]),
    help="Only those in this state.",
)
@keys_limit_option
@cursor_option
@json_option
@config_option
def command(
    key: str | None, config: Path | None, *, as_json: bool, **filters: Any
) -> None:
    """Show what is due after stays, and what became of it.

    With KEY only that one, with each of its clocks.
    """
    entities = reader(config).entities
    if key is None:
        page = entities.transitions(**filters)
        show_page(page, show_transitions, as_json=as_json)
        return
    found = entities.transition(key)
    show_json(found) if as_json else _show_one(found)


def _show_one(found: TransitionDetail) -> None:
    show_details(
        {
            "key": found.key,
            "person": found.person,
            "stay": found.stay,
            "version": found.version,
            "state": found.state,
            "from": found.from_setting,
            "to": found.to_setting,
            "discharge": found.discharge_at,
        }
    )
    click.echo("\nclocks")
    rows = [[clock.get(name) for name in _CLOCK] for clock in found.clocks]
    show_table(_CLOCK, rows)
    show_events(found.events)
