"""Shadow replay: stored messages processed once more with another configuration.

It is done as though that configuration had been in force from the first message on,
each message at the time it was received, with timers ringing in between, on a store
that is thrown away. The hub's own store is only read, and the hub may go on running.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from hub.config import HubConfig
from hub.runtime.shadow_compare import Comparison
from hub.runtime.shadow_report import (
    Change,
    DecisionCount,
    DeliveryCount,
    Ending,
    EndingCount,
    EventCount,
    MessageChange,
    ShadowReport,
)
from hub.runtime.shadow_stage import Stage, scratch
from hub.store import shadow
from hub.store.queries import open_read_only
from hub.store.shadow_outcome import Outcomes, Range, Settled
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import secret_of

#: Of so many differing messages the details are kept, where nothing else is said.
DETAILS = 100


class Wanted(NamedTuple):
    """What to compare: messages received in [since, before), of a source.

    `details` is of how many of them the differences are listed, and `values` says
    that the content of fields is among them.
    """

    since: datetime | None = None
    before: datetime | None = None
    source: str | None = None
    details: int = DETAILS
    values: bool = False


def replay(
    config: HubConfig,
    data_dir: Path,
    wanted: Wanted,
    folder: Path | None = None,
    *,
    against: HubConfig | None = None,
) -> ShadowReport:
    """Return in what `config` differs from what the hub in `data_dir` did.

    Or from what `against` makes of the same messages at the same times: then nothing
    differs for another reason than the configuration. Nothing is sent, and nothing
    stored but in scratch files below `folder`. Raises StoreUnreadableError and
    PanelError.
    """
    with ExitStack() as stack:
        path = data_dir / DATABASE_NAME
        real = stack.enter_context(closing(open_read_only(path)))
        extent = shadow.extent(real)
        until = wanted.before or extent.until
        span = Range(wanted.since, wanted.before, wanted.source, extent.last, until)

        def played(by: HubConfig) -> Outcomes:
            made = stack.enter_context(scratch(secret_of(real), folder, large=True))
            _play(real, made, by, span)
            return Outcomes(made)

        after = played(config)
        if against is None:
            return _compared(Outcomes(real), after, span, wanted)
        # Rows have other numbers there, and all of them are in question.
        whole = span._replace(last=Range().last)
        return _compared(played(against), after, whole, wanted)


def _play(
    real: sqlite3.Connection, made: sqlite3.Connection, config: HubConfig, span: Range
) -> None:
    """Process what was received once more, until the end of the range."""
    shadow.carry_over(real, made)
    stage = Stage(config, made, shadow.send_nothing)
    for arrival in shadow.arrivals(real, span.last, span.before):
        stage.hear(arrival)
    if span.until is not None:
        stage.let_pass(span.until)


def _compared(
    before: Outcomes, after: Outcomes, span: Range, wanted: Wanted
) -> ShadowReport:
    tally = _Tally(wanted.details)
    for change in _changes(before, after, span, values=wanted.values):
        tally.add(change)
    return tally.report(span)


def _changes(
    before: Outcomes, after: Outcomes, span: Range, *, values: bool
) -> Iterator[MessageChange]:
    comparison = Comparison(before, after, values=values)
    for page in before.pages(span):
        ids = [each.id for each in page]
        old: dict[str, Settled] = {each.id: each for each in page}
        # What comes inside a message now, and did not before.
        more = [key for key in after.parts(ids) if key not in old]
        known = before.with_ids(more)
        ids += [key for key in more if key not in known]
        new = after.with_ids(ids)
        told = before.told(ids, span.until), after.told(ids, span.until)
        for key in ids:
            events = told[0].get(key, ()), told[1].get(key, ())
            yield comparison.message(old.get(key), new.get(key), events)


class _Tally:
    """Counts the differences, and keeps the first of them."""

    def __init__(self, details: int) -> None:
        self._most = details
        self._messages = self._differing = self._facts = 0
        self._endings: Counter[tuple[str, str]] = Counter()
        self._events: Counter[tuple[str, Change]] = Counter()
        self._decisions: Counter[tuple[str, str, str]] = Counter()
        self._deliveries: Counter[tuple[str, str, str, str, str]] = Counter()
        self._details: list[MessageChange] = []

    def add(self, change: MessageChange) -> None:
        """Take in what differs in what came of a message."""
        self._messages += 1
        self._facts += change.facts_differ
        if change.before != change.after:
            self._endings[_ending(change.before), _ending(change.after)] += 1
        for event in change.events:
            self._events[event.type, event.change] += 1
            for one in event.decisions:
                self._decisions[one.subscription, one.before, one.after] += 1
            for each in event.deliveries:
                why = each.before, each.after
                self._deliveries[each.destination, event.type, each.change, *why] += 1
        self._keep(change)

    def _keep(self, change: MessageChange) -> None:
        events = tuple(each for each in change.events if each.change != "same")
        if not (events or change.facts_differ or change.before != change.after):
            return
        self._differing += 1
        if len(self._details) < self._most:
            self._details.append(msgspec.structs.replace(change, events=events))

    def report(self, span: Range) -> ShadowReport:
        """Return all of it, in an order that does not depend on chance."""
        return ShadowReport(
            since=span.since,
            before=span.before,
            source=span.source,
            until=span.until,
            messages=self._messages,
            differing=self._differing,
            facts=self._facts,
            endings=[EndingCount(*key, n) for key, n in sorted(self._endings.items())],
            events=[EventCount(*key, n) for key, n in sorted(self._events.items())],
            decisions=[
                DecisionCount(*key, n) for key, n in sorted(self._decisions.items())
            ],
            deliveries=[
                DeliveryCount(*key, n) for key, n in sorted(self._deliveries.items())
            ],
            details=self._details,
        )


def _ending(ending: Ending | None) -> str:
    if ending is None:
        return "not received"
    return " ".join(filter(None, (ending.state, ending.error_code)))
