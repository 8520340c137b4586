"""Signatures. Keys and bodies are made up.

The expected values were computed with OpenSSL: ``openssl dgst -sha256 -mac HMAC``.
"""

import base64

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from hypothesis import given
from hypothesis import strategies as st

from hub_webhook.signature import TOLERANCE_SECONDS, secret_key, sign, verify

KEY = bytes(range(32))
OTHER_KEY = b"\xff" * 24
BODY = b'{"synthetic": true}'
AT = 1773662400
SIGNATURE = "v1,VmE24BCipPesNV+pLzoiFRKbduAL+OOtiL/BTr30FPI="
OTHER_SIGNATURE = "v1,4QDdq6LCuofURn0tPqcKmZK80TcbfUxR8RhtOn4SwCc="
EMPTY_SIGNATURE = "v1,RuhUxHAFDh0VuFAx9sPSwe+2FAVJXcQ0Pp9VAiO/d94="

keys = st.binary(min_size=24, max_size=64)
ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1)
timestamps = st.integers(0, 1 << 40)


@pytest.mark.parametrize(
    ("key", "message_id", "at", "body", "signature"),
    [
        (KEY, "evt-1", AT, BODY, SIGNATURE),
        (OTHER_KEY, "evt-1", AT, BODY, OTHER_SIGNATURE),
        (KEY, "evt-2", 0, b"", EMPTY_SIGNATURE),
    ],
)
def test_signs_as_openssl_does(key, message_id, at, body, signature):
    assert sign([key], message_id, at, body) == signature


@given(keys, ids, timestamps, st.binary())
def test_signs_as_another_implementation_does(key, message_id, at, body):
    other = hmac.HMAC(key, hashes.SHA256())
    other.update(b".".join([message_id.encode(), str(at).encode(), body]))

    expected = "v1," + base64.b64encode(other.finalize()).decode()

    assert sign([key], message_id, at, body) == expected


def test_signs_with_every_key():
    both = sign([KEY, OTHER_KEY], "evt-1", AT, BODY)

    assert both == f"{SIGNATURE} {OTHER_SIGNATURE}"


@given(st.lists(keys, min_size=1, max_size=3, unique=True), st.data())
def test_every_key_that_signed_verifies(signing, data):
    key = data.draw(st.sampled_from(signing))
    header = sign(signing, "evt-1", AT, BODY)

    assert verify(key, "evt-1", AT, BODY, header=header, now=AT)


@pytest.mark.parametrize(
    ("key", "message_id", "at", "body"),
    [
        (OTHER_KEY, "evt-1", AT, BODY),
        (KEY, "evt-2", AT, BODY),
        (KEY, "evt-1", AT + 1, BODY),
        (KEY, "evt-1", AT, BODY + b" "),
    ],
)
def test_any_change_breaks_the_signature(key, message_id, at, body):
    assert not verify(key, message_id, at, body, header=SIGNATURE, now=AT)


@pytest.mark.parametrize(
    "header", ["", "v1,", "v1", SIGNATURE.replace("v1", "v2"), SIGNATURE[:-1], "v1,ä"]
)
def test_a_malformed_header_does_not_verify(header):
    assert not verify(KEY, "evt-1", AT, BODY, header=header, now=AT)


@pytest.mark.parametrize(
    ("lateness", "verified"),
    [
        (TOLERANCE_SECONDS, True),
        (-TOLERANCE_SECONDS, True),
        (TOLERANCE_SECONDS + 1, False),
        (-TOLERANCE_SECONDS - 1, False),
        (float("nan"), False),
    ],
)
def test_an_old_request_does_not_verify(lateness, verified):
    now = AT + lateness

    assert verify(KEY, "evt-1", AT, BODY, header=SIGNATURE, now=now) is verified


@given(keys)
def test_a_secret_stands_for_its_key(key):
    assert secret_key("whsec_" + base64.b64encode(key).decode()) == key


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "Kanarienvogel4711",
        "WHSEC_Kanarienvogel4711Kanarienvogel4711",
        "whsec_Kanarienvogel-4711",
        "whsec_Kanarienvogel",
        "whsec_Kanarienvogel4711",
        "whsec_Kanarienvogel4711Kana",
        "whsec_" + "Kana" * 22,
    ],
)
def test_a_bad_secret_is_refused_without_being_quoted(secret):
    with pytest.raises(ValueError, match=r"sign|base64") as caught:
        secret_key(secret)

    assert "Kana" not in str(caught.value)
