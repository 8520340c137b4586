"""``hub messages``."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from hub.cli.loading import reader
from hub.cli.options import config_option, cursor_option, json_option, limit_option
from hub.cli.printing import show_details, show_json, show_next, show_table
from hub.model.message import MessageState
from hub.store.queries import Reader
from hub.store.views import MessageDetail

_COLUMNS = ("id", "received_at", "source", "message_type", "control_id", "state")


@click.command("messages")
@click.argument("message_id", required=False)
@click.option(
    "--raw", is_flag=True, help="Write the bytes of the message, and nothing else."
)
@click.option("--source", help="Only those of this source.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in MessageState]),
    help="Only those in this state.",
)
@click.option("--control-id", help="Only those that the sender gave this id.")
@click.option("--type", "message_type", help="Only those of this type (ADT^A01).")
@click.option("--parent", help="Only those that came inside this message.")
@limit_option
@cursor_option
@json_option
@config_option
def command(
    message_id: str | None,
    config: Path | None,
    *,
    raw: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Show the messages that the hub received.

    With MESSAGE_ID only that one. Its content is shown by --raw alone.
    """
    if raw and message_id is None:
        raise click.UsageError("--raw needs a MESSAGE_ID.")
    store = reader(config)
    if message_id is None:
        _show_list(store, filters, as_json=as_json)
    elif raw:
        _write_raw(store.raw(message_id))
    else:
        found = store.message(message_id)
        show_json(found) if as_json else _show_one(found)


def _show_one(found: MessageDetail) -> None:
    details = msgspec.structs.asdict(found)
    remarks = details.pop("validation")
    if remarks is not None:
        details["validation"] = f"{len(remarks)} remarks"
    show_details(details)
    if remarks:
        click.echo()
        rows = [(each.severity, each.place, each.text) for each in remarks]
        show_table(["severity", "place", "remark"], rows)


def _write_raw(body: bytes) -> None:
    """Write the bytes as they are; on a terminal, each segment on a line."""
    if sys.stdout.isatty():
        # A bare CR would print each segment over the one before.
        body = body.replace(b"\r\n", b"\r").replace(b"\r", b"\n") + b"\n"
    sys.stdout.buffer.write(body)


def _show_list(store: Reader, filters: dict[str, Any], *, as_json: bool) -> None:
    page = store.messages(**filters)
    if as_json:
        show_json(page)
        return
    rows = [
        [*(getattr(item, column) for column in _COLUMNS), item.error_code]
        for item in page.items
    ]
    show_table([*_COLUMNS, "error"], rows)
    show_next(page.next)
