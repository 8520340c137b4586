"""How directories are shown to people."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
from msgspec.structs import asdict

from hub.cli.printing import show_details, show_json, show_table
from hub.store.directory.views import (
    DiffView,
    FeedView,
    HeldView,
    ObjectDetail,
    ObjectView,
    RemarkView,
    ReportView,
    RunView,
)

_FEEDS = (
    *("feed", "refreshed_at", "stale_since", "hsds_version", "score"),
    *("held_runs", "held_changes", "churning"),
)
_RUNS = ("run", "feed", "state", "reason", "error_code", "mode", "received_at", "actor")
_DIFF = ("change", "type", "id", "name", "events", "fields")
_HELD = ("id", "feed", "kind", "name", "run", "held_at")
#: What comes next, by whether it is a change of an object, and the state it has then.
_NEXT = {
    (False, "waiting"): "approved; it is read again and takes effect with the next turn"
    " of a hub that runs, and `hub directory runs` says when it is applied",
    (False, "rejected"): "rejected; none of it is used, and what is in force stays",
    (True, "approved"): "approved; contacts count from now on, and a place that need"
    " not be secret is shown with the next refresh",
    (True, "rejected"): "rejected; what is known stays as it is",
}
_OBJECTS = ("key", "feed", "name", "status", "restricted", "removed")
_REMARKS = ("code", "count", "level", "severity", "fields", "what", "remedy")
#: So many fields of a remark are named; the JSON has them all.
_MOST_FIELDS = 8
_UNMAPPED = ("table", "column", "count")


def show_feeds(items: Sequence[FeedView]) -> None:
    """Print directories, one on a line, with how many services they have."""
    rows = [
        [*(getattr(each, name) for name in _FEEDS), each.counts.get("service", 0)]
        for each in items
    ]
    show_table((*_FEEDS, "services"), rows)


def show_runs(items: Sequence[RunView]) -> None:
    """Print refreshes, one on a line."""
    _table(_RUNS, items)


def show_diff(items: Sequence[DiffView]) -> None:
    """Print what a refresh did, an object on a line."""
    show_table(
        _DIFF, [[_words(getattr(each, name)) for name in _DIFF] for each in items]
    )


def show_decided(told: str, state: str) -> None:
    """Print what comes next of a refresh, or a change, that somebody decided on."""
    click.echo(f"{told}: {_NEXT.get((told[:1] == 'h', state), state)}.")


def show_held(items: Sequence[HeldView]) -> None:
    """Print changes that wait, one on a line."""
    _table(_HELD, items)


def show_objects(items: Sequence[ObjectView]) -> None:
    """Print objects, one on a line."""
    _table(_OBJECTS, items)


def show_object(found: ObjectDetail) -> None:
    """Print all that is known of an object."""
    details = asdict(found)
    record, links = details.pop("record"), details.pop("same_as")
    preferred: Mapping[str, str] = details.pop("preferred")
    details["preferred"] = [f"{name} {key}" for name, key in preferred.items()]
    show_details(details)
    if links:
        click.echo("\nlooks like the same:")
        show_table(
            ("key", "feed", "score"), [[x.key, x.feed, x.score] for x in found.same_as]
        )
    click.echo("\nrecord:")
    show_json(record)


def show_report(found: ReportView) -> None:
    """Print how good a directory is."""
    show_details(
        {
            "feed": found.feed.feed,
            "run": found.run,
            "score": found.feed.score,
            "refreshed_at": found.feed.refreshed_at,
            "stale_since": found.feed.stale_since,
            "hsds_version": found.feed.hsds_version,
            "evidence": found.evidence,
            "counts": _pairs(found.feed.counts),
            "restricted": found.restricted,
            "levels": _pairs(found.levels),
        }
    )
    if found.remarks:
        click.echo("\nremarks:")
        show_table(_REMARKS, [_remark(each) for each in found.remarks])
    if found.unmapped:
        click.echo("\nwithout a place:")
        _table(_UNMAPPED, found.unmapped)


def _remark(found: RemarkView) -> list[object]:
    """Return a line: where it is wrong, and of how many it is not said."""
    named = dict(list(found.fields.items())[:_MOST_FIELDS])
    fields = _pairs(named)
    if named and (rest := found.count - sum(named.values())):
        fields.append(f"others {rest}")
    return [fields if name == "fields" else getattr(found, name) for name in _REMARKS]


def _table(columns: Sequence[str], items: Sequence[Any]) -> None:
    show_table(columns, [[getattr(each, name) for name in columns] for each in items])


def _pairs(values: Mapping[str, int]) -> list[str]:
    return [f"{name} {value}" for name, value in values.items()]


def _words(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value
