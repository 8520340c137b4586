"""What is hidden of content, and what is left. Everything is made up."""

import json
import re
import sqlite3
from contextlib import closing

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hub.admin.context import AdminContext, HubStatus
from hub.admin.masking import COMPARED, HIDDEN, conceal, mask
from hub.admin.roles import MASKABLE, Permission
from hub.admin.routes import ROUTES
from hub.admin.server import create_app
from hub.model.events import CareEvent, Entity, EventSource, EventSubject, EventTimes
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from tests.admin.test_access import PLENTY
from tests.coordination.scenarios import at
from tests.identities import two_to_compare
from tests.played import CANARY, SYSTEM, TCM, Played, a_stay
from tests.tokens import bearer, give

EVENT = CareEvent(
    id="evt_1",
    type="encounter.admitted",
    schema="careevent/encounter/1.0",
    subject=EventSubject("p_1", (Identifier(CANARY, CANARY, "MR"),)),
    entity=Entity("encounter", "enc_1", 3),
    times=EventTimes(received=at(8).earliest, emitted=at(9).earliest, occurred=at(7)),
    source=EventSource(feed="klinik-nord", facility=CANARY, system=CANARY),
    causes=("msg_1",),
    participants=({"name": CANARY, "type": CANARY},),
    labels=Labels("R", ("PSY",), (), ("department:PSY:PSY",)),
    payload={
        "class": {"code": "inpatient", "original": CANARY},
        "diagnoses": [{"code": CANARY, "display": CANARY}],
        "birth_date": CANARY,
        "age": 61,
        "deceased": False,
        "name": None,
        "status": CANARY,
    },
    extensions={CANARY: {CANARY.lower(): CANARY}},
)


def as_json(value):
    return json.loads(msgspec.json.encode(value))


@pytest.fixture
def masked():
    return mask(as_json(EVENT))


def test_an_event_keeps_what_the_hub_says_of_it(masked):
    assert (masked["id"], masked["type"]) == ("evt_1", "encounter.admitted")
    assert masked["entity"] == {"kind": "encounter", "key": "enc_1", "version": 3}
    assert masked["subject"]["person"] == "p_1"
    assert masked["causes"] == ["msg_1"]
    assert masked["source"]["feed"] == "klinik-nord"
    assert masked["times"]["received"] == as_json(EVENT)["times"]["received"]
    assert masked["labels"]["confidentiality"] == "R"


def test_an_event_keeps_nothing_that_a_sender_wrote(masked):
    text = json.dumps(masked)

    assert CANARY.lower() not in text.lower()
    assert "PSY" not in text
    assert masked["times"]["occurred"]["raw"] == HIDDEN


def test_the_structure_stays(masked):
    payload = masked["payload"]

    assert payload["class"] == {"code": HIDDEN, "original": HIDDEN}
    assert payload["diagnoses"] == [{"code": HIDDEN, "display": HIDDEN}]
    assert (payload["age"], payload["deceased"]) == (HIDDEN, HIDDEN)
    assert payload["name"] is None
    assert masked["extensions"] == {HIDDEN: HIDDEN}


def test_a_class_that_the_hub_understood_is_shown_beside_what_was_sent():
    code = {"code": "inpatient", "original": CANARY, "display": CANARY}

    shown = {"code": "inpatient", "original": HIDDEN, "display": HIDDEN}
    assert mask({"class": code}) == {"class": shown}


def test_what_nobody_listed_is_hidden():
    found = mask({"items": [{"id": "x_1", "novel": {"status": "Anna"}, "text": 7}]})

    assert found == {
        "items": [{"id": "x_1", "novel": {"status": HIDDEN}, "text": HIDDEN}]
    }


def test_the_name_of_a_field_may_be_a_word_of_the_sender():
    assert mask({"details": {"Anna Muster": 1}}) == {"details": {HIDDEN: HIDDEN}}


def test_an_address_may_show_more_and_hide_what_is_content_there():
    value = {"key": "K1", "counts": {"read": 3, "novel": 4}, "heading": {"name": "x"}}

    found = mask(
        value, frozenset({"counts", "read", "heading"}), frozenset({"key", "name"})
    )

    assert found == {
        "key": HIDDEN,
        "counts": {"read": 3, "novel": HIDDEN},
        "heading": {"name": HIDDEN},
    }


def test_who_compares_people_sees_what_is_masked_in_itself():
    side = {"initials": "A. M.", "numbers": [{"type": "MR", "ending": "…5"}]}

    assert mask({"one": side}, COMPARED) == {"one": side}
    assert mask({"one": side})["one"]["initials"] == HIDDEN


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_json)
def test_any_json_under_a_name_that_is_not_listed_is_hidden(value):
    def leaves(each):
        if isinstance(each, dict):
            return [leaf for one in each.values() for leaf in leaves(one)]
        if isinstance(each, list):
            return [leaf for one in each for leaf in leaves(one)]
        return [each]

    assert set(leaves(mask({"made_up": value}))) <= {None, HIDDEN}


@given(_json)
def test_masking_twice_changes_nothing_more(value):
    once = mask(value)

    assert mask(once) == once


def test_the_codes_of_what_was_taken_out_are_concealed():
    terms = {"template": "payer", "redacted": ["ETH"], "obligations": ["part2_notice"]}
    said = "delivered to payer (members) without what is ETH, PSY; next"

    shown = conceal({"items": [{"terms": terms, "conclusion": [said], "n": 1}]})

    [item] = shown["items"]
    assert item["terms"] == {
        "template": "payer",
        "redacted": [HIDDEN],
        "obligations": [HIDDEN],
    }
    assert item["conclusion"] == [
        f"delivered to payer (members) without what is {HIDDEN}; next"
    ]
    assert item["n"] == 1


async def no_replay(_, __):
    return False


def context(reader):
    return AdminContext(
        reader=reader,
        plugins=[],
        status=lambda: HubStatus(ready=True),
        replay=no_replay,
        metrics_registry=CollectorRegistry(),
        rate=PLENTY,
    )


def put_file(connection):
    """Put a partner's file into the ledger that has markers wherever one may stand."""
    said = "2026-03-01T06:00:00Z"  # of all that a heading says, this is no text
    heading = {"kind": "roster", "semantics": "full", "said": said, "test": True}
    heading |= dict.fromkeys(("control", "period", "note"), CANARY)
    problem = {"code": "totals.wrong", "column": CANARY}
    connection.execute(
        "INSERT INTO exchange (seq, id, direction, feed, partner, name, path, state,"
        " reason, control, heading, problems, received_at)"
        " VALUES (1, ?, 'in', 'roster', 'payer', ?, ?, 'held', 'rows.few', ?, ?, ?, 7)",
        (
            f"xch_{1:032x}",
            CANARY,
            CANARY,
            CANARY,
            *map(json.dumps, (heading, [problem])),
        ),
    )
    connection.execute(
        "INSERT INTO exchange_row VALUES (1, 1, 3, ?, 'row.key_twice', ?)",
        [CANARY, CANARY],
    )
    connection.execute(
        "INSERT INTO exchange_reply (exchange, place, kind, name, body)"
        " VALUES (1, 1, 'response', ?, ?)",
        [CANARY, CANARY.encode()],
    )


@pytest.fixture(params=["viewer", "operator"])
def role(request):
    return request.param


@pytest.fixture(params=["played", "seeded"])
async def client(request, tmp_path, seeded, role):
    """Who may see no content, at a store that holds much of it."""
    with closing(sqlite3.connect(seeded.path)) as connection, connection:
        put_file(connection)
    played = Played(seeded.folder)
    if request.param == "played":
        played = Played(tmp_path / "played", TCM).play(*a_stay(), *two_to_compare())
    headers = bearer(give(played.path, role))
    app = create_app(context(played.reader))
    async with TestClient(TestServer(app), headers=headers) as client:
        yield client


_ID = re.compile(r'"([a-z]{1,10}_[0-9a-f]{8,64})"')


async def looked_at(client):
    """Return every answer to every GET route, about all ids that answers hold."""
    ids, seen, texts = {""}, set(), {}
    gets = [route.path for route in ROUTES if route.method == "GET"]
    while ids - seen:
        new, seen = ids - seen, seen | ids
        paths = {
            re.sub(r"\{\w+\}", key, path)
            for path in gets
            for key in new
            if bool(key) == ("{" in path)
        }
        if "" not in new:
            paths |= {f"/api/v1/explain?message={k}" for k in new if k[:3] == "msg"}
            files = (k for k in new if k.startswith("xch"))
            paths |= {f"/api/v1/exchanges/{k}/replies/1" for k in files}
            reviews = (k for k in new if k.startswith("rev"))
            paths |= {f"/api/v1/reviews/{k}?unmasked=true" for k in reviews}
        for path in sorted(paths):
            async with client.get(path) as response:
                text = (await response.read()).decode(errors="replace")
            texts[path] = (response.status, text + str(response.headers))
            ids |= set(_ID.findall(text))
    return texts


async def test_nothing_a_sender_wrote_is_shown_by_any_address(client):
    """G24: markers stand in every name, number and text of the store."""
    with capture_logs() as logs:
        texts = await looked_at(client)

    shown = [path for path, (_, text) in texts.items() if "canary" in text.lower()]
    assert shown == []
    assert "canary" not in str(logs).lower()
    assert len([status for status, _ in texts.values() if status == 200]) > 30
    assert {status for status, _ in texts.values()} <= {200, 400, 403, 404, 503}


async def test_who_is_found_is_masked(tmp_path):
    played = Played(tmp_path / "data", TCM).play(*a_stay())
    headers = bearer(give(played.path, "operator"))
    app = create_app(context(played.reader))
    body = json.dumps({"system": SYSTEM, "value": "P1"}).encode()
    async with (
        TestClient(TestServer(app), headers=headers) as client,
        client.post("/api/v1/persons/search", data=body) as response,
    ):
        [found] = (await response.json())["items"]

    assert found["key"] == played.person
    assert found["demographics"] == {"name": HIDDEN, "phone": HIDDEN}
    assert found["identifiers"] == [dict.fromkeys(("system", "value", "type"), HIDDEN)]


def test_every_address_with_pictures_answers_json_that_can_be_masked():
    others = [
        route.path
        for route in ROUTES
        if route.permission in MASKABLE and route.media_type != "application/json"
    ]

    assert others == []
    assert Permission.PICTURES in MASKABLE


async def test_a_file_keeps_what_the_hub_says_of_it(seeded):
    with closing(sqlite3.connect(seeded.path)) as connection, connection:
        put_file(connection)
    headers = bearer(give(seeded.path, "viewer"))
    app = create_app(context(Played(seeded.folder).reader))
    path = f"/api/v1/exchanges/xch_{1:032x}"
    async with (
        TestClient(TestServer(app), headers=headers) as client,
        client.get(path) as response,
    ):
        shown = await response.json()

    assert (shown["state"], shown["reason"], shown["name"]) == (
        *("held", "rows.few"),
        HIDDEN,
    )
    assert (shown["heading"]["semantics"], shown["heading"]["control"]) == (
        "full",
        HIDDEN,
    )
    assert shown["problems"] == [{"code": "totals.wrong", "column": HIDDEN}]
    [row] = shown["rejected_rows"]
    assert (row["number"], row["key"], row["code"]) == (3, HIDDEN, "row.key_twice")
    meanings = [each["code"] for each in shown["meanings"]]
    assert meanings == ["rows.few", "totals.wrong", "row.key_twice"]
