"""How the hub proves to a token endpoint who it is. Pure.

    header    {"alg": "RS384" or "ES384", "kid", "typ": "JWT"}
    claims    iss = sub = client id, aud = token endpoint, exp <= 5 minutes ahead, jti

Source: SMART App Launch 2.2, section "Client Authentication: Asymmetric"; RFC 7523.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

# Both libraries take their time, and settings without a key need none of them: hence
# the imports below.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = timedelta(minutes=4)
_LEAST_BITS = 2048


def read_key(pem: str) -> "SigningKey":
    """Return a private key. Raises ValueError, which quotes nothing of it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415

    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise ValueError("not a private key in PEM without a passphrase") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return key
    raise ValueError("an RSA key of 2048 bits or more is needed, or one of EC P-384")


def asserted(
    key: "SigningKey", client: str, key_id: str, audience: str, now: datetime, mark: str
) -> str:
    """Return a signed assertion. `mark` is its ``jti``, never used twice."""
    import jwt  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    claims = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": mark,
    }
    algorithm = "RS384" if isinstance(key, rsa.RSAPrivateKey) else "ES384"
    return jwt.encode(claims, key, algorithm, headers={"kid": key_id})
