"""Hubs as real processes. After every test the books of each must balance."""

import pytest

from tests.acceptance.process import (
    HubProcess,
    feed,
    folder,
    subscription,
    unbalanced,
    write_config,
)
from tests.stores import put_down


class Hubs:
    """Starts hubs whose files are in one folder."""

    def __init__(self, path):
        self.path = path
        self.data_dir = path / "data"
        self.out = path / "out"
        self.started = []

    def config(self, *tables, **more):
        """Write hub.toml; without tables a feed and a folder."""
        tables = tables or (feed(), folder(self.out), subscription("out"))
        return write_config(self.path / "hub.toml", *tables, **more)

    def launch(self, *tables, admin_port=0, admin=None, **more):
        """Start a hub and do not wait for it; `admin` are settings of its API."""
        config = self.config(*tables, admin_port=admin_port, admin=admin)
        hub = HubProcess(config, self.data_dir, **more)
        self.started.append(hub)
        return hub

    def start(self, *tables, **more):
        """Start a hub and wait until it receives."""
        put_down(self.data_dir)
        return self.launch(*tables, **more).ready()

    def close(self):
        """Stop what still runs. Every hub that was asked to stop did so well."""
        running = [hub for hub in self.started if hub.process.poll() is None]
        statuses = [hub.close() for hub in self.started]
        assert [hub.process.returncode for hub in running] == [0] * len(running)
        return statuses


@pytest.fixture
def own_process(monkeypatch):
    """Let hubs work messages out in a process of their own, as they do by default."""
    monkeypatch.setenv("CAREHUB_PIPELINE", "process")


@pytest.fixture
def hubs(tmp_path):
    """Start hubs in the test's folder; at the end their books must balance."""
    hubs = Hubs(tmp_path)
    try:
        yield hubs
    finally:
        hubs.close()
    if (hubs.data_dir / "carehub.sqlite3").exists():
        assert unbalanced(hubs.data_dir) == []


@pytest.fixture(scope="module")
def shared_hub(tmp_path_factory):
    """One hub for the tests of a module that do not harm it."""
    hubs = Hubs(tmp_path_factory.mktemp("shared"))
    tables = (
        feed(frame_timeout_seconds=1, max_frame_bytes=100_000),
        feed("klinik-sued"),
        folder(hubs.out),
        subscription("out"),
    )
    try:
        yield hubs.start(*tables)
    finally:
        hubs.close()


@pytest.fixture
def hub(shared_hub):
    """The shared hub, still well, at rest and with balanced books after the test."""
    yield shared_hub
    assert shared_hub.process.poll() is None
    shared_hub.quiet()
    assert unbalanced(shared_hub.data_dir) == []
