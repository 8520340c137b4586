"""``hub persons``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from hub.cli.deciding import (
    again_option,
    by_option,
    decide,
    reason_option,
    show_decided,
)
from hub.cli.entity_tables import (
    show_encounters,
    show_links,
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
from hub.store.context import DEFAULT_DAYS, MOST_DAYS
from hub.store.context_views import PersonContext
from hub.store.entity_queries import EntityReader
from hub.store.entity_views import PersonDetail, PersonView
from hub.store.views import Page


class _Persons(click.Group):
    """A group whose command is ``show`` where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is no command for what is to be shown."""
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["show", *args])


@click.group("persons", cls=_Persons)
def command() -> None:
    """Show people and what happened to one of them; merge and split.

    Without a command it is that of `hub persons show`.
    """


@command.command("show")
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
def show_command(
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

    With KEY only the person that this identity belongs to, with --system and --value
    whom they identify. Their content is shown by --json alone.
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


@command.command("context")
@click.argument("key")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    help="How many days back stays and visits are recent.",
)
@json_option
@config_option
def context_command(key: str, days: int, config: Path | None, *, as_json: bool) -> None:
    """Show what care managers ask of the person KEY first, at one look.

    Recent stays, risks, needs, plans, tasks, who cares for them, what they consented
    to. The content is shown by --json alone.
    """
    found = reader(config).entities.context(key, datetime.now(UTC), days)
    show_json(found) if as_json else _show_context(found)


@command.command("merge")
@click.argument("key")
@click.argument("other")
@by_option
@reason_option
@again_option
@json_option
@config_option
def merge_command(
    key: str, other: str, config: Path | None, *, as_json: bool, **said: Any
) -> None:
    """Decide that KEY and OTHER are one person.

    Where something sensitive is known of one of them, the first who decides so only
    recommends it, and a second person must decide the same.
    """
    found = decide(config, "persons", key, "/merge", **{"with": other}, **said)
    show_decided(found, as_json=as_json)


@command.command("split")
@click.argument("key")
@click.argument("identity")
@by_option
@reason_option
@again_option
@json_option
@config_option
def split_command(
    key: str, identity: str, config: Path | None, *, as_json: bool, **said: Any
) -> None:
    """Decide that IDENTITY is not of the person KEY.

    What was told of it as that person's is taken back, and told anew.
    """
    found = decide(config, "persons", key, "/split", identity=identity, **said)
    show_decided(found, as_json=as_json)


def _show_context(found: PersonContext) -> None:
    visits, stays = found.emergency_visits, found.inpatient_stays
    listed = {
        name: len(value)
        for name, value in msgspec.structs.asdict(found).items()
        if isinstance(value, list)
    }
    show_details(
        {
            "key": found.key,
            "emergency visits in 365 days": visits.days_365,
            "stays in hospital in 365 days": stays.days_365,
            "readmissions in 365 days": found.readmissions.days_365,
            **listed,
        }
    )


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
        (
            each.key,
            each.version,
            len(each.identities),
            len(each.identifiers),
            len(each.demographics),
        )
        for each in page.items
    ]
    show_table(["key", "version", "identities", "identifiers", "fields"], rows)
    show_next(page.next)


def _show_one(person: PersonDetail) -> None:
    show_details(
        {
            "key": person.key,
            "version": person.version,
            "identities": [each.key for each in person.identities],
            "identifiers": len(person.identifiers),
            "fields": list(person.demographics),
            "said otherwise": list(person.alternatives),
        }
    )
    if person.links:
        click.echo("\nlinks")
        show_links(person.links)
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
