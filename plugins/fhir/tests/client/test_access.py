"""The hub as a client of SMART backend services."""

import time

import jwt
import pytest
from aiohttp import web
from pydantic import ValidationError

from hub.sdk import Artifact, Outcome
from hub_fhir.client.reach import SmartSettings
from hub_fhir.tokens.assertion import read_key
from plugins.fhir.tests.peers import ec_key, pem, rsa_key

ARTIFACT = Artifact(id="evt-1", body=b"{}", media_type="application/fhir+json")


class Authority:
    """Gives tokens at /token, and takes only the newest one elsewhere."""

    def __init__(self):
        self.given = 0
        self.assertions = []
        self.token_answer = None
        self.accepts = lambda token: token == f"t{self.given}"

    async def __call__(self, request):
        if request.path == "/token":
            form = await request.post()
            self.assertions.append(form["client_assertion"])
            self.given += 1
            if self.token_answer is not None:
                return self.token_answer()
            token = {"access_token": f"t{self.given}", "token_type": "Bearer"}
            return web.json_response(token | {"expires_in": 300})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return web.Response(status=200 if self.accepts(token) else 401)


@pytest.fixture
def authority(peer):
    peer.answer = Authority()
    return peer.answer


@pytest.fixture
def client(build, peer, auth, authority):  # noqa: ARG001 - who answers
    token_url = peer.url.replace("/fhir", "/token")
    return build(peer.url, auth=auth(token_url))


async def test_a_token_is_fetched_once(client, authority):
    first = await client.send(ARTIFACT)
    second = await client.send(ARTIFACT)

    assert {first.outcome, second.outcome} == {Outcome.ACCEPTED}
    assert authority.given == 1


async def test_the_assertion_says_who_and_to_whom_and_not_for_long(
    client, authority, signing_key, peer
):
    await client.send(ARTIFACT)

    [assertion] = authority.assertions
    url = peer.url.replace("/fhir", "/token")
    claims = jwt.decode(
        assertion, signing_key.public_key(), algorithms=["ES384"], audience=url
    )
    assert jwt.get_unverified_header(assertion)["kid"] == "k1"
    assert claims["iss"] == claims["sub"] == "carehub"
    assert claims["jti"]
    assert claims["exp"] - time.time() <= 300


async def test_a_token_that_is_refused_is_renewed_once(client, authority):
    await client.send(ARTIFACT)
    authority.accepts = lambda token: token == "t2"

    receipt = await client.send(ARTIFACT)

    assert receipt.outcome is Outcome.ACCEPTED
    assert authority.given == 2


async def test_a_server_that_takes_no_token_at_all_is_asked_twice_and_no_more(
    client, authority, peer
):
    authority.accepts = lambda _: False

    receipt = await client.send(ARTIFACT)

    assert (receipt.error_code, receipt.blames_route) == ("FHIR-053", True)
    assert len(peer.requests) == 4  # twice a token, twice the bundle


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            lambda: web.json_response({"error": "invalid_client"}, status=401),
            "FHIR-060",
        ),
        (lambda: web.json_response({"error": "invalid_scope"}, status=400), "FHIR-060"),
        (lambda: web.Response(status=302, headers={"Location": "/"}), "FHIR-060"),
        (lambda: web.Response(status=503), "FHIR-050"),
        (lambda: web.Response(body=b"<html>"), "FHIR-061"),
        (lambda: web.json_response(["access_token"]), "FHIR-061"),
        (
            lambda: web.json_response({"access_token": "t", "token_type": "mac"}),
            "FHIR-061",
        ),
        (
            lambda: web.json_response(
                {"access_token": "a\r\nb: c", "token_type": "bearer"}
            ),
            "FHIR-061",
        ),
        (
            lambda: web.json_response(
                {"access_token": "t", "token_type": "bearer", "expires_in": "x"}
            ),
            "FHIR-061",
        ),
    ],
)
async def test_without_a_token_nothing_is_sent(client, authority, peer, answer, code):
    authority.token_answer = answer

    receipt = await client.send(ARTIFACT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, code)
    assert {request.path for request in peer.requests} == {"/token"}


def test_an_rsa_key_signs_with_rs384(monkeypatch, auth):
    monkeypatch.setenv("SIGNING_KEY", pem(rsa_key()))
    settings = SmartSettings.model_validate(auth("https://a.example.org/token"))

    assert read_key(settings.signing_key.get_secret_value()).key_size == 2048


@pytest.mark.parametrize("key", ["nothing", "", "weak"])
def test_a_key_that_cannot_sign_is_refused_and_not_quoted(monkeypatch, auth, key):
    weak = pem(rsa_key(1024)) if key == "weak" else key
    given = auth("https://a.example.org/token")
    monkeypatch.setenv("SIGNING_KEY", weak or "x")

    with pytest.raises(ValidationError) as caught:
        SmartSettings.model_validate(given)

    assert "BEGIN" not in str(caught.value)


def test_keys_of_another_curve_are_refused():
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    with pytest.raises(ValueError, match="P-384"):
        read_key(pem(ec.generate_private_key(ec.SECP256R1())))
    assert read_key(pem(ec_key()))
