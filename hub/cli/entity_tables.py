"""Tables of encounters, stays, records, and of what is behind them.

They hold the hub's own keys and codes, and times; never what a sender wrote of a
person.
"""

from collections.abc import Sequence
from typing import Any

import click

from hub.cli.printing import show_table
from hub.model.times import FuzzyTime
from hub.store.entity_views import (
    EncounterView,
    EventBehind,
    FactBehind,
    LinkView,
    RecordView,
    StayView,
    Timeline,
    TransitionView,
)


def show_encounters(views: Sequence[EncounterView]) -> None:
    """Print where each encounter is, and from when to when."""
    rows = [
        (
            each.key,
            each.status,
            each.encounter_class.code if each.encounter_class else "",
            since(each.period.start),
            since(each.period.end),
            each.version,
        )
        for each in views
    ]
    show_table(["key", "status", "class", "start", "end", "version"], rows)


def show_links(links: Sequence[LinkView]) -> None:
    """Print what is known of each pair of identities, and by which message."""
    rows = [
        (
            each.one,
            each.other,
            each.basis,
            each.state,
            each.rule,
            each.score,
            each.reasons,
            each.message,
        )
        for each in links
    ]
    columns = ["one", "other", "basis", "state", "rule", "bits", "reasons", "message"]
    show_table(columns, rows)


def show_stays(views: Sequence[StayView]) -> None:
    """Print where each stay is, and from when to when."""
    rows = [
        (
            each.key,
            each.status if each.stands else "never was",
            each.setting,
            since(each.period.start),
            since(each.period.end),
            len(each.encounters),
            each.version,
        )
        for each in views
    ]
    columns = ["key", "status", "setting", "start", "end", "encounters", "version"]
    show_table(columns, rows)


def show_transitions(views: Sequence[TransitionView]) -> None:
    """Print each transition with how its clocks stand."""
    rows = [
        (
            each.key,
            each.state,
            each.discharge_at,
            [f"{clock['name']} {clock['status']}" for clock in each.clocks],
            each.version,
        )
        for each in views
    ]
    show_table(["key", "state", "discharge", "clocks", "version"], rows)


def show_records(views: Sequence[RecordView]) -> None:
    """Print what each record is."""
    rows = [(each.key, each.kind, each.version) for each in views]
    show_table(["key", "kind", "version"], rows)


def show_facts(facts: Sequence[FactBehind]) -> None:
    """Print what each fact is about and which message said it."""
    rows = [
        (
            each.kind,
            " ".join(filter(None, [each.cancels, each.pending])),
            since(each.occurred),
            since(each.recorded),
            each.basis,
            "" if each.stands else "no more",
            each.message,
        )
        for each in facts
    ]
    click.echo("\nfacts")
    columns = ["kind", "of", "occurred", "recorded", "basis", "stands", "message"]
    show_table(columns, rows)


def show_events(events: Sequence[EventBehind]) -> None:
    """Print each event and how it corrects another one."""
    rows = [
        (
            each.id,
            _named(each.type, each.clock),
            since(each.occurred),
            each.correction,
            each.messages,
        )
        for each in events
    ]
    click.echo("\nevents")
    show_table(["id", "type", "occurred", "correction", "messages"], rows)


def show_timeline(timeline: Timeline) -> None:
    """Print what happened, oldest first."""
    if timeline.earlier:
        click.echo(f"There are {timeline.earlier} before these.", err=True)
    rows = [
        (
            each.at,
            each.what,
            _named(each.name, each.about.get("clock")),
            each.id or each.entity,
            each.messages,
        )
        for each in timeline.items
    ]
    show_table(["at", "what", "name", "id", "messages"], rows)


def _named(name: str, clock: str | None) -> str:
    return f"{name} {clock}" if clock else name


def since(time: FuzzyTime | None) -> Any:
    """Return a time for a cell: as precise as it was said."""
    if time is None:
        return ""
    return time.earliest if time.exact else f"{time.local} ({time.precision})"
