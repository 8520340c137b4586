"""A hub as a process of its own, and what stands around it in a test."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from hub.store.books import balance
from hub.store.sqlite import open_reader

COMMAND = (str(Path(sys.executable).with_name("hub")), "run", "--log-format", "json")
ENVIRONMENT = {**os.environ, "HOOK_SECRET": "whsec_" + "QUJD" * 8}
#: Generous: the machine of a test may be busy with something else.
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02


def table(path, /, **keys):
    """Return a table of the configuration as TOML."""
    return "\n".join([f"[{path}]", *(f"{k} = {_toml(v)}" for k, v in keys.items()), ""])


def _toml(value):
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_toml(each)}" for key, each in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    # Texts, numbers and truth values are the same in JSON.
    return json.dumps(str(value) if isinstance(value, Path) else value)


def feed(name="klinik-nord", **keys):
    """Return an MLLP feed on any free port."""
    profile = {"time_zone": "Europe/Berlin", "assigning_authority": "KLINIK_NORD"}
    given = {"kind": "mllp-listener", "port": 0, "profile": profile}
    return table(f"sources.{name}", **(given | keys))


def folder(path, name="out", **keys):
    """Return a folder destination."""
    given = {"kind": "folder", "format": "cloudevents-json", "folder": path}
    return table(f"destinations.{name}", **(given | keys))


def webhook(url, name="hook", **keys):
    """Return a webhook destination whose secret is in HOOK_SECRET."""
    given = {
        "kind": "webhook",
        "format": "cloudevents-json",
        "url": url,
        "secret": "env:HOOK_SECRET",
        "retry_initial_seconds": 0.05,
        "retry_max_seconds": 0.2,
    }
    return table(f"destinations.{name}", **(given | keys))


def subscription(destination, name="", **keys):
    """Return a subscription to all that comes of a message, and of no timer."""
    given = {
        "destination": destination,
        "panel": "all",
        "events": ["encounter.*", "person.*", "appointment.*", "document.*"],
        "purpose": "care_coordination",
    }
    return table(f"subscriptions.{name or destination}", **(given | keys))


def write_config(path, *tables, data_dir=None, admin_port=0, admin=None):
    """Write a configuration to `path`; its store is beside it."""
    data_dir = data_dir or path.parent / "data"
    # A process of its own takes a second to start, for each of a hundred hubs.
    pipeline = os.environ.get("CAREHUB_PIPELINE", "thread")
    top = [table("hub", name="acceptance", data_dir=data_dir, pipeline=pipeline)]
    top += [table("admin", port=admin_port, **(admin or {}))]
    path.write_text("\n".join([*top, *tables]), encoding="utf-8")
    return path


class HubProcess:
    """A hub that was started, its log, and its store as seen from outside."""

    def __init__(self, config, data_dir, *, env=None, command=COMMAND):
        self.data_dir = data_dir
        self.lines = []
        self.entries = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [*command, "--config", str(config)],
            env=ENVIRONMENT | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self):
        for raw in self.process.stdout:
            line = raw.decode()
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {}
            with self._news:
                self.lines.append(line)
                self.entries.append(entry)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    @property
    def log(self):
        """All that the hub wrote to standard output and error."""
        return "".join(self.lines)

    @property
    def end_of_log(self):
        """What the hub wrote last, for a test that failed."""
        return "".join(self.lines[-20:])

    def logged(self, event, **fields):
        """Return the entries of an event that have these fields."""
        wanted = {"event": event, **fields}.items()
        return [entry for entry in self.entries if wanted <= _flat(entry).items()]

    def wait_for(self, event, *, count=1, **fields):
        """Wait until an event was logged, and return its last entry."""

        def told():
            return len(self.logged(event, **fields)) >= count

        def over():
            return told() or not self._listening.is_alive()

        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._news:
            while not over():
                # The end of the process is not news that anyone tells us.
                self._news.wait(0.2)
                if time.monotonic() > deadline:
                    break
            assert told(), f"no {event} {fields} in:\n{self.end_of_log}"
            return self.logged(event, **fields)[-1]

    def ready(self):
        """Wait until the hub has started."""
        self.wait_for("hub.started")
        return self

    def address(self, source="klinik-nord"):
        """Return where a source receives."""
        return self.wait_for("source.started", connector=source)["address"]

    def request(self, method, path, body=b"", **headers):
        """Ask the admin API; return the status and the body."""
        host = self.wait_for("admin.started")["address"].removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            headers = {"Content-Length": str(len(body)), **headers}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()

    def get(self, path):
        """Return the JSON at a path of the API."""
        status, body = self.request("GET", f"/api/v1/{path}")
        assert status == 200, body
        return json.loads(body)

    def items(self, path):
        """Return all items of a list of the API, oldest first."""
        items, cursor = [], ""
        while cursor is not None:
            more = "&" if "?" in path else "?"
            page = self.get(f"{path}{more}limit=200{cursor}")
            items += page["items"]
            cursor = page["next"] and f"&cursor={page['next']}"
        return items[::-1]

    def query(self, sql, *values):
        """Return what the store answers."""
        with closing(open_reader(self.data_dir)) as connection:
            return connection.execute(sql, values).fetchall()

    def quiet(self):
        """Wait until nothing waits to be processed or sent."""
        sql = """
            SELECT (SELECT count(*) FROM message WHERE state = 'received')
                 + (SELECT count(*) FROM delivery WHERE state IN ('ready', 'claimed'))
        """
        eventually(lambda: self.query(sql) == [(0,)], self)

    def terminate(self):
        """Ask the hub to stop; return its exit status and how long it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.wait(), time.monotonic() - started

    def kill(self):
        """End the hub as a crash would."""
        self.process.kill()
        self.wait()

    def wait(self):
        """Wait until the process has ended, and return its exit status."""
        try:
            status = self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._listening.join()
        self.process.stdout.close()
        return status

    def close(self):
        """Stop the hub if it still runs; say how it ended."""
        if self.process.poll() is not None:
            return self.wait()
        return self.terminate()[0]


def _flat(entry):
    return {key: value for key, value in entry.items() if isinstance(value, str | int)}


def eventually(question, hub=None, seconds=PATIENCE_SECONDS):
    """Wait until `question` is answered with something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        log = hub.end_of_log if hub else ""
        assert time.monotonic() < deadline, f"it never came about\n{log}"
        time.sleep(POLL_SECONDS)
    return answer


def unbalanced(data_dir):
    """Return the checks of the books that found something."""
    with closing(open_reader(data_dir)) as connection:
        return [check for check in balance(connection).checks if check[1]]
