"""Files and partners by the API of a hub that runs. Everything is made up."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from hub.admin.masking import HIDDEN
from hub.app import Hub
from hub.runtime.exchanges import operating, service
from tests.acceptance.messages import adt
from tests.filed import BY, PATIENCE_SECONDS, Checking, Filed, people
from tests.tokens import bearer

CANARY = "ZZCANARYZZ"


class Api:
    """Asks the API; gives status and JSON."""

    def __init__(self, session):
        self._session = session

    async def ask(self, method, path, headers=None, **given):
        async with asyncio.timeout(PATIENCE_SECONDS):
            asked = self._session.request(
                method, f"/api/v1/{path}", headers=headers, **given
            )
            async with asked as response:
                if response.content_type != "application/json":
                    return response.status, await response.read()
                return response.status, await response.json()

    async def get(self, path, **given):
        status, found = await self.ask("GET", path, **given)
        assert status == 200, found
        return found

    async def reconciled(self, **said):
        status, found = await self.ask("POST", "partners/roster/reconcile", json=said)
        assert status == 200, found
        return found


@asynccontextmanager
async def running(filed):
    async with (
        Hub(filed.load(), filed.registry) as hub,
        aiohttp.ClientSession(hub.admin.address) as session,
    ):
        yield hub, Api(session)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(service, "Checker", Checking)


@pytest.fixture
def filed(tmp_path):
    return Filed(tmp_path, expected="daily 06:00 Europe/Berlin")


@pytest.fixture
async def api(filed):
    async with running(filed) as (_, api):
        yield api


async def held(filed):
    """Let a roster of ten lose four; return what is applied and what is held."""
    one = await filed.dropped("one.csv", "full", *people(*range(10)))
    two = await filed.dropped("two.csv", "full", *people(*range(6)), state="held")
    return one, two


async def test_files_are_listed_newest_first_and_by_pages(filed, api):
    one, two = await held(filed)

    found = await api.get("exchanges?limit=1")
    later = await api.get(f"exchanges?limit=1&cursor={found['next']}")

    assert [each["id"] for each in (*found["items"], *later["items"])] == [two, one]
    assert later["next"] is None


async def test_files_are_found_by_what_they_are(filed, api):
    one, two = await held(filed)
    asked = {
        "state=held": [two],
        "state=applied&partner=payer&feed=roster&direction=in": [one],
        "partner=other": [],
        "direction=out": [],
    }

    found = {query: await api.get(f"exchanges?{query}") for query in asked}
    ids = {query: [each["id"] for each in found[query]["items"]] for query in asked}
    assert ids == asked


async def test_a_file_is_shown_with_what_its_codes_mean(filed, api):
    one, two = await held(filed)
    rows = ["?X,1", *people(*range(9))]
    three = await filed.dropped("three.csv", "full", *rows, state="rejected")

    shown = await api.get(f"exchanges/{two}")
    wrong = await api.get(f"exchanges/{three}")

    assert (shown["reason"], shown["counts"]["lost"]) == ("members.drop", 4)
    assert shown["heading"]["semantics"] == "full"
    assert [each["code"] for each in shown["meanings"]] == ["members.drop"]
    assert "max_drop" in shown["meanings"][0]["meaning"]
    assert [each["kind"] for each in shown["replies"]] == ["response"]
    assert [each["action"] for each in shown["history"]] == ["exchange.held"]
    assert shown["before"]["rows"] == [10]
    assert shown["before"]["same_bytes"] == ""
    assert (await api.get(f"exchanges/{one}"))["state"] == "applied"
    meanings = {each["code"]: each["meaning"] for each in wrong["meanings"]}
    assert meanings["test.wrong"] == "It is wrong. Correct it."
    assert [each["key"] for each in wrong["rejected_rows"]] == ["X"]
    assert await api.get(f"exchanges/{three}/rows") == {
        "items": wrong["rejected_rows"],
        "next": None,
    }


async def test_the_bytes_of_a_file_and_of_its_answer_are_as_they_were(filed, api):
    key = await filed.dropped("one.csv", "full", *people(1))

    body = await api.get(f"exchanges/{key}/raw")
    response = await api.get(f"exchanges/{key}/replies/1")

    assert body == b"#full\nK1,P1\n"
    assert b"applied" in response
    for place in ("2", "x", "9" * 30, "²"):
        status, refused = await api.ask("GET", f"exchanges/{key}/replies/{place}")
        assert (status, refused["error"]["code"]) == (404, "LEDGER-001")


async def test_bytes_that_are_gone_or_changed_are_not_handed_out(
    filed, api, monkeypatch
):
    key = await filed.dropped("one.csv", "full", *people(1))
    [original] = (filed.data_dir / "exchange" / "files").rglob(key)

    original.write_bytes(b"something else")
    status, refused = await api.ask("GET", f"exchanges/{key}/raw")
    assert (status, refused["error"]["code"]) == (500, "QUERY-003")
    monkeypatch.setattr(operating, "MOST_CHECKED", 3)
    assert await api.get(f"exchanges/{key}/raw") == b"something else"
    original.unlink()
    status, refused = await api.ask("GET", f"exchanges/{key}/raw")
    assert (status, refused["error"]["code"]) == (404, "LEDGER-005")


async def test_a_held_file_is_approved_and_takes_effect(filed, api):
    _, two = await held(filed)

    status, decided = await api.ask("POST", f"exchanges/{two}/approve", json=BY)
    await filed.until("two.csv", "applied")

    assert (status, decided["id"], decided["feed"]) == (200, two, "roster")
    assert (await api.get("panels/payer"))["members"] == 6
    shown = await api.get(f"exchanges/{two}")
    assert (shown["actor"], shown["reason"]) == ("Ada", "decided.approved")
    acts = [(each["action"], each["why"]) for each in shown["history"]]
    assert acts == [
        ("exchange.held", ""),
        ("exchange.approved", "they all left"),
        ("exchange.applied", ""),
    ]


async def test_a_held_file_is_rejected_and_has_no_effect(filed, api):
    _, two = await held(filed)

    status, decided = await api.ask("POST", f"exchanges/{two}/reject", json=BY)

    assert (status, decided["state"]) == (200, "rejected")
    assert decided["reason"] == "decided.rejected"
    assert (await api.get("panels/payer"))["members"] == 10
    status, refused = await api.ask("POST", f"exchanges/{two}/approve", json=BY)
    assert (status, refused["error"]["code"]) == (409, "LEDGER-002")


async def test_a_file_of_ours_is_sent_again_under_its_number(filed):
    async with running(filed) as (hub, api):
        await hub.take("klinik-nord", adt())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.idle()
        [sent] = (await api.get("exchanges?direction=out"))["items"]
        [file] = (filed.path / "out").iterdir()
        body = await api.get(f"exchanges/{sent['id']}/raw")
        assert body == file.read_bytes()
        file.unlink()

        status, decided = await api.ask(
            "POST", f"exchanges/{sent['id']}/resend", json=BY
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.idle()

        assert (status, decided["state"]) == (200, "sending")
        assert file.read_bytes() == body
        [again] = (await api.get("exchanges?direction=out"))["items"]
        assert (again["number"], again["state"]) == (sent["number"], "sent")
        history = (await api.get(f"exchanges/{sent['id']}"))["history"]
        assert "exchange.resent" in [each["action"] for each in history]


async def test_what_came_is_not_sent(filed, api):
    key = await filed.dropped("one.csv", "full", *people(1))

    status, refused = await api.ask("POST", f"exchanges/{key}/resend", json=BY)

    assert (status, refused["error"]["code"]) == (409, "LEDGER-006")


REFUSED = [
    ("GET", "exchanges/xch_none", {}, (404, "LEDGER-001")),
    ("GET", "exchanges/xch_none/raw", {}, (404, "LEDGER-001")),
    ("GET", "exchanges/xch_none/rows", {}, (404, "LEDGER-001")),
    ("GET", "exchanges?state=lost", {}, (400, "ADMIN-004")),
    ("GET", "exchanges?cursor=x", {}, (400, "QUERY-004")),
    ("POST", "exchanges/xch_none/approve", {"json": BY}, (404, "LEDGER-001")),
    ("POST", "exchanges/xch_none/reject", {"json": BY}, (404, "LEDGER-001")),
    ("POST", "exchanges/xch_none/resend", {"json": BY}, (404, "LEDGER-001")),
    ("POST", "exchanges/x/approve", {"json": {"by": "A"}}, (400, "ADMIN-004")),
    ("POST", "partners/nobody/reconcile", {"json": {}}, (404, "LEDGER-003")),
    ("POST", "partners/klinik-nord/reconcile", {"json": {}}, (404, "LEDGER-003")),
    ("POST", "partners/roster/reconcile", {"json": {}}, (409, "LEDGER-004")),
    (
        "POST",
        "partners/roster/reconcile",
        {"json": {"count": -1}},
        (400, "ADMIN-004"),
    ),
]


async def test_what_is_not_there_is_refused(api):
    for method, path, given, expected in REFUSED:
        status, refused = await api.ask(method, path, **given)

        assert (status, refused["error"]["code"]) == expected, (method, path)


async def test_a_list_that_was_taken_whole_reconciles(filed, api):
    key = await filed.dropped("one.csv", "full", *people(*range(5)), stated=5)

    found = await api.reconciled(by="Ada")
    shown = await api.get("partners")

    assert (found["status"], found["difference"], found["basis"]) == (
        "clean",
        0,
        "file",
    )
    assert (found["exchange"], found["stated"], found["by"]) == (key, 5, "Ada")
    assert (found["records"], found["active"], found["on_panel"]) == (5, 5, 5)
    [payer] = shown["items"]
    [roster] = payer["feeds"]
    assert (payer["partner"], roster["active"]) == ("payer", 5)
    assert roster["last_exchange"] == key
    assert roster["next_due"] is not None
    assert roster["reconciled"] == found
    assert [each["destination"] for each in payer["destinations"]] == ["out"]


async def test_rows_that_were_not_taken_are_in_question(tmp_path):
    filed = Filed(tmp_path, max_errors=1.0)
    async with running(filed) as (_, api):
        rows = [*people(*range(9)), "?X,1"]
        await filed.dropped("one.csv", "full", *rows)

        found = await api.reconciled()

        assert (found["status"], found["difference"]) == ("differs", -1)
        asked = {"key": "X", "code": "test.wrong", "number": 10}
        assert (found["questions"], found["in_question"]) == (1, [asked])
        kept = (await api.get("partners"))["items"][0]["feeds"][0]["reconciled"]
        assert kept == found | {"in_question": []}


async def test_changes_since_the_last_list_count(tmp_path):
    filed = Filed(tmp_path, max_terminations=1.0)
    async with running(filed) as (_, api):
        await filed.dropped("one.csv", "full", *people(*range(5)))
        await filed.dropped("two.csv", "delta", *people(7, 8), "-K1")

        found = await api.reconciled()

        assert (found["status"], found["stated"]) == ("clean", 5)
        assert (found["since_then"], found["records"]) == (1, 6)


async def test_a_count_is_compared_with_who_is_active_on_a_day(filed, api):
    await filed.dropped("one.csv", "full", *people(*range(5)))

    clean = await api.reconciled(count=5, as_of="2026-04-01")
    differs = await api.reconciled(count=7, by="Ada")

    assert (clean["status"], clean["day"]) == ("clean", "2026-04-01")
    assert (differs["status"], differs["difference"]) == ("differs", -2)
    assert differs["basis"] == "count"


async def test_a_panel_that_was_loaded_by_hand_is_told_apart(filed, api):
    await filed.dropped("one.csv", "full", *people(*range(5)))
    header = "patient_id,assigning_authority,identifier,valid_from,valid_to"
    rows = [f"M-P{n},PAYER,P{n},," for n in (0, 1, 2, 3, 9)]
    body = "\n".join([header, *rows, ""]).encode()
    status, _ = await api.ask("PUT", "panels/payer", data=body)
    assert status == 200

    found = await api.reconciled()

    assert (found["status"], found["difference"]) == ("differs", 0)
    assert (found["missing"], found["extra"]) == (1, 1)
    asked = [(each["key"], each["code"]) for each in found["in_question"]]
    assert asked == [("K4", "panel.missing"), ("P9", "panel.extra")]


async def test_reconciliations_are_audited(filed):
    async with running(filed) as (_, api):
        await filed.dropped("one.csv", "full", *people(1))
        await api.reconciled(by="Ada")
        found = await api.get("audit?action=exchange.reconciled")

    [entry] = found["items"]
    assert entry["actor"] == "Ada"
    assert entry["detail"]["status"] == "clean"


async def roles(api):
    """Return the headers of each role, of tokens that the hub makes."""
    headers = {}
    for role in ("admin", "viewer", "operator", "analyst"):
        said = {"role": role, "name": role}
        known = headers.get("admin")
        status, made = await api.ask("POST", "tokens", json=said, headers=known)
        assert status == 201, made
        headers[role] = bearer(made["token"])
    return headers


LOOKS = ("exchanges", "exchanges/{key}", "exchanges/{key}/rows", "partners")


@pytest.fixture
async def marked(tmp_path):
    """A hub with a file full of markers, and tokens; what it gives to each role."""
    filed = Filed(tmp_path, max_errors=1.0)
    async with running(filed) as (_, api):
        name = f"{CANARY}.csv"
        rows = [f"{CANARY}1,{CANARY}", f"?{CANARY}2,1"]
        key = await filed.dropped(name, "full", *rows, control=CANARY)
        headers = await roles(api)
        yield api, key, headers


async def test_names_and_keys_are_for_who_may_see_content(marked):
    api, key, headers = marked
    paths = [path.format(key=key) for path in LOOKS]

    for role in ("viewer", "operator"):
        told = [await api.get(path, headers=headers[role]) for path in paths]
        assert CANARY not in str(told)
        page, shown, rows, partners = told
        assert page["items"][0]["name"] == HIDDEN
        assert (shown["state"], shown["counts"]["rejected"]) == ("applied", 1)
        assert shown["rejected_rows"][0]["key"] == HIDDEN
        assert rows["items"][0]["code"] == "test.wrong"
        assert partners["items"][0]["feeds"][0]["last_name"] == HIDDEN
        assert partners["items"][0]["feeds"][0]["last_state"] == "applied"
    for role in ("analyst", "admin"):
        told = [await api.get(path, headers=headers[role]) for path in paths]
        assert all(CANARY in str(each) for each in told)


async def test_who_compares_sees_keys_where_they_may(marked):
    api, _, headers = marked
    asked = ("POST", "partners/roster/reconcile")

    status, _ = await api.ask(*asked, json={}, headers=headers["viewer"])
    assert status == 403
    status, masked = await api.ask(*asked, json={}, headers=headers["operator"])
    assert (status, masked["status"], masked["difference"]) == (200, "differs", -1)
    assert CANARY not in str(masked)
    assert masked["in_question"][0]["code"] == "test.wrong"
    status, plain = await api.ask(*asked, json={}, headers=headers["analyst"])
    assert (status, plain["in_question"][0]["key"]) == (200, f"{CANARY}2")
    assert plain["by"] == "analyst"


async def test_bytes_are_for_who_may_read_messages(marked):
    api, key, headers = marked
    for path in (f"exchanges/{key}/raw", f"exchanges/{key}/replies/1"):
        assert (await api.ask("GET", path, headers=headers["viewer"]))[0] == 403
        assert (await api.ask("GET", path, headers=headers["operator"]))[0] == 403
        assert CANARY.encode() in await api.get(path, headers=headers["analyst"])
        broken = headers["operator"] | {"Carehub-Reason": "the payer calls"}
        assert CANARY.encode() in await api.get(path, headers=broken)

    found = await api.get("audit?limit=50", headers=headers["admin"])
    told = [(each["action"], each["object"]) for each in found["items"]]
    assert told.count(("exchange.viewed", key)) == 4
    assert told.count(("access.broke_glass", key)) == 2


async def test_who_may_approve_is_who_arranges(tmp_path):
    filed = Filed(tmp_path)
    async with running(filed) as (_, api):
        _, two = await held(filed)
        headers = await roles(api)
        path = f"exchanges/{two}/reject"
        for role in ("viewer", "analyst"):
            status, _ = await api.ask("POST", path, json=BY, headers=headers[role])
            assert status == 403
        status, decided = await api.ask(
            "POST", path, json=BY, headers=headers["operator"]
        )

        assert (status, decided["state"]) == (200, "rejected")
        shown = await api.get(f"exchanges/{two}", headers=headers["admin"])
        assert shown["actor"] == "operator"


async def test_files_are_counted_by_feed_and_state(filed):
    async with running(filed) as (hub, api):
        await held(filed)

        value = hub._metrics_registry.get_sample_value
        for state in ("applied", "held"):
            labels = {"feed": "roster", "state": state}
            assert value("hub_files_settled_total", labels) == 1
        sources = (await api.get("sources"))["items"]
        assert {each["name"]: each["state"] for each in sources}["roster"] == "running"
