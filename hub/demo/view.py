"""The live view: feeds, events, deliveries, and what happened last.

It shows counts, types and opaque keys, never anything about a person, so that a
screen may be shown to anybody.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from hub.demo.hospital import FeedCount
from hub.store.tally import Tally

REDRAWS_PER_SECOND = 4
BAR_WIDTH = 24
LATEST = 8
WORDS = frozenset({"type", "entity", "feed", "destination", "what", ""})


class Known(NamedTuple):
    """How much is known of people; `open_reviews` are questions to somebody."""

    tally: Tally = Tally()
    open_reviews: int = 0

    def rows(self) -> dict[str, int]:
        """Return each count by what it counts."""
        tally = self.tally
        return {
            "people": tally.persons,
            **{f"stays {name}": count for name, count in sorted(tally.stays.items())},
            "readmissions": tally.readmissions,
            **{
                f"transitions {name}": count
                for name, count in sorted(tally.transitions.items())
            },
            "questions who is who": self.open_reviews,
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at one moment.

    `deliveries` maps each destination to the number of its deliveries by state;
    `latest` holds type and entity key of the newest events, newest first.
    """

    feeds: Mapping[str, FeedCount] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    latest: Sequence[tuple[str, str]] = ()
    known: Known = field(default_factory=Known)


class View:
    """Draws snapshots on a terminal; elsewhere, or not `wanted`, does nothing."""

    def __init__(self, console: Console | None = None, *, wanted: bool = True) -> None:
        console = console or Console()
        self.wanted = wanted and console.is_terminal
        self._began = time.monotonic()
        self._live = Live(
            console=console, auto_refresh=False, vertical_overflow="ellipsis"
        )

    def __enter__(self) -> Self:
        if self.wanted:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.wanted:
            self._live.stop()

    def draw(self, snapshot: Snapshot) -> None:
        """Show `snapshot`."""
        if self.wanted:
            seconds = time.monotonic() - self._began
            self._live.update(render(snapshot, seconds), refresh=True)


def render(snapshot: Snapshot, seconds: float) -> RenderableType:
    """Return the whole picture, `seconds` after the beginning."""
    right = Group(_deliveries(snapshot.deliveries), _known(snapshot.known))
    counts = Columns([_events(snapshot.events), right])
    parts = Group(_feeds(snapshot.feeds, seconds), counts, _latest(snapshot.latest))
    return Panel(parts, title="Carehub demo: everybody in here is synthetic")


def _feeds(feeds: Mapping[str, FeedCount], seconds: float) -> Table:
    table = _table("Hospitals", "feed", "", "sent", "acknowledged", "per second")
    for name, count in feeds.items():
        bar = ProgressBar(count.planned, count.acknowledged, width=BAR_WIDTH)
        rate = count.acknowledged / seconds if seconds else 0
        table.add_row(
            name, bar, f"{count.sent}", f"{count.acknowledged}", f"{rate:.0f}"
        )
    return table


def _events(events: Mapping[str, int]) -> Table:
    table = _table("Care events", "type", "count")
    for name, count in sorted(events.items()):
        table.add_row(name, f"{count}")
    return table


def _deliveries(deliveries: Mapping[str, Mapping[str, int]]) -> Table:
    states = sorted({state for each in deliveries.values() for state in each})
    table = _table("Deliveries", "destination", *states)
    for name, counts in sorted(deliveries.items()):
        table.add_row(name, *(f"{counts.get(state, 0)}" for state in states))
    return table


def _known(known: Known) -> Table:
    table = _table("People", "what", "count")
    for what, count in known.rows().items():
        table.add_row(what, f"{count}")
    return table


def _latest(latest: Sequence[tuple[str, str]]) -> Table:
    table = _table("Latest", "type", "entity")
    for row in latest[:LATEST]:
        table.add_row(*row)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", pad_edge=False, box=None)
    for column in columns:
        table.add_column(column, justify="left" if column in WORDS else "right")
    return table
