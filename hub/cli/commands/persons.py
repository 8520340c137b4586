"""``hub persons``."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hub.cli.entity_tables import (
    show_encounters,
    show_records,
    show_stays,
    show_timeline,
    show_transitions,
)
from hub.cli.loading import reader
from hub.cli.options import (
    config_option,
    cursor_option,
    json_option,
    keys_limit_option,
    known_at_option,
)
from hub.cli.printing import show_details, show_json, show_next, show_table
from hub.store.entity_queries import EntityReader
from hub.store.entity_views import PersonDetail, PersonView
from hub.store.views import Page


@click.command("persons")
@click.argument("key", required=False)
@click.option(
    "--timeline",
    is_flag=True,
    help="What happened to them, in that order; with --limit the latest of it.",
)
@known_at_option
@click.option("--system", help="Only whom this authority gave the --value.")
@click.option(
    "--value", help="The identifier to look for; asked for where it is left out."
)
@keys_limit_option
@cursor_option
@json_option
@config_option
def command(
    key: str | None,
    known_at: datetime | None,
    system: str | None,
    value: str | None,
    config: Path | None,
    *,
    timeline: bool,
    as_json: bool,
    **paging: Any,
) -> None:
    """Show people, and what happened to one of them.

    With KEY only that one, with --system and --value whom they identify. Their
    content is shown by --json alone.
    """
    if key is None and (timeline or known_at):
        raise click.UsageError("--timeline and --known-at need a KEY.")
    if value is not None and system is None:
        raise click.UsageError("--value needs a --system.")
    entities = reader(config).entities
    if key is None:
        _show_list(_found(entities, system, value, paging), as_json=as_json)
    elif timeline:
        found = entities.timeline(key, known_at=known_at, limit=paging["limit"])
        show_json(found) if as_json else show_timeline(found)
    else:
        person = entities.person(key, known_at)
        show_json(person) if as_json else _show_one(person)


def _found(
    entities: EntityReader,
    system: str | None,
    value: str | None,
    paging: dict[str, Any],
) -> Page[PersonView]:
    if system is None:
        return entities.persons(**paging)
    if value is None:
        # What is typed at a prompt is in no list of processes and no history.
        value = click.prompt("Identifier", err=True)
    return entities.find_persons(system, str(value))


def _show_list(page: Page[PersonView], *, as_json: bool) -> None:
    if as_json:
        show_json(page)
        return
    rows = [
        (each.key, each.version, len(each.identifiers), len(each.demographics))
        for each in page.items
    ]
    show_table(["key", "version", "identifiers", "fields"], rows)
    show_next(page.next)


def _show_one(person: PersonDetail) -> None:
    show_details(
        {
            "key": person.key,
            "version": person.version,
            "identifiers": len(person.identifiers),
            "fields": list(person.demographics),
        }
    )
    if person.encounters:
        click.echo("\nencounters")
        show_encounters(person.encounters)
    if person.stays:
        click.echo("\nstays")
        show_stays(person.stays)
    if person.transitions:
        click.echo("\ntransitions")
        show_transitions(person.transitions)
    if person.records:
        click.echo("\nrecords")
        show_records(person.records)
