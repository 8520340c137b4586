"""Stores for the runtime's tests, which end with balanced books."""

import asyncio

import pytest

from hub.config.tables import IdentityTable
from hub.runtime import core, dispatch
from hub.runtime.pipeline import Pipeline
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.store.books import balance
from hub.store.store import Store, call_at_once
from hub.testing.clock import FakeClock
from tests.runtime.facts import EVERYONE, PANELS, SECRET, made_up_feed
from tests.runtime.setting import NOW, Outbox, metrics


def assert_balanced(store):
    reader = store.reader()
    try:
        assert [check for check in balance(reader).checks if check[1]] == []
    finally:
        reader.close()


@pytest.fixture
def store(tmp_path):
    """A store whose answers come on the writer's own thread."""
    with Store(tmp_path / "data", call_at_once) as store:
        yield store
        assert_balanced(store)


@pytest.fixture
async def live_store(tmp_path):
    """A store whose answers come on the event loop, as in a running hub."""
    loop = asyncio.get_running_loop()

    def report(reports):
        loop.call_soon_threadsafe(call_at_once, reports)

    with Store(tmp_path / "data", report) as store:
        yield store
        assert_balanced(store)


@pytest.fixture
def outbox(live_store):
    return Outbox(live_store)


@pytest.fixture
def quick(monkeypatch):
    """Let dispatchers look for work often, so that no test waits for a poll."""
    monkeypatch.setattr(dispatch, "POLL_SECONDS", 0.005)


@pytest.fixture
def make(store):
    """Return what makes a pipeline whose one feed has the given normaliser."""
    readers = []

    def make(
        normalise,
        *,
        subscriptions=EVERYONE,
        clock=None,
        on=None,
        programmes=Programmes(),  # noqa: B008 - a value
        referring=None,
    ):
        reader = store.reader()
        readers.append(reader)
        feed = made_up_feed(normalise)
        processor = core.processor(
            reader,
            SECRET,
            Router(subscriptions),
            Relations(PANELS),
            rules="us",
            programmes=programmes,
            identity=IdentityTable(),
            referring=referring,
        )
        return Pipeline(
            feeds={"klinik-nord": feed},
            reader=reader,
            writer=store.writer,
            processor=processor,
            metrics=metrics(),
            on_deliveries=on or (lambda _destinations: None),
            clock=clock or FakeClock(NOW),
        )

    yield make
    for reader in readers:
        reader.close()


@pytest.fixture
def query(store):
    def query(sql):
        reader = store.reader()
        try:
            return reader.execute(sql).fetchall()
        finally:
            reader.close()

    return query
