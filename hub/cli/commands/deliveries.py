"""``hub deliveries``."""

from pathlib import Path
from typing import Any

import click
import msgspec

from hub.cli.loading import reader
from hub.cli.options import config_option, cursor_option, json_option, limit_option
from hub.cli.printing import show_details, show_json, show_next, show_table
from hub.model.delivery import DeliveryState
from hub.store.queries import Reader
from hub.store.views import DeliveryDetail

_COLUMNS = (
    *("id", "destination", "state", "attempts", "next_attempt_at"),
    *("receipt", "error_code"),
)
_ATTEMPT = ("number", "started_at", "ended_at", "outcome", "evidence", "error_code")


@click.command("deliveries")
@click.argument("delivery_id", required=False)
@click.option("--destination", help="Only those to this destination.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only those in this state.",
)
@click.option("--event", help="Only those of this event.")
@limit_option
@cursor_option
@json_option
@config_option
def command(
    delivery_id: str | None, config: Path | None, *, as_json: bool, **filters: Any
) -> None:
    """Show what is, was or will be sent.

    With DELIVERY_ID only that one, with each attempt.
    """
    store = reader(config)
    if delivery_id is None:
        _show_list(store, filters, as_json=as_json)
        return
    delivery = store.delivery(delivery_id)
    show_json(delivery) if as_json else _show_one(delivery)


def _show_list(store: Reader, filters: dict[str, Any], *, as_json: bool) -> None:
    page = store.deliveries(**filters)
    if as_json:
        show_json(page)
        return
    rows = [[getattr(item, column) for column in _COLUMNS] for item in page.items]
    show_table(_COLUMNS, rows)
    show_next(page.next)


def _show_one(delivery: DeliveryDetail) -> None:
    details = msgspec.structs.asdict(delivery)
    history = details.pop("history")
    show_details(details)
    if history:
        click.echo()
        show_table(
            _ATTEMPT, [[getattr(each, name) for name in _ATTEMPT] for each in history]
        )
