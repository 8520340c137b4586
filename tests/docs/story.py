"""Plays the messages of a page to a hub whose clock is moved, and writes what it told.

A section of the page has messages, or says from when on only time passes. What the
hub tells until the next section begins is what its table shows.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import CollectorRegistry

from hub.metrics import Metrics
from hub.model.events import CareEvent
from hub.model.message import RawMessage
from hub.runtime.pipeline import Pipeline
from hub.runtime.wiring import relations
from hub.runtime.workings import workings
from hub.store import journal
from hub.store.store import Store, call_at_once
from hub.testing.clock import FakeClock
from tests.docs.running import segments

FEED = "st-mary"
HEAD = "| Told | Event | Of | Because of |\n|---|---|---|---|\n"
_SECTION = re.compile(r"^## (.+?)$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_MESSAGE = re.compile(r"^```hl7\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(re.escape(HEAD) + r"((?:\|.*\n)*)")
_PASSES = re.compile(r"It is now (\d{4}-\d\d-\d\d \d\d:\d\d) in New York")
_SENT = re.compile(r"^MSH(?:\|[^|]*){5}\|(\d{14}[+-]\d{4})")
_ZONE = ZoneInfo("America/New_York")


class Section(NamedTuple):
    """A section: its messages, when it begins, and the rows of its table."""

    title: str
    messages: tuple[bytes, ...]
    begins: datetime
    rows: list[str]


def sections(text: str) -> list[Section]:
    """Return the sections of a page in which something happens."""
    return [
        Section(title, messages, begins, table[1].splitlines() if table else [])
        for title, body in _SECTION.findall(text)
        if (begins := _begins(body))
        for messages in [tuple(map(segments, _MESSAGE.findall(body)))]
        for table in [_TABLE.search(body)]
    ]


def _begins(body: str) -> datetime | None:
    if passes := _PASSES.search(body):
        return datetime.strptime(f"{passes[1]}-0400", "%Y-%m-%d %H:%M%z")
    messages = _MESSAGE.findall(body)
    return _sent(messages[0].encode()) if messages else None


def _sent(message: bytes) -> datetime:
    return datetime.strptime(_SENT.match(message.decode())[1], "%Y%m%d%H%M%S%z")


class Teller:
    """A hub that hears the messages of a page; nothing in it waits for real."""

    def __init__(self, config, start: datetime) -> None:
        self._config = config
        self._clock = FakeClock(start)
        self._told = 0
        self._heard: dict[str, str] = {}

    def tell(self, story: list[Section], end: datetime) -> Iterator[list[str]]:
        """Yield for each section the rows that its table must have."""
        ends = [each.begins for each in story[1:]] + [end]
        with (
            Store(self._config.hub.data_dir, call_at_once) as store,
            closing(store.reader()) as reader,
        ):
            pipeline = self._pipeline(store, reader)
            for section, until in zip(story, ends, strict=True):
                for message in section.messages:
                    self._wait(pipeline, reader, _sent(message))
                    self._hear(store, message)
                    _work(pipeline)
                self._wait(pipeline, reader, until)
                yield self._rows(reader)

    def _pipeline(self, store, reader):
        made = workings(self._config, relations(self._config, reader), reader)
        return Pipeline(
            feeds=made.feeds,
            reader=reader,
            writer=store.writer,
            processor=made.processor,
            metrics=Metrics(CollectorRegistry()),
            on_deliveries=lambda _: None,
            clock=self._clock.now,
        )

    def _wait(self, pipeline, reader, until):
        """Move the clock, and let each timer ring when it is due."""
        while True:
            due = reader.execute("SELECT min(due) FROM timer").fetchone()[0]
            if due is None or journal.moment(due) >= until:
                break
            self._move_to(journal.moment(due))
            _work(pipeline)
        self._move_to(until)

    def _move_to(self, moment):
        self._clock.advance(max((moment - self._clock.now()).total_seconds(), 0))

    def _hear(self, store, message):
        trigger, now = message.split(b"|")[8].decode().split("^")[1], self._clock.now()
        raw = RawMessage(
            body=message,
            media_type=self._config.sources[FEED].normaliser.media_type,
            received_at=now,
            control_id=message.split(b"|")[9].decode(),
            message_type=trigger,
        )
        [stored] = store.writer.call(journal.put, [journal.row(FEED, raw)])
        self._heard[stored.id] = f"{trigger} of {wall(now)}"

    def _rows(self, reader):
        found = reader.execute(
            "SELECT seq, body FROM event WHERE seq > ? ORDER BY seq", [self._told]
        ).fetchall()
        self._told = found[-1][0] if found else self._told
        return [
            self._row(reader, msgspec.json.decode(body, type=CareEvent))
            for _, body in found
        ]

    def _row(self, reader, event):
        cause = self._heard[event.causes[0]]
        by_clock = not event.source.trigger
        because = f"the clock, after {cause}" if by_clock else cause
        told = wall(event.times.emitted)
        return f"| {told} | `{event.type}` | {_of(reader, event)} | {because} |"


def _of(reader, event):
    """Return what an event is about, as far as its type does not say so."""
    clock = event.payload.get("clock", "")
    words = [f"`{clock}`"] if clock else []
    if event.correction:
        verb = "takes back" if event.correction.kind == "retraction" else "amends"
        (of,) = reader.execute(
            "SELECT type FROM event WHERE id = ?", [event.correction.of]
        ).fetchone()
        words.append(f"{verb} `{of}`")
    return ", ".join(words)


def wall(moment):
    local = moment.astimezone(_ZONE)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _work(pipeline):
    while pipeline.work():
        continue
