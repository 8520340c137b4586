"""``hub replay``, beside a running hub and without one."""

import asyncio
import json
import sqlite3
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from prometheus_client import CollectorRegistry

from hub.admin.context import AdminContext, HubStatus
from hub.admin.server import AdminServer
from hub.store.lock import FolderLock
from hub.store.queries import Reader
from hub.store.query_errors import UnknownIdError

pytestmark = pytest.mark.usefixtures("migrated")


@contextmanager
def running_hub(seeded, config, *, replayed=True):
    """A hub that owns the data folder and answers at the configured port."""
    asked = []

    async def replay(kind, key):
        asked.append((kind, key))
        return replayed

    context = AdminContext(
        reader=Reader(seeded.path),
        plugins=[],
        status=lambda: HubStatus(ready=True),
        replay=replay,
        metrics_registry=CollectorRegistry(),
    )
    server = AdminServer(context, "127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    use_port(config, server.address.rpartition(":")[2])
    try:
        with FolderLock(seeded.folder):
            yield asked
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def use_port(config, port):
    config.write_text(config.read_text().replace("port = 0", f"port = {port}"))


def test_without_a_hub_it_is_done_in_the_store(hub, config, seeded):
    wanted = [seeded.message(2), seeded.message(3), seeded.delivery(2)]
    result = hub("replay", *wanted, "--config", config)

    reader = Reader(seeded.path)
    assert result.exit_code == 0, result.output
    assert reader.message(seeded.message(2)).state == "received"
    assert reader.message(seeded.message(3)).state == "received"
    assert reader.delivery(seeded.delivery(2)).state == "ready"


def test_a_running_hub_is_asked_to_do_it(hub, config, seeded):
    with running_hub(seeded, config) as asked:
        result = hub(
            "replay", seeded.message(2), seeded.delivery(2), "--config", config
        )

    assert result.exit_code == 0, result.output
    assert asked == [("message", seeded.message(2)), ("delivery", seeded.delivery(2))]
    assert Reader(seeded.path).message(seeded.message(2)).state == "parked"


def test_all_dead_deliveries_are_done_again_oldest_first(hub, config, seeded):
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute("UPDATE delivery SET state = 'dead'")
    with running_hub(seeded, config) as asked:
        hub("replay", "--dead", "--destination", "payer-a", "--config", config)

    assert asked == [("delivery", seeded.delivery(number)) for number in (1, 2, 3)]


def test_dead_deliveries_are_chosen_by_destination(hub, config, seeded):
    arguments = ["replay", "--dead", "--destination", "foodbank", "--config", config]
    result = hub(*arguments)

    assert result.exit_code == 0
    assert Reader(seeded.path).delivery(seeded.delivery(2)).state == "dead"


def test_what_needs_no_replay_is_told(hub, config, seeded):
    arguments = ["replay", seeded.message(1), seeded.message(2), "--config", config]
    result = hub(*arguments, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {"kind": "message", "id": seeded.message(1), "replayed": False},
        {"kind": "message", "id": seeded.message(2), "replayed": True},
    ]


def test_what_a_running_hub_need_not_replay_is_told(hub, config, seeded):
    with running_hub(seeded, config, replayed=False):
        result = hub("replay", seeded.message(1), "--config", config)

    assert result.exit_code == 1
    assert "nothing to do again" in result.stdout


def test_an_unknown_id_stops_everything(hub, config, seeded):
    result = hub("replay", seeded.message(2), "msg_0", "--config", config)

    assert result.exit_code == 1
    assert result.stderr == f"{UnknownIdError('msg_0')}\n"
    assert Reader(seeded.path).message(seeded.message(2)).state == "parked"


@pytest.mark.parametrize(
    "arguments",
    [[], ["msg_1", "--dead"], ["msg_1", "--destination", "x"]],
    ids=["nothing", "both", "destination alone"],
)
def test_a_wrong_use_is_told(hub, config, arguments):
    assert hub("replay", *arguments, "--config", config).exit_code == 2


def test_a_hub_that_does_not_answer_is_an_error(hub, config, seeded):
    with FolderLock(seeded.folder):
        result = hub("replay", seeded.message(2), "--config", config)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-003]")


class Refusing(BaseHTTPRequestHandler):
    """A server that refuses everything."""

    body = b'{"error": {"code": "ADMIN-003"}}'

    def do_POST(self):
        self.send_response(403)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "ADMIN-003"}}', "[CLI-004]"),
        (b"[]", "[CLI-004]"),
        (b"no JSON", "[CLI-003]"),
    ],
)
def test_a_refusal_is_an_error(hub, config, seeded, monkeypatch, body, code):
    monkeypatch.setattr(Refusing, "body", body)
    with HTTPServer(("127.0.0.1", 0), Refusing) as server, FolderLock(seeded.folder):
        use_port(config, server.server_port)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        result = hub("replay", seeded.message(2), "--config", config)
        thread.join()

    assert result.exit_code == 1
    assert result.stderr.startswith(code)
