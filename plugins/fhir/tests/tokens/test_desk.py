"""A token endpoint and clients that are not what they say."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from hub_fhir.tokens.desk import Client, TokenDesk, keys_at
from hub_fhir.tokens.errors import (
    AssertionRefusedError,
    KeysUnreadableError,
    ScopeRefusedError,
)
from hub_fhir.tokens.verifying import claimed_client, proved, read_keys
from plugins.fhir.tests.peers import ec_key, key_set, rsa_key

AUDIENCE = "https://hub.example.org/fhir/token"
SCOPE = "system/Task.rs"
EC, RSA, OTHER = ec_key(), rsa_key(), ec_key()


class Clock:
    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return time.time() + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys_file(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(key_set(e1=EC, r1=RSA))
    return path


@pytest.fixture
def desk(keys_file, clock):
    other = keys_file.with_name("other.json")
    other.write_text(key_set(o1=OTHER))
    clients = {
        "tafel": Client("food-bank", keys_file, ("system/Task.rus",)),
        "other": Client("pantry", other, ("system/*.cruds",)),
    }
    return TokenDesk(clients, 300, clock)


def assertion(key=EC, *, kid="e1", alg="ES384", headers=None, drop=(), **changes):
    now = time.time()
    claims = {"iss": "tafel", "sub": "tafel", "aud": AUDIENCE, "exp": now + 200}
    claims |= {"jti": f"{now}", **changes}
    claims = {name: value for name, value in claims.items() if name not in drop}
    return jwt.encode(claims, key, alg, headers={"kid": kid, **(headers or {})})


@pytest.mark.parametrize(
    ("key", "kid", "alg"), [(EC, "e1", "ES384"), (RSA, "r1", "RS384")]
)
async def test_a_client_that_proves_who_it_is_gets_a_token(desk, key, kid, alg):
    issued = await desk.issue(assertion(key, kid=kid, alg=alg), SCOPE, AUDIENCE)

    grant = desk.grant_of(issued.token)
    assert (grant.client, grant.party) == ("tafel", "food-bank")
    assert grant.permissions == {("Task", "r"), ("Task", "s")}
    assert (issued.scope, issued.seconds) == ("system/Task.rs", 300)


def unsigned():
    return assertion(None, alg="none")


def confused():
    """Return an assertion signed with the public key as if it were a secret."""
    public = EC.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = {"iss": "tafel", "sub": "tafel", "aud": AUDIENCE, "jti": "x"}
    head = _part({"alg": "HS384", "kid": "e1"})
    content = f"{head}.{_part(claims | {'exp': time.time() + 100})}"
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    mac = hmac.digest(public, content.encode(), hashlib.sha384)
    return f"{content}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


WRONG = {
    "no algorithm": unsigned,
    "a secret of the public key": confused,
    "an algorithm that is not listed": lambda: assertion(RSA, kid="r1", alg="RS256"),
    "somebody else's key": lambda: assertion(OTHER),
    "a key of another client": lambda: assertion(OTHER, kid="o1"),
    "a kid that is a path": lambda: assertion(kid="../../etc/passwd"),
    "a kid of the other type": lambda: assertion(kid="r1"),
    "another issuer": lambda: assertion(iss="nobody", sub="nobody"),
    "issuer and subject differ": lambda: assertion(sub="other"),
    "another audience": lambda: assertion(aud="https://other.example.org"),
    "several audiences": lambda: assertion(aud=[AUDIENCE, "https://o.example.org"]),
    "expired": lambda: assertion(exp=time.time() - 60),
    "good for a year": lambda: assertion(exp=time.time() + 3e7),
    "good for ever": lambda: assertion(exp=10**30),
    "not good yet": lambda: assertion(nbf=time.time() + 120),
    "without an end": lambda: assertion(drop=("exp",)),
    "without a mark": lambda: assertion(drop=("jti",)),
    "an empty mark": lambda: assertion(jti=""),
    "a huge mark": lambda: assertion(jti="x" * 300),
    "critical headers": lambda: assertion(headers={"crit": ["x"], "x": 1}),
    "huge": lambda: assertion(more="x" * 9000),
    "nothing": lambda: "",
    "no token": lambda: "a.b.c",
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
async def test_a_client_that_does_not_prove_it_gets_none(desk, make):
    with pytest.raises(AssertionRefusedError):
        await desk.issue(make(), SCOPE, AUDIENCE)


async def test_an_assertion_counts_once(desk):
    shown = assertion()
    await desk.issue(shown, SCOPE, AUDIENCE)

    with pytest.raises(AssertionRefusedError):
        await desk.issue(shown, SCOPE, AUDIENCE)


async def test_a_client_without_measure_blocks_itself_and_nobody_else(
    desk, clock, monkeypatch
):
    monkeypatch.setattr("hub_fhir.tokens.desk._MOST_MARKS_PER_CLIENT", 3)
    for each in range(3):
        await desk.issue(assertion(jti=f"{each}"), SCOPE, AUDIENCE)

    with pytest.raises(AssertionRefusedError):
        await desk.issue(assertion(jti="3"), SCOPE, AUDIENCE)
    who = {"iss": "other", "sub": "other"}
    assert await desk.issue(assertion(OTHER, kid="o1", **who), SCOPE, AUDIENCE)
    clock.ahead = 250
    later = assertion(exp=time.time() + 400)
    assert await desk.issue(later, SCOPE, AUDIENCE)


@pytest.mark.parametrize("scope", ["", "*", "system/ServiceRequest.c", "openid"])
async def test_what_is_not_granted_is_no_token(desk, scope):
    with pytest.raises(ScopeRefusedError):
        await desk.issue(assertion(), scope, AUDIENCE)


async def test_a_token_ends(desk, clock):
    issued = await desk.issue(assertion(), SCOPE, AUDIENCE)
    clock.ahead = 301

    assert desk.grant_of(issued.token) is None
    assert desk.grant_of("") is None


async def test_a_client_keeps_a_limited_number_of_tokens(desk):
    first = await desk.issue(assertion(), SCOPE, AUDIENCE)
    for each in range(64):
        await desk.issue(assertion(jti=str(each)), SCOPE, AUDIENCE)

    assert desk.grant_of(first.token) is None


async def test_keys_are_replaced_without_a_restart(desk, keys_file):
    keys_file.write_text(key_set(n1=OTHER))

    issued = await desk.issue(assertion(OTHER, kid="n1"), SCOPE, AUDIENCE)

    assert desk.grant_of(issued.token)
    with pytest.raises(AssertionRefusedError):
        await desk.issue(assertion(), SCOPE, AUDIENCE)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"keys":[1]}', '{"keys":[{"kty":"oct","k":"YQ"}]}',
     key_set(w=rsa_key(1024)), '{"keys":[{"kty":"EC","crv":"P-384"}]}',
     " " * 70_000],
)  # fmt: skip
def test_keys_that_cannot_be_used_are_refused(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)

    with pytest.raises(KeysUnreadableError):
        keys_at(path)


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(KeysUnreadableError):
        keys_at(tmp_path / "none.json")


@given(st.text(max_size=60) | st.from_regex(r"[\w-]{4,20}\.[\w-]{4,20}\.[\w-]{0,9}"))
def test_any_text_is_refused_as_an_assertion(text):
    keys = read_keys(key_set(e1=EC))

    with pytest.raises(AssertionRefusedError):
        claimed_client(text)
    with pytest.raises(AssertionRefusedError):
        proved(text, "tafel", keys, AUDIENCE, 0)
