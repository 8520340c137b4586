"""The audit over HTTP, and what is recorded of who asks. All of it is made up."""

import json
from contextlib import closing

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from hub.admin import audit_trail
from hub.admin.context import AdminContext, HubStatus
from hub.admin.roles import MASKABLE, Permission
from hub.admin.server import create_app
from hub.errors import HubError
from hub.metrics import Metrics
from hub.store import audit, replay
from hub.store.acting import ACTING
from hub.store.audit_keys import read_keys
from hub.store.errors import StorageFullError
from hub.store.store import Store, call_at_once
from tests.store.audited import Audited


class Hub:
    """A store that is open, as the API sees it. `refuses` lets the audit fail."""

    def __init__(self, audited, store):
        self.audited, self.store = audited, store
        self.refuses = False

    async def audit(self, *entries):
        if self.refuses:
            raise StorageFullError
        self.store.writer.call(audit.record_all, entries)

    async def replay(self, kind, key):
        wanted = replay.Wanted(key, ACTING.get())
        return self.store.writer.call(replay.APPLY[kind], wanted)

    def context(self):
        registry = CollectorRegistry()
        Metrics(registry)
        return AdminContext(
            reader=self.audited.reader,
            plugins=[],
            status=lambda: HubStatus(ready=True),
            replay=self.replay,
            audit=self.audit,
            hub="region-nord",
            metrics_registry=registry,
        )

    def records(self, *actions):
        """Return actor, action, object and subject of what was done, in order."""
        with closing(self.store.reader()) as reader:
            query = "SELECT actor, action, object, subject FROM audit ORDER BY n"
            found = reader.execute(query).fetchall()
        return [row for row in found if row[1] in actions]

    @property
    def token(self):
        return read_keys(self.audited.played.folder).token(self.audited.person)


@pytest.fixture
def hub(tmp_path):
    audited = Audited(tmp_path / "data").tell("one", digest="ab")
    with Store(audited.played.folder, call_at_once) as store:
        yield Hub(audited, store)


@pytest.fixture
async def client(hub):
    async with TestClient(TestServer(create_app(hub.context()))) as client:
        yield client


async def ask(client, path, body=None, status=200):
    data = None if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    async with client.request(method, f"/api/v1/{path}", data=data) as response:
        text = await response.read()

    assert response.status == status, text
    return json.loads(text) if "json" in response.content_type else text


async def test_the_audit_is_a_list(client):
    body = await ask(client, "audit?action=notice.sent")

    assert body["next"] is None
    assert body["items"][0]["recipient"] == "payer"


async def test_the_audit_is_a_bundle_of_fhir_resources(client):
    async with client.get("/api/v1/audit?format=fhir&limit=2") as response:
        body = await response.json()

    assert response.content_type == "application/fhir+json"
    assert [each["resource"]["resourceType"] for each in body["entry"]] == [
        "AuditEvent",
        "AuditEvent",
    ]


async def test_a_person_gets_an_accounting_and_an_access_report(client, hub):
    person = {"person": hub.audited.person}
    await ask(client, f"persons/{hub.audited.person}")
    disclosed = await ask(client, "audit/disclosures", person)
    accessed = await ask(client, "audit/accesses", person)

    assert [each["recipient"] for each in disclosed["items"]] == ["payer"]
    assert [each["action"] for each in accessed["items"]] == ["person.viewed"]


async def test_nobody_is_known_by_a_wrong_key(client):
    await ask(client, "audit/disclosures", {"person": "p_nobody"}, 404)


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("persons", "person.viewed"),
        ("persons/{person}", "person.viewed"),
        ("persons/{person}/timeline", "person.viewed"),
        ("encounters", "encounter.viewed"),
        ("events?entity={encounter}", "event.viewed"),
        ("messages/{message}/raw", "message.viewed"),
    ],
)
async def test_a_look_at_content_is_recorded_for_the_person(client, hub, path, action):
    message = hub.audited.played.message(1).id
    values = {"encounter": hub.audited.visit, "message": message}
    await ask(client, path.format(person=hub.audited.person, **values))

    [(actor, _, _, subject)] = hub.records(action)
    assert actor == "local"
    assert subject == hub.token


async def test_no_key_of_a_person_is_in_the_audit(client, hub):
    await ask(client, f"persons/{hub.audited.person}")

    with closing(hub.store.reader()) as reader:
        assert hub.audited.person not in str(
            reader.execute("SELECT * FROM audit").fetchall()
        )


@pytest.mark.parametrize("path", ["deliveries", "messages", "sources", "plugins"])
async def test_states_are_no_content(client, hub, path):
    await ask(client, path)

    assert hub.records(f"{path.removesuffix('s')}.viewed") == []


def test_whatever_has_content_leaves_a_trail():
    assert {
        *MASKABLE,
        Permission.BODIES,
        Permission.FETCH,
    } <= audit_trail.ACTIONS.keys()


async def test_who_reads_the_audit_is_in_it(client, hub):
    await ask(client, "audit")

    assert [row[0] for row in hub.records("audit.viewed")] == ["local"]


async def test_what_is_not_there_was_not_seen(client, hub):
    await ask(client, "persons/p_nobody", status=404)

    assert hub.records("person.viewed") == []


async def test_what_cannot_be_recorded_is_not_shown(client, hub):
    hub.refuses = True
    body = await ask(client, f"persons/{hub.audited.person}", status=503)

    assert body["error"]["code"] == StorageFullError.code
    assert issubclass(StorageFullError, HubError)


async def test_a_replay_is_recorded_with_who_wanted_it(client, hub):
    delivery = hub.audited.reader.deliveries().items[0].id
    await ask(client, f"deliveries/{delivery}/replay", {})

    assert hub.records("delivery.replayed") == [
        ("local", "delivery.replayed", delivery, "")
    ]
