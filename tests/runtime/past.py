"""A hub's past for shadows: messages that were processed with a configuration.

Everybody in it is made up. What is due to be sent counts as sent at once.
"""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import hub_hl7
import hub_sftp
import hub_webhook
from hub.config import load
from hub.model.delivery import DeliveryState, Outcome
from hub.model.message import RawMessage
from hub.registry import Registry
from hub.runtime.panel_loading import Given, Loader
from hub.runtime.pipeline import Pipeline
from hub.runtime.wiring import relations, subscriptions
from hub.runtime.workings import workings
from hub.store import journal, outbox, rulesets
from hub.store.outbox import Claim, Settled
from hub.store.store import Store, call_at_once
from hub.testing.clock import FakeClock
from tests.acceptance.messages import adt
from tests.acceptance.process import feed, folder, subscription, write_config
from tests.runtime.setting import metrics

ER7 = "x-application/hl7-v2+er7"
#: When the first message is received: half past nine in Berlin.
START = datetime(2026, 3, 14, 8, 32, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLUGINS = {"hl7": hub_hl7, "sftp": hub_sftp, "webhook": hub_webhook}
REGISTRY = Registry.from_modules(PLUGINS)
ADMITTED = adt(at="20260314093104")
DISCHARGED = adt("A03", control_id="C2", at="20260314113104", left="20260314113000")


def written(path, *more, zone="Europe/Berlin", subscribed=None, profile=None):
    """Write a configuration whose one feed is in `zone`; return its path."""
    profile = {"time_zone": zone, "assigning_authority": "KLINIK_NORD"} | (
        profile or {}
    )
    tables = [
        feed(profile=profile),
        folder(path.parent / "out"),
        subscribed or subscription("out", events=["*"]),
        *more,
    ]
    return write_config(path, *tables, data_dir=path.parent / "data")


def loaded(path):
    """Return the configuration at `path`."""
    return load(path, REGISTRY)


class Past:
    """A hub that works when it is told to, and whose clock is set by hand."""

    def __init__(self, path):
        self.clock = FakeClock(START)
        self.configure(path)
        self.folder = self._config.hub.data_dir

    def configure(self, path):
        """Go on with the configuration at `path`, as after a restart."""
        self._config = loaded(path)

    def load_panels(self):
        """Load the lists that the configuration names, as at the start of a hub."""
        with Store(self.folder, call_at_once) as store:
            tables = self._config.panels
            loader = Loader(store.writer, store.reader, self.folder, tables, rest=0)
            for name, each in tables.items():
                loader.load(Given(name, each.file))

    def hear(self, *bodies, source="klinik-nord", every=HOUR):
        """Receive messages, some time between them; then let an hour pass."""
        with Store(self.folder, call_at_once) as store:
            for body in bodies:
                raw = RawMessage(
                    body=body, media_type=ER7, received_at=self.clock.now()
                )
                store.writer.call(journal.put, [journal.row(source, raw)])
                self._work(store)
                self.clock.advance(every.total_seconds())
                self._work(store)
        return self

    def opened(self):
        """Return a context in which a hub owns the store."""
        return Store(self.folder, call_at_once)

    def work(self):
        """Do all that waits and is due."""
        with Store(self.folder, call_at_once) as store:
            self._work(store)

    def _work(self, store):
        ruleset = rulesets.ruleset_of(subscriptions(self._config))
        store.writer.call(rulesets.keep, ruleset)
        with closing(store.reader()) as reader:
            made = workings(self._config, relations(self._config, reader), reader)
            pipeline = Pipeline(
                feeds=made.feeds,
                reader=reader,
                writer=store.writer,
                processor=made.processor,
                metrics=metrics(),
                on_deliveries=lambda _destinations: None,
                clock=self.clock.now,
            )
            while pipeline.work():
                continue
        store.writer.call(_send, self.clock.now())

    def query(self, sql, *values):
        """Ask the store."""
        with (
            Store(self.folder, call_at_once) as store,
            closing(store.reader()) as reader,
        ):
            return reader.execute(sql, values).fetchall()


def _send(connection, times):
    return [_send_all(connection, each) for each in times]


def _send_all(connection, now):
    while claimed := outbox.claim(connection, [Claim("out", now, 100)])[0]:
        outbox.settle(connection, [[_accepted(each, now) for each in claimed]])


def _accepted(claimed, now):
    return Settled(
        claimed=claimed,
        state=DeliveryState.DELIVERED,
        due=now,
        started_at=now,
        ended_at=now,
        outcome=Outcome.ACCEPTED,
        evidence="",
        error_code="",
    )
