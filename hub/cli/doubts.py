"""What is known of people and cannot all be true, for ``hub check --people``."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from hub.cli.loading import Loaded
from hub.cli.printing import show_table
from hub.runtime.consistency import look_at_everybody
from hub.store.queries import open_read_only


def doubts(loaded: Loaded) -> list[dict[str, Any]]:
    """Return each finding: the person's key, what it is, what to do, where it shows.

    Raises StoreUnreadableError.
    """
    zone = ZoneInfo(loaded.config.stays.time_zone)
    with closing(open_read_only(loaded.store)) as connection:
        return [
            {
                "person": each.person,
                "code": each.error.code,
                "summary": each.error.summary,
                "remedy": each.error.remedy,
                "about": list(each.about),
            }
            for each in look_at_everybody(connection, datetime.now(zone).date())
        ]


def show_doubts(found: Sequence[dict[str, Any]]) -> None:
    """Print findings, and what to do about each kind once."""
    if not found:
        click.echo("\nNothing that is known of a person contradicts itself.")
        return
    click.echo(f"\n{len(found)} times what is known of a person contradicts itself.")
    rows = [(each["person"], each["code"], each["about"]) for each in found]
    show_table(("person", "code", "about"), rows)
    for code, each in sorted({each["code"]: each for each in found}.items()):
        click.echo(f"\n{code}: {each['summary']}. {each['remedy']}.")
