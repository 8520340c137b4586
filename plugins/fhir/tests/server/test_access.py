"""Who may ask."""

import json

import pytest

from hub_fhir.server.settings import ServerSettings
from hub_fhir.tokens.assertion import TYPE
from plugins.fhir.tests.samples import bundle, resource
from plugins.fhir.tests.server.conftest import ID, code_of

TASK = f"/Task/{ID}"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic eDp5", f"Bearer {'x' * 4000}"]
)
async def test_without_a_token_nothing_is_shown(serve, inbox, header):
    async with serve(client="") as asker:
        status, outcome = await asker.call("GET", TASK, Authorization=header)

    assert (status, code_of(outcome)) == (401, "FHIR-071")
    assert asker.headers["WWW-Authenticate"] == "Bearer"
    assert not inbox.referrals.looks


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/Task", None),
        ("PUT", TASK, {}),
        ("POST", "/Task", {}),
        ("POST", "/ServiceRequest", {}),
    ],
)
async def test_a_token_is_good_for_its_scopes_only(serve, method, path, body):
    async with serve(scope="system/Task.r") as asker:
        read, _ = await asker.call("GET", TASK)
        status, outcome = await asker.call(method, path, body)

    assert (read, status, code_of(outcome)) == (200, 403, "FHIR-072")


async def test_a_transaction_needs_the_scopes_of_its_entries(serve, inbox):
    tree = resource("Task", status="accepted", intent="order")
    whole = bundle(tree)
    whole["entry"][0]["request"] = {"method": "POST", "url": "Task"}
    message = bundle(resource("MessageHeader"), tree, type_="message")
    async with serve(scope="system/Task.r") as asker:
        first, _ = await asker.call("POST", "/", whole)
        second, _ = await asker.call("POST", "/$process-message", message)

    assert (first, second) == (403, 403)
    assert not inbox.received


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, 400, "invalid_request"),
        ({"client_assertion": "x.y.z"}, 401, "invalid_client"),
        ({"client_assertion": "x" * 40_000}, 400, "invalid_request"),
    ],
)
async def test_a_token_is_refused_in_the_words_of_oauth(serve, changes, status, error):
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE}
    async with (
        serve(client="") as asker,
        asker.http.post(f"{asker.address}/token", data=form | changes) as response,
    ):
        answer = await response.json()

    assert (response.status, answer["error"]) == (status, error)
    assert response.headers["Cache-Control"] == "no-store"


async def test_keys_that_are_not_there_are_the_operators_trouble(serve, tmp_path):
    (tmp_path / "keys.json").write_text("{}")

    with pytest.raises(AssertionError, match="temporarily_unavailable"):
        async with serve():
            raise TypeError("there was a token")


async def test_a_scope_that_is_not_granted_is_said_so(serve):
    with pytest.raises(AssertionError, match="invalid_scope"):
        async with serve(scope="user/*.*"):
            raise TypeError("there was a token")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host": "0.0.0.0"}, "reached by others"),  # noqa: S104 - refused here
        ({"tls_certificate": "a.pem"}, "go together"),
        ({"tls_client_ca": "a.pem"}, "needs tls_certificate"),
        ({"tls_certificate": "a.pem", "tls_key": "a.pem"}, "not usable"),
        ({"clients": {}}, "clients"),
        ({"subscribers": [{"party": "x", "endpoint": "http://10.0.0.1/"}]}, "https"),
        (
            {"subscribers": [{"party": "x", "endpoint": "https://169.254.169.254/"}]},
            "address",
        ),
    ],
)
def test_settings_that_are_not_safe_are_refused(settings, changes, words):
    with pytest.raises(ValueError, match=words):
        settings(**changes)


def test_the_path_is_that_of_the_public_address(settings):
    assert settings().path == "/fhir"
    assert settings(public_url="https://hub.example.org/r4/").path == "/r4"
    assert settings(public_url="https://hub.example.org").path == ""


async def test_the_address_is_the_public_one_where_there_is_one(serve):
    async with serve(client="", public_url="https://hub.example.org") as asker:
        address = asker.address

    assert address == "https://hub.example.org"


def test_settings_hold_no_secret_in_their_text(settings, monkeypatch):
    monkeypatch.setenv("HOOK", "very-secret")
    hook = {"party": "x", "endpoint": "https://a.example.org/", "secret": "env:HOOK"}
    made: ServerSettings = settings(subscribers=[hook])

    assert "very-secret" not in repr(made) + json.dumps(made.model_dump(mode="json"))
