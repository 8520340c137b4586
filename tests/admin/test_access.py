"""Who may do what over HTTP: tokens, roles, limits. Everything is made up."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hub.admin import access as access_module
from hub.admin import server as server_module
from hub.admin.access import (
    CALLER,
    FAILURES,
    KNOWN_SECONDS,
    LOCAL,
    Access,
    Caller,
    new_secret,
    parse_token,
    signed_by,
)
from hub.admin.access_errors import (
    BadTokenError,
    NoTokenError,
    TooManyRequestsError,
)
from hub.admin.context import AdminContext, HubStatus, PartStatus
from hub.admin.errors import NotLoopbackError
from hub.admin.handlers import live
from hub.admin.limits import MOST_KEYS, Buckets, Rate
from hub.admin.parameters import Parameters
from hub.admin.roles import GRANTS, Permission, Role
from hub.admin.route import Route
from hub.admin.routes import ROUTES
from hub.admin.server import AdminServer, create_app
from hub.model.message import Stored
from hub.store.errors import StorageFullError
from hub.store.queries import Reader
from hub.store.store import Store, call_at_once
from hub.threads import in_thread
from tests.identities import running
from tests.played import CANARY, Played, a_stay
from tests.tokens import bearer, give, token

#: What each role may do, written down once more, by hand.
MAY = {
    "viewer": {"health", "metrics", "states", "pictures"},
    "operator": {
        *("health", "metrics", "states", "pictures", "find", "decide", "replay"),
        *("arrange", "refer"),
    },
    "analyst": {
        *("health", "metrics", "states", "pictures", "find", "decide", "bodies"),
        *("fetch", "refer"),
    },
    "admin": set(Permission),
    "feed": {"health", "put"},
    "subscriber": {"health", "fetch", "settle"},
}
#: The name of the source or destination that a token is for, and of another one.
SCOPE, FOREIGN = "klinik-nord", "klinik-sued"
SCOPED = {"feed", "subscriber"}
OWN_ONLY = {"put", "fetch", "settle"}
PLENTY = Rate(100_000, 60)


class Hub:
    """A hub as the API sees it."""

    def __init__(self, path, **given):
        self.path = path
        self.audited = []
        self.asked = []
        self.given = {"rate": PLENTY} | given

    async def replay(self, kind, key):
        self.asked.append((kind, key))
        return True

    async def take(self, source, _body):
        self.asked.append(("take", source))
        return Stored("msg_1", duplicate=False)

    async def audit(self, *entries):
        self.audited += entries

    def context(self):
        return AdminContext(
            **{
                "reader": Reader(self.path),
                "plugins": [],
                "status": lambda: HubStatus(
                    ready=True,
                    sources=[PartStatus(name=SCOPE, kind="test", state="running")],
                ),
                "replay": self.replay,
                "take": self.take,
                "metrics_registry": CollectorRegistry(),
                "audit": self.audit,
                **self.given,
            }
        )


@pytest.fixture
def hub(seeded):
    return Hub(seeded.path)


@pytest.fixture
async def client(hub):
    async with TestClient(TestServer(create_app(hub.context()))) as client:
        yield client


def address(route, seeded, scope=SCOPE):
    """Return where a route is, about something that exists where that is known."""
    kind = route.path.removeprefix("/api/v1/").partition("/")[0]
    known = {
        "messages": seeded.message(2),
        "events": seeded.event(1),
        "deliveries": seeded.delivery(2),
    }
    path = route.path.replace("{id}", known.get(kind, "none_1"))
    path = path.replace("{digest}", "0" * 64)
    if route.scope:
        named = f"{{{route.scope}}}"
        asked = "" if named in path else f"?{route.scope}={scope}"
        path = path.replace(named, scope) + asked
    return re.sub(r"\{\w+\}", "none", path)


async def ask(client, route, path, headers, data=b""):
    """Return the status and the error code of an answer."""
    async with client.request(
        route.method, path, headers=headers, data=data or None
    ) as response:
        text = await response.text()
    error = json.loads(text).get("error", {}) if response.status >= 400 else {}
    return response.status, error.get("code", "")


def verdict(answered):
    status, code = answered
    if code in {"ACCESS-003", "ACCESS-004"}:
        return {"ACCESS-003": "refused", "ACCESS-004": "reason"}[code]
    assert status not in {401, 403, 429}, answered
    return "allowed"


def expected(role, route):
    if route.permission in MAY[role]:
        return "allowed"
    reason = (role, route.permission) == ("operator", "bodies")
    return "reason" if reason else "refused"


def cell(route):
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("role", MAY)
async def test_a_role_may_do_what_the_table_says_and_nothing_else(client, seeded, role):
    """Every cell of roles and addresses, with a token for what is asked about."""
    headers = bearer(give(seeded.path, role, SCOPE if role in SCOPED else ""))
    found = {}
    for route in ROUTES:
        path = address(route, seeded)
        found[cell(route)] = verdict(await ask(client, route, path, headers))

    assert found == {cell(route): expected(role, route) for route in ROUTES}


@pytest.mark.parametrize("role", sorted(SCOPED))
async def test_what_is_anothers_is_not_there(client, hub, seeded, role):
    headers = bearer(give(seeded.path, role, SCOPE))
    own = [each for each in ROUTES if each.permission in OWN_ONLY & MAY[role]]
    for route in own:
        path = address(route, seeded, FOREIGN)
        answered = await ask(client, route, path, headers, b"{}")

        assert answered == (404, "ADMIN-006"), cell(route)
    assert hub.asked == []
    assert own or role == "subscriber"


def test_the_table_is_complete():
    granted = {
        role.value: {each.value for each in GRANTS if role in GRANTS[each]}
        for role in Role
    }

    assert granted == MAY


def test_who_only_looks_changes_nothing():
    looking = {Permission.METRICS, Permission.STATES, Permission.AUDIT}
    changes = [
        cell(each)
        for each in ROUTES
        if each.method in {"PUT", "DELETE"} and each.permission in looking
    ]

    assert changes == []


def test_a_route_without_a_permission_is_an_error_where_it_is_declared():
    with pytest.raises(TypeError, match="permission"):
        Route("GET", "/x", live, "Made up.", None)


def test_a_route_whose_scope_cannot_be_checked_is_an_error():
    with pytest.raises(ValueError, match="scope"):
        Route("GET", "/x", live, "Made up.", None, permission=Permission.PUT)


@pytest.fixture
def parsed(monkeypatch):
    """Count what of requests is read or parsed."""
    calls = []

    async def read(_):
        calls.append("read")
        return b""

    def note(*_):
        calls.append("parsed")
        return Parameters()

    monkeypatch.setattr(web.Request, "read", read)
    monkeypatch.setattr(server_module, "parse", note)
    monkeypatch.setattr(server_module, "parse_body", note)
    return calls


NOBODY = "carehub_0123456789abcdef_" + "A" * 43


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer x"},
        {"Authorization": f"Bearer {NOBODY} {NOBODY}"},
    ],
)
async def test_nothing_is_read_of_who_is_not_known(
    seeded, parsed, headers, monkeypatch
):
    """S1: every route, without a token, with garbage for a body."""
    monkeypatch.setattr(access_module, "FAILURES", PLENTY)
    give(seeded.path, "viewer")
    async with TestClient(TestServer(create_app(Hub(seeded.path).context()))) as fresh:
        for route in ROUTES:
            async with fresh.request(
                route.method, address(route, seeded), headers=headers, data=b"\x00{"
            ) as response:
                assert response.status == 401, cell(route)
                shown = response.headers["WWW-Authenticate"]
                assert shown.startswith('Bearer realm="carehub"')

    assert parsed == []


async def test_a_token_that_nobody_has_is_refused_like_a_wrong_one(client, seeded):
    text = give(seeded.path, "viewer")
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    answers = []
    for given_ in (NOBODY, wrong):
        async with client.get("/health/live", headers=bearer(given_)) as response:
            answers.append((response.status, await response.json()))

    assert answers[0] == answers[1]
    assert answers[0][0] == 401


async def test_two_tokens_at_once_are_none(client, seeded):
    text = give(seeded.path, "viewer")
    twice = [("Authorization", f"Bearer {text}")] * 2
    async with client.get("/health/live", headers=twice) as response:
        assert response.status == 401


async def test_without_any_token_everybody_on_this_machine_may_do_everything(
    client, seeded
):
    for route in ROUTES:
        status, code = await ask(client, route, address(route, seeded), {})

        assert status not in {401, 403, 429}, (cell(route), code)


async def test_an_address_that_is_none_is_not_told_to_strangers(client, seeded):
    give(seeded.path, "viewer")
    async with client.get("/api/v1/nothing") as response:
        assert response.status == 401


@pytest.fixture
async def real(tmp_path):
    """A hub with a store of its own, in which tokens are made and revoked."""
    folder = tmp_path / "store"
    with Store(folder, call_at_once) as store:

        async def write(apply, payload):
            return await in_thread(store.writer.call, apply, payload)

        hub = Hub(folder / "carehub.sqlite3", write=write)
        async with TestClient(TestServer(create_app(hub.context()))) as client:
            client.reader = store.reader()
            yield client
            client.reader.close()


async def make(client, role="admin", headers=(), status=201, **more):
    body = json.dumps({"role": role, **more}).encode()
    async with client.post(
        "/api/v1/tokens", data=body, headers=dict(headers)
    ) as response:
        answered = await response.json()
    assert response.status == status, answered
    return answered


async def test_the_first_token_closes_the_api(real):
    first = await make(real, name="anna@example")
    async with real.get("/health/live") as without:
        pass
    async with real.get("/api/v1/tokens", headers=bearer(first["token"])) as with_it:
        listed = await with_it.json()

    assert without.status == 401
    assert first["made"]["created_by"] == "local"
    assert listed["items"] == [first["made"]]
    assert "hash" not in json.dumps(listed)


async def test_a_revoked_token_is_good_no_longer_at_once(real):
    admin = bearer((await make(real))["token"])
    other = await make(real, "viewer", admin)
    shown = bearer(other["token"])
    async with real.get("/health/live", headers=shown) as before:
        pass
    path = f"/api/v1/tokens/{other['made']['id']}"
    times = []
    for _ in range(2):
        async with real.delete(path, headers=admin) as response:
            times.append((await response.json())["revoked_at"])
    async with real.get("/health/live", headers=shown) as after:
        pass

    assert (before.status, after.status) == (200, 401)
    assert times[0] == times[1]


async def test_the_api_stays_closed_when_the_last_token_is_revoked(real):
    first = await make(real)
    path = f"/api/v1/tokens/{first['made']['id']}"
    async with real.delete(path, headers=bearer(first["token"])) as response:
        assert response.status == 200
    async with real.get("/health/live") as response:
        assert response.status == 401


async def test_what_is_made_and_revoked_is_audited(real):
    first = await make(real, name="anna")
    headers = bearer(first["token"])
    key = first["made"]["id"]
    async with real.delete(f"/api/v1/tokens/{key}", headers=headers):
        pass
    rows = real.reader.execute(
        "SELECT actor, role, action, object FROM audit WHERE action LIKE 'token.%'"
    ).fetchall()

    assert rows == [
        ("local", "admin", "token.created", key),
        (f"anna/{key}", "admin", "token.revoked", key),
    ]


async def test_a_token_that_is_not_there_cannot_be_revoked(real):
    first = await make(real)
    headers = bearer(first["token"])
    async with real.delete("/api/v1/tokens/none", headers=headers) as response:
        assert response.status == 404
    async with real.get("/health/live", headers=headers) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"role": "feed"}, "scope: must be the name of a source"),
        ({"role": "feed", "scope": "other"}, "scope: must be the name of a source"),
        ({"role": "subscriber"}, "scope: must be the name of a destination"),
        ({"role": "admin", "scope": SCOPE}, "scope: a token for admin has none"),
        ({"role": "viewer", "expires": "soon"}, "expires: must be like 12h or 90d"),
        ({"role": "viewer", "name": "a b"}, "name: must be of letters"),
        ({"role": "king"}, "role: must be"),
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(real, wanted, problem):
    answered = await make(real, status=400, **wanted)

    assert answered["error"]["problems"][0].startswith(problem)


async def test_a_feed_gives_messages_to_its_source_only(client, hub, seeded):
    headers = bearer(give(seeded.path, "feed", SCOPE))
    for name, status in ((SCOPE, 201), (FOREIGN, 404)):
        path = f"/api/v1/sources/{name}/messages"
        async with client.post(path, data=b"x", headers=headers) as response:
            assert response.status == status

    assert hub.asked == [("take", SCOPE)]


async def test_an_operator_sees_a_body_only_for_a_reason(client, hub, seeded):
    text = give(seeded.path, "operator")
    path = f"/api/v1/messages/{seeded.message(1)}/raw"
    async with client.get(path, headers=bearer(text)) as without:
        refused = await without.json()
    reason = f"call of {seeded.canary}"
    headers = bearer(text, **{"Carehub-Reason": reason})
    with capture_logs() as logs:
        async with client.get(path, headers=headers) as with_one:
            body = await with_one.read()

    assert (without.status, refused["error"]["code"]) == (403, "ACCESS-004")
    assert body == seeded.body(1)
    entry = hub.audited[0]
    assert (entry.action, entry.reason) == ("access.broke_glass", reason)
    assert entry.object == seeded.message(1)
    assert entry.actor.startswith("operator/")
    assert "access.broke_glass" in [each["event"] for each in logs]
    assert seeded.canary not in str(logs)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_a_reason_that_is_none_is_refused(client, hub, seeded, reason):
    headers = bearer(give(seeded.path, "operator"), **{"Carehub-Reason": reason})
    path = f"/api/v1/messages/{seeded.message(1)}/raw"
    async with client.get(path, headers=headers) as response:
        assert response.status in {400, 403}

    assert hub.audited == []


async def test_what_cannot_be_audited_is_not_shown(seeded):
    """S36: the audit fails closed."""

    async def audit(*_):
        raise StorageFullError

    text = give(seeded.path, "operator")
    headers = bearer(text, **{"Carehub-Reason": "because"})
    app = create_app(Hub(seeded.path, audit=audit).context())
    async with TestClient(TestServer(app)) as client:
        for path in ("events", f"messages/{seeded.message(1)}/raw"):
            async with client.get(f"/api/v1/{path}", headers=headers) as response:
                shown = await response.text()

            assert response.status == 503
            assert seeded.canary not in shown


async def test_no_reason_helps_a_viewer(client, hub, seeded):
    text = give(seeded.path, "viewer")
    headers = bearer(text, **{"Carehub-Reason": "curious"})
    async with client.get("/api/v1/events", headers=headers) as events:
        shown = await events.text()
    path = f"/api/v1/messages/{seeded.message(1)}/raw"
    async with client.get(path, headers=headers) as raw:
        pass

    assert (events.status, raw.status) == (200, 403)
    assert seeded.canary not in shown
    assert hub.audited == []


async def test_who_asks_too_often_is_told_to_wait(seeded):
    text = give(seeded.path, "viewer")
    app = create_app(Hub(seeded.path, rate=Rate(2, 3600)).context())
    answers = []
    async with TestClient(TestServer(app)) as client:
        for _ in range(3):
            async with client.get("/health/live", headers=bearer(text)) as response:
                answers.append((response.status, response.headers.get("Retry-After")))

    assert answers[:2] == [(200, None)] * 2
    assert answers[2][0] == 429
    assert 1790 <= int(answers[2][1]) <= 1800


async def test_beyond_loopback_it_answers_only_where_there_are_tokens(seeded):
    hub = Hub(seeded.path, hosts=frozenset({"hub.example"}))
    everywhere = "0.0.0.0"  # noqa: S104 - for the length of a test
    with pytest.raises(NotLoopbackError):
        await AdminServer(hub.context(), everywhere, 0).start()
    text = give(seeded.path, "viewer")
    server = AdminServer(hub.context(), everywhere, 0)
    await server.start()
    port = server.address.rpartition(":")[2]
    found = []
    try:
        async with aiohttp.ClientSession() as session:
            for host in ("hub.example", f"hub.example:{port}", "other.example"):
                headers = bearer(text, Host=host)
                url = f"http://127.0.0.1:{port}/health/live"
                async with session.get(url, headers=headers) as response:
                    found.append(response.status)
    finally:
        await server.stop()

    assert found == [200, 200, 403]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://hub.example", 200),
        ("http://hub.example", 200),
        ("https://evil.example", 403),
    ],
)
async def test_a_page_of_the_named_host_may_post(seeded, origin, status):
    hub = Hub(seeded.path, hosts=frozenset({"hub.example"}))
    headers = bearer(give(seeded.path, "admin"), Host="hub.example", Origin=origin)
    path = f"/api/v1/messages/{seeded.message(2)}/replay"
    async with (
        TestClient(TestServer(create_app(hub.context()))) as client,
        client.post(path, headers=headers) as response,
    ):
        assert response.status == status


async def test_a_running_hub_makes_tokens_and_audits_who_breaks_glass(tmp_path):
    played = Played(tmp_path / "data").play(*a_stay())
    reason = f"asked by {CANARY}"
    async with running(played) as hub, aiohttp.ClientSession() as session:
        api = f"{hub.admin.address}/api/v1"

        async def made(role, headers):
            url, data = f"{api}/tokens", json.dumps({"role": role, "name": role})
            async with session.post(url, data=data, headers=headers) as response:
                return bearer((await response.json())["token"])

        admin = await made("admin", {})
        operator = await made("operator", admin)
        shown = []
        for headers in (operator, operator | {"Carehub-Reason": reason}):
            url = f"{api}/persons/{played.person}"
            async with session.get(url, headers=headers) as response:
                shown.append(await response.text())
        reader = hub.store.reader()
        rows = reader.execute(
            "SELECT actor, object, reason FROM audit WHERE action = ?",
            ["access.broke_glass"],
        ).fetchall()
        reader.close()

    assert (CANARY in shown[0], CANARY in shown[1]) == (False, True)
    [(actor, about, why)] = rows
    assert actor.startswith("operator/")
    assert why == reason
    assert played.person not in about


class Clock:
    """A steady clock that a test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def checks(monkeypatch):
    """Count how often a secret is compared with a hash."""
    counted = []
    hasher = access_module._HASHER

    class Counting:
        def verify(self, *given_):
            counted.append(given_)
            return hasher.verify(*given_)

        def hash(self, secret):
            return hasher.hash(secret)

    monkeypatch.setattr(access_module, "_HASHER", Counting())
    return counted


def access(clock, *tokens, rate=PLENTY, **given_):
    return Access(lambda: tokens, rate, clock=clock, **given_)


async def known(found, text, peer="192.0.2.1"):
    return await found.caller([f"Bearer {text}"], peer)


async def test_a_token_is_not_checked_again_for_a_minute(clock, checks):
    text, kept = token("viewer")
    found = access(clock, kept)
    for _ in range(3):
        caller = await known(found, text)
    within = len(checks)
    clock.now += KNOWN_SECONDS
    await known(found, text)

    assert (caller.role, within, len(checks)) == (Role.VIEWER, 1, 2)


async def test_a_wrong_secret_is_no_help_while_the_right_one_is_known(clock):
    text, kept = token("viewer")
    found = access(clock, kept)
    await known(found, text)

    with pytest.raises(BadTokenError):
        await known(found, text[:-2] + ("AA" if text[-2:] != "AA" else "BB"))


async def test_a_token_that_is_unknown_is_checked_as_long(clock, checks):
    _, kept = token("viewer")
    found = access(clock, kept)

    with pytest.raises(BadTokenError):
        await known(found, new_secret().text())
    assert len(checks) == 1


async def test_a_token_expires(clock):
    now = [datetime(2026, 3, 10, 12, tzinfo=UTC)]
    text, kept = token("viewer", expires_at=now[0] + timedelta(hours=1))
    found = access(clock, kept, now=lambda: now[0])
    await known(found, text)
    now[0] += timedelta(hours=1)

    with pytest.raises(BadTokenError):
        await known(found, text)


async def test_a_token_that_is_revoked_while_it_is_checked_is_refused(
    clock, monkeypatch
):
    text, kept = token("viewer")
    found = access(clock, kept)
    await found.closed()

    async def revoked_meanwhile(function, *given_):
        result = await in_thread(function, *given_)
        found.suspend(kept.id)
        return result

    monkeypatch.setattr(access_module, "in_thread", revoked_meanwhile)

    with pytest.raises(BadTokenError):
        await known(found, text)


async def test_who_fails_too_often_must_wait(clock, checks):
    text, kept = token("viewer")
    found = access(clock, kept)
    for _ in range(FAILURES.tries):
        with pytest.raises(BadTokenError):
            await known(found, new_secret().text())
    with pytest.raises(TooManyRequestsError) as caught:
        await known(found, text)

    assert len(checks) == FAILURES.tries
    assert caught.value.headers == {"Retry-After": "6"}
    clock.now += 6
    assert (await known(found, text)).role is Role.VIEWER


async def test_others_are_not_held_up_by_who_fails(clock):
    text, kept = token("viewer")
    found = access(clock, kept)
    for _ in range(FAILURES.tries):
        with pytest.raises(BadTokenError):
            await known(found, "no token")

    assert (await known(found, text, "192.0.2.2")).role is Role.VIEWER


async def test_a_token_that_is_known_goes_on_where_others_fail(clock):
    text, kept = token("viewer")
    found = access(clock, kept)
    await known(found, text)
    for _ in range(FAILURES.tries + 1):
        with pytest.raises((BadTokenError, TooManyRequestsError)):
            await known(found, "no token")

    assert (await known(found, text)).role is Role.VIEWER


async def test_addresses_of_one_network_fail_together(clock):
    _, kept = token("viewer")
    found = access(clock, kept)
    for number in range(FAILURES.tries):
        with pytest.raises(BadTokenError):
            await known(found, "no token", f"2001:db8::{number:x}")

    with pytest.raises(TooManyRequestsError):
        await known(found, "no token", "2001:db8::ffff:1")


async def test_many_who_fail_at_once_are_counted(clock, checks):
    _, kept = token("viewer")
    found = access(clock, kept)
    tries = [known(found, new_secret().text()) for _ in range(FAILURES.tries + 5)]
    answers = await asyncio.gather(*tries, return_exceptions=True)

    waiting = [each for each in answers if isinstance(each, TooManyRequestsError)]
    assert (len(waiting), len(checks)) == (5, FAILURES.tries)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
async def test_without_tokens_who_is_here_is_the_administrator(clock, peer):
    assert await access(clock).caller([], peer) == LOCAL


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "hub.example"])
async def test_without_tokens_nobody_from_elsewhere_is_answered(clock, peer):
    with pytest.raises(NoTokenError):
        await access(clock).caller([], peer)


async def test_a_peer_is_limited_whatever_tokens_it_has(clock):
    pairs = [token("viewer") for _ in range(3)]
    found = access(clock, *(kept for _, kept in pairs), rate=Rate(2, 60))
    for text, _ in pairs[:2]:
        await known(found, text)

    with pytest.raises(TooManyRequestsError):
        await known(found, pairs[2][0])
    assert await known(found, pairs[2][0], "192.0.2.2")


async def test_a_token_is_limited_wherever_it_comes_from(clock):
    text, kept = token("viewer")
    found = access(clock, kept, rate=Rate(2, 60))
    for number in range(2):
        await known(found, text, f"192.0.2.{number}")
    with pytest.raises(TooManyRequestsError):
        await known(found, text, "192.0.2.9")
    clock.now += 30

    assert await known(found, text, "192.0.2.10")


def test_a_secret_is_kept_as_an_argon2id_hash_of_sufficient_cost():
    """S16. Source: OWASP's cheat sheet on storing passwords."""
    hashed = new_secret().hashed()

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_token_does_not_show_its_hash():
    _, kept = token("viewer")

    assert kept.hash not in repr(kept)


@given(st.text())
def test_any_text_is_a_token_or_none(text):
    found = parse_token(text)

    assert found is None or found.text() == text


@given(st.integers(1, 20), st.lists(st.floats(0, 100), max_size=60))
def test_no_more_pass_than_the_rate_allows(tries, waits):
    clock = Clock()
    buckets = Buckets(Rate(tries, 60), clock)
    began, passed = clock.now, 0
    for wait in waits:
        clock.now += wait
        passed += not buckets.take("a")

    assert passed <= tries + (clock.now - began) * tries / 60 + 1e-6


def test_who_waits_as_told_is_let_in():
    clock = Clock()
    buckets = Buckets(Rate(3, 60), clock)
    for _ in range(3):
        buckets.take("a")
    clock.now += buckets.take("a")

    assert buckets.take("a") == 0


def test_only_so_many_are_remembered():
    buckets = Buckets(Rate(1, 60), Clock())
    for number in range(MOST_KEYS + 1):
        buckets.take(str(number))

    assert buckets.take(str(MOST_KEYS)) > 0
    assert buckets.take("0") == 0


@pytest.mark.parametrize(
    ("caller", "who"),
    [
        (LOCAL, "anna"),
        (Caller("tok_1", "ward-office", Role.OPERATOR), "ward-office"),
        (Caller("tok_1", "", Role.OPERATOR), "tok_1"),
    ],
)
def test_whose_token_it_is_counts_and_not_who_they_say_they_are(caller, who):
    request = make_mocked_request("POST", "/")
    request[CALLER] = caller

    assert signed_by(request, "anna") == who
