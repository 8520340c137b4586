"""Stores for the runtime's tests, which end with balanced books."""

import asyncio

import pytest

from hub.runtime import dispatch
from hub.store.books import balance
from hub.store.store import Store, call_at_once
from tests.runtime.setting import Outbox


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
