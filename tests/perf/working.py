"""A hub's store and pipeline without the rest of the hub, and with a clock to set."""

import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from hub.config import load
from hub.demo.sites import SITES
from hub.metrics import Metrics
from hub.model.message import RawMessage
from hub.registry import Registry
from hub.runtime.pipeline import Pipeline
from hub.runtime.wiring import relations
from hub.runtime.workings import workings
from hub.store import journal
from hub.store.store import Store, call_at_once

#: One feed for each hospital of the demonstration, and nobody who is told.
CONFIG = """
[hub]
data_dir = "data"
"""
SOURCE = """
[sources.{name}]
kind = "mllp-listener"
port = {port}
profile = {{ charset_default = "{charset}", time_zone = "{zone}", \
assigning_authority = "{authority}" }}
"""
APART = timedelta(milliseconds=1)
SETTLED = timedelta(hours=3)  # longer than any stay takes to settle


class Work:
    """What a store does with messages. `now` is the time on the clock of the hub.

    `tables` are more tables of its configuration: whoever is told.
    """

    def __init__(self, store, reader, now, tables=""):
        self.store = store
        self.reader = reader
        self.now = now
        self.config = _config(tables)
        made = workings(self.config, relations(self.config, reader), reader)
        self._feeds = made.feeds
        self.pipeline = Pipeline(
            feeds=made.feeds,
            reader=reader,
            writer=store.writer,
            processor=made.processor,
            metrics=Metrics(CollectorRegistry()),
            on_deliveries=lambda _: None,
            clock=lambda: self.now,
        )

    def facts(self, source, body):
        """Return what a message of a source states."""
        feed = self._feeds[source]
        return feed.normaliser.normalise(body, feed.profile).facts

    def hear(self, messages):
        """Put (source, control id, body) into the journal, in this order.

        They arrived one each millisecond, the last one now: ids sort by their time.
        """
        first = self.now - APART * len(messages)
        rows = [
            journal.row(
                source,
                RawMessage(
                    body=body,
                    media_type=self._feeds[source].normaliser.media_type,
                    received_at=first + APART * place,
                    control_id=control_id,
                    message_type="ADT",
                    peer="127.0.0.1",
                ),
            )
            for place, (source, control_id, body) in enumerate(messages, start=1)
        ]
        for start in range(0, len(rows), 256):
            self.store.writer.call(journal.put, rows[start : start + 256])

    def finish(self):
        """Work until nothing waits; return how many messages and timers there were."""
        count = 0
        while done := self.pipeline.work():
            count += done
        return count


@contextmanager
def working(folder, now=None, tables=""):
    """Open the store in `folder`, made if there is none, and what works on it."""
    folder.mkdir(parents=True, exist_ok=True)
    with Store(folder, call_at_once) as store, closing(store.reader()) as reader:
        yield Work(store, reader, now or datetime.now(UTC), tables)


def settings_of_sites(port):
    """Return the tables of the sources; `port` gives each a port of its own."""
    return "".join(
        SOURCE.format(
            name=each.name,
            port=port(),
            charset=each.charset,
            zone=each.zone,
            authority=each.authority,
        )
        for each in SITES
    )


def _config(tables):
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as folder:
        path = Path(folder) / "hub.toml"
        ports = iter(range(2575, 2575 + len(SITES)))
        text = CONFIG + settings_of_sites(lambda: next(ports)) + tables
        path.write_text(text)
        return load(path, Registry.discover())
