"""How long a sweep over open referrals takes: ``python tests/perf/referrals.py``.

A sweep is one look of the hub at what is due: it asks the store which timers ring, and
works those out. Requests came over two weeks, so that in an hour some of them come to
a reminder, an escalation or their end. Beside it, how long it takes to work out for
all of them what they have come to, and what a hub does that was off for a day. Data
are made up.
"""

import argparse
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import structlog
from prometheus_client import CollectorRegistry

from hub.config.tables import IdentityTable
from hub.contract import NormaliserSpec
from hub.coordination.referrals.fold import fold_referral
from hub.coordination.referrals.rules import ReferralRules
from hub.coordination.referrals.timers import due
from hub.coordination.standing import witness
from hub.metrics import Metrics
from hub.model.facts import Fact, FactKind, Normalised, RecordKey, Subject
from hub.model.identifiers import Identifier
from hub.model.message import RawMessage
from hub.model.times import exactly
from hub.runtime import core
from hub.runtime.interpreting import Feed
from hub.runtime.pipeline import Pipeline
from hub.runtime.referring import Referring
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.sdk import Settings
from hub.store import journal, timers
from hub.store.store import Store, call_at_once
from hub.testing.clock import FakeClock

# What is asked for.
MOST_SECONDS = 1.0
OPEN = 10_000
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPREAD = timedelta(days=13)
RULES = ReferralRules(calendar="DE-BY", zone="Europe/Berlin")
ANSWERS = ("", "received", "accepted", "on_hold", "in_progress")


def statements(number, draw):
    """Return what is said of a referral: a request, and perhaps an answer."""
    asked = BEGIN + draw.random() * SPREAD
    said = [_said(number, asked, "requester", "requested", category="food")]
    if answer := draw.choice(ANSWERS):
        at = asked + timedelta(minutes=draw.randrange(1, 60))
        said.append(_said(number, at, "performer", answer))
    return tuple(said)


def _said(number, at, by, state, **details):
    return Fact(
        kind=FactKind.RECORD,
        subject=Subject((Identifier("BENCH", f"P-{number}", "MR"),)),
        recorded=exactly(at),
        occurred=exactly(at),
        record=RecordKey("referral", "BENCH", f"R-{number}"),
        details={"by": by, "state": state, **details},
    )


def pipeline_of(store, reader, clock, facts):
    """Return a pipeline whose one feed says these facts."""
    spec = NormaliserSpec(
        name="bench",
        media_type="text/plain",
        profile=Settings,
        normalise=lambda body, _profile: Normalised(facts=facts[int(body)]),
        summary="For a measurement.",
    )
    processor = core.processor(
        reader,
        b"of a measurement",
        Router(()),
        Relations({}),
        rules="us",
        programmes=Programmes(),
        identity=IdentityTable(matching=False),
        referring=Referring(RULES),
    )
    return Pipeline(
        feeds={"bench": Feed(spec, Settings())},
        reader=reader,
        writer=store.writer,
        processor=processor,
        metrics=Metrics(CollectorRegistry()),
        on_deliveries=lambda _destinations: None,
        clock=clock.now,
    )


def fill(store, facts, clock):
    """Put a message for each referral into the journal."""
    rows = [
        journal.row(
            "bench",
            RawMessage(
                body=b"%d" % number,
                media_type="text/plain",
                received_at=clock.now(),
                control_id=str(number),
                message_type="BENCH",
            ),
        )
        for number in range(len(facts))
    ]
    for start in range(0, len(rows), 256):
        store.writer.call(journal.put, rows[start : start + 256])


def swept(pipeline, reader, clock):
    """Return how many timers ring now, and how long it takes to work them out."""
    began = time.perf_counter()
    count = len(timers.due(reader, clock.now(), OPEN * 10))
    while pipeline.work():
        continue
    return count, time.perf_counter() - began


def judged(facts, now):
    """Return how long it takes to see what each referral has come to by `now`."""
    pictures = [fold_referral([witness(one) for one in each]) for each in facts]
    began = time.perf_counter()
    count = sum(bool(due(each, RULES, now)) for each in pictures)
    return count, time.perf_counter() - began


def main():
    """Print what was measured; end with 1 where a sweep takes too long."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40),
    )
    parser = argparse.ArgumentParser()
    parser.add_argument("--open", type=int, default=OPEN)
    count = parser.parse_args().open
    draw = Random(count)  # noqa: S311 - reproducible, not secret
    facts = [statements(number, draw) for number in range(count)]
    clock = FakeClock(BEGIN + SPREAD + timedelta(days=1))
    with (
        tempfile.TemporaryDirectory(prefix="carehub-bench-") as folder,
        Store(Path(folder), call_at_once) as store,
        closing(store.reader()) as reader,
    ):
        pipeline = pipeline_of(store, reader, clock, facts)
        fill(store, facts, clock)
        while pipeline.work():  # with what has rung by then
            continue
        hours = []
        for _ in range(12):
            clock.advance(3600)
            hours.append(swept(pipeline, reader, clock))
        clock.advance(24 * 3600)
        day = swept(pipeline, reader, clock)
        all_of_them = judged(facts, clock.now())
    rang, seconds = max(hours, key=lambda each: each[1])
    sys.stdout.write(
        f"open referrals           {count:8,d}\n"
        f"a sweep each hour        {seconds:8.3f} s at most, {rang} rang"
        f" (at most {MOST_SECONDS})\n"
        f"what all have come to    {all_of_them[1]:8.3f} s, {all_of_them[0]} due\n"
        f"after a day off          {day[1]:8.3f} s, {day[0]} rang\n"
    )
    sys.exit(max(seconds, all_of_them[1]) > MOST_SECONDS)


if __name__ == "__main__":
    main()
