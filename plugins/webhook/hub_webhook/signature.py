"""Signatures that say who sent a request, and when. Pure.

    webhook-signature = signature *( SP signature )
    signature         = "v1," base64( HMAC-SHA256( key, content ) )
    content           = id "." timestamp "." body
    secret            = "whsec_" base64( key )

`timestamp` is in whole seconds since 1970. Source: Standard Webhooks 1.0.0,
section "Verifying webhook authenticity".
"""

import base64
import binascii
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
KEY_BYTES = range(24, 64 + 1)  # 192 to 512 bits, as the source demands
TOLERANCE_SECONDS = 300


def secret_key(secret: str) -> bytes:
    """Return the key that a ``whsec_`` secret stands for.

    Raises ValueError, which does not quote the secret.
    """
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret starts with {PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"what follows {PREFIX} must be base64") from None
    if len(key) not in KEY_BYTES:
        raise ValueError(f"a signing key has 24 to 64 bytes, this one {len(key)}")
    return key


def sign(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes, /) -> str:
    """Return the header ``webhook-signature``: one signature for each of `keys`.

    `message_id` must not contain a full stop, which ends it in what is signed.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join([_signature(key, content) for key in keys])


def verify(
    key: bytes,
    message_id: str,
    timestamp: int,
    body: bytes,
    /,
    *,
    header: str,
    now: float,
) -> bool:
    """Say whether one signature in `header` was made with `key`, and lately.

    More than `TOLERANCE_SECONDS` before or after `now` is not lately.
    """
    if not abs(now - timestamp) <= TOLERANCE_SECONDS:
        return False
    expected = sign([key], message_id, timestamp, body).encode()
    matches = [
        hmac.compare_digest(given.encode(errors="replace"), expected)
        for given in header.split(" ")
    ]
    return any(matches)


def _signature(key: bytes, content: bytes) -> str:
    digest = hmac.digest(key, content, "sha256")
    return "v1," + base64.b64encode(digest).decode()
