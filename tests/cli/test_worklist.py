"""`hub worklist` and `hub subscriptions`, which ask a running hub."""

import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

ITEM = {
    "id": "dlv_1",
    "state": "open",
    "subscription": "care-team",
    "created_at": "2026-03-14T09:31:04Z",
    "outcome": "",
    "notice": {"event": {"type": "encounter.admitted"}, "patient_id": "M-1"},
}
SUBSCRIPTION = {
    "name": "care-team",
    "partner": "",
    "destination": "care-team",
    "panel": "all",
    "events": ["encounter.*"],
    "purpose": "treatment",
    "cadence": "pull",
    "waiting": 1,
    "next_due": None,
    "dead": 0,
    "doubts": ["where: has no condition, so everything passes"],
}
BACKFILLED = {
    "subscription": "care-team",
    "dry_run": True,
    "events": 3,
    "permitted": 2,
    "held": 0,
    "unrelated": 0,
    "denied": {"filter.not_matched": 1},
    "more": False,
}
UNKNOWN = {
    "code": "QUERY-002",
    "summary": "The store holds nothing under this id",
    "remedy": "Take ids from a list",
}
SINCE = "2026-03-01T00:00:00Z"


class Api(http.server.BaseHTTPRequestHandler):
    """Answers as a hub would, and keeps what it was asked."""

    def do_GET(self):
        page = [SUBSCRIPTION] if "subscriptions" in self.path else [ITEM]
        self._answer({"items": page, "next": "abc"})

    def do_POST(self):
        if "unknown" in self.path:
            self._answer({"error": UNKNOWN}, 404)
        elif "backfill" in self.path:
            self._answer(BACKFILLED)
        else:
            self._answer(ITEM | {"state": "acknowledged"})

    def _answer(self, value, status=200):
        length = int(self.headers.get("Content-Length") or 0)
        said = json.loads(self.rfile.read(length) or b"null")
        self.server.asked.append((urlsplit(self.path), said))
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def api(config):
    """What the running hub of the configuration is asked, and its answers."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
        yield server
        server.shutdown()
        thread.join()


def test_shows_what_waits_to_be_fetched(hub, config, api):
    shown = hub("worklist", "show", "care-team", "--since", "abc", "--config", config)

    assert shown.exit_code == 0, shown.output
    assert "encounter.admitted" in shown.output
    assert "2026-03-14 09:31:04Z" in shown.output
    [(address, _)] = api.asked
    assert address.path == "/api/v1/worklists/care-team"
    assert parse_qs(address.query)["since"] == ["abc"]


@pytest.mark.usefixtures("api")
def test_shows_it_as_json(hub, config):
    shown = hub("worklist", "show", "care-team", "--json", "--config", config)

    assert json.loads(shown.output)["items"] == [ITEM]


@pytest.mark.parametrize(
    ("action", "more"),
    [("acknowledge", []), ("close", ["--outcome", "reached"])],
)
def test_settles_an_item(hub, config, api, action, more):
    told = hub(
        *("worklist", action, "care-team", "dlv_1", "--by", "Eva", *more),
        *("--json", "--config", config),
    )

    assert json.loads(told.output)["state"] == "acknowledged"
    [(address, said)] = api.asked
    assert address.path == f"/api/v1/worklists/care-team/items/dlv_1/{action}"
    assert said == {"by": "Eva"} | ({"outcome": "reached"} if more else {})


@pytest.mark.usefixtures("api")
def test_says_what_the_hub_refuses(hub, config):
    told = hub("worklist", "acknowledge", "care-team", "unknown", "--config", config)

    assert told.exit_code == 1
    assert "QUERY-002; The store holds nothing" in told.output
    assert "Take ids from a list" in told.output


def test_says_that_a_hub_must_run(hub, config):
    told = hub("worklist", "show", "care-team", "--config", config)

    assert told.exit_code == 1
    assert "running" in told.output


@pytest.mark.usefixtures("api")
def test_lists_the_subscriptions(hub, config):
    table = hub("subscriptions", "list", "--config", config)
    listed = hub("subscriptions", "list", "--json", "--config", config)

    assert "everything passes" in table.output
    assert json.loads(listed.output)["items"] == [SUBSCRIPTION]


def test_counts_the_past_before_it_is_told(hub, config, api):
    counted = hub(
        *("subscriptions", "backfill", "care-team", "--since", SINCE),
        *("--config", config),
    )

    assert counted.exit_code == 0, counted.output
    assert "filter.not_matched: 1" in counted.output
    assert "Nothing was told" in counted.output
    [(address, said)] = api.asked
    assert address.path == "/api/v1/subscriptions/care-team/backfill"
    assert said == {
        "since": "2026-03-01T00:00:00+00:00",
        "person": "",
        "limit": 1000,
        "dry_run": True,
    }


def test_tells_the_past_where_it_is_asked_to(hub, config, api):
    told = hub(
        *("subscriptions", "backfill", "care-team", "--since", SINCE, "--tell"),
        *("--person", "p_1", "--json", "--config", config),
    )

    assert json.loads(told.output) == BACKFILLED
    [(_, said)] = api.asked
    assert (said["dry_run"], said["person"]) == (False, "p_1")
