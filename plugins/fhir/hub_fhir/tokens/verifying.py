"""Whether a client is who it says. Pure, but for the clock of the JWT library.

What a token says of itself is data: its ``alg`` must be on our list, its ``kid`` only
finds a key among those of that client, and ``jku``, ``x5u`` and ``jwk`` are not looked
at. Source: SMART App Launch 2.2, "Client Authentication: Asymmetric"; RFC 8725.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jwt

from hub_fhir.tokens.errors import AssertionRefusedError, KeysUnreadableError

ALGORITHMS = {"RS384": "RSA", "ES384": "EC"}
LEEWAY_SECONDS = 30
#: The longest that an assertion may be good for, in seconds.
LONGEST_LIFE = 300
_LONGEST_ASSERTION = 8 * 1024
_LONGEST_MARK = 256
_MOST_KEYS = 20
_LEAST_BITS = 2048
_REQUIRED = ["exp", "iss", "sub", "aud", "jti"]


class PublicKey(NamedTuple):
    """A key of a client, its id ("" where it has none) and its type."""

    id: str
    type: str
    key: Any


class Proved(NamedTuple):
    """Who it is, what must not be seen again, and until when (seconds since 1970)."""

    client: str
    mark: str
    expires: float


def read_keys(text: str) -> list[PublicKey]:
    """Return the keys of a JSON Web Key Set. Raises KeysUnreadableError."""
    try:
        listed = json.loads(text)["keys"]
        found = [_key(each) for each in listed[:_MOST_KEYS]]
    except (ValueError, KeyError, TypeError, RecursionError, jwt.PyJWTError):
        raise KeysUnreadableError("it is no JSON Web Key Set") from None
    if not all(map(_is_strong, found)):
        raise KeysUnreadableError("a key is not RSA of 2048 bits or EC P-384")
    return found


def _key(stated: dict[str, Any]) -> PublicKey:
    kind = stated["kty"]
    algorithm = {"RSA": "RS384", "EC": "ES384"}.get(kind, "")
    public = {name: value for name, value in stated.items() if name != "d"}
    identity = stated.get("kid", "")
    key = jwt.PyJWK.from_dict(public, algorithm).key
    return PublicKey(identity if isinstance(identity, str) else "", kind, key)


def _is_strong(key: PublicKey) -> bool:
    bits = getattr(key.key, "key_size", 0)
    return bits >= _LEAST_BITS if key.type == "RSA" else bits == 384  # noqa: PLR2004 - of P-384


def claimed_client(assertion: str) -> str:
    """Return who an assertion says that it is of. Raises AssertionRefusedError."""
    if len(assertion) > _LONGEST_ASSERTION:
        raise AssertionRefusedError("size")
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise AssertionRefusedError("form") from None
    client = claims.get("iss")
    if not isinstance(client, str) or client != claims.get("sub"):
        raise AssertionRefusedError("iss")
    return client


def proved(
    assertion: str, client: str, keys: Sequence[PublicKey], audience: str, now: float
) -> Proved:
    """Return what an assertion proves. Raises AssertionRefusedError."""
    header = _header(assertion)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise AssertionRefusedError("alg")
    if "crit" in header:
        raise AssertionRefusedError("crit")
    fitting = [each for each in keys if each.type == ALGORITHMS[algorithm]]
    if kid := header.get("kid"):
        fitting = [each for each in fitting if each.id == kid]
    claims = _claims(assertion, algorithm, fitting, audience, client)
    return _checked(claims, client, now)


def _header(assertion: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(assertion)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise AssertionRefusedError("form") from None


def _claims(
    assertion: str,
    algorithm: str,
    keys: Sequence[PublicKey],
    audience: str,
    client: str,
) -> dict[str, Any]:
    why = "kid"
    for each in keys:
        try:
            return jwt.decode(
                assertion,
                each.key,
                algorithms=[algorithm],
                audience=audience,
                issuer=client,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED, "strict_aud": True},
            )
        except jwt.InvalidSignatureError:
            why = "signature"
        except (jwt.PyJWTError, ValueError, OverflowError) as error:
            raise AssertionRefusedError(_reason(error)) from None
    raise AssertionRefusedError(why)


def _reason(error: Exception) -> str:
    known: dict[type[Exception], str] = {
        jwt.ExpiredSignatureError: "exp",
        jwt.ImmatureSignatureError: "nbf",
        jwt.InvalidAudienceError: "aud",
        jwt.InvalidIssuerError: "iss",
        jwt.MissingRequiredClaimError: "a claim is missing",
    }
    return known.get(type(error), "claims")


def _checked(claims: dict[str, Any], client: str, now: float) -> Proved:
    mark, expires = claims["jti"], claims["exp"]
    if not isinstance(mark, str) or not 0 < len(mark) <= _LONGEST_MARK:
        raise AssertionRefusedError("jti")
    if not isinstance(expires, int | float) or expires != expires:  # noqa: PLR0124 - NaN
        raise AssertionRefusedError("exp")
    if expires - now > LONGEST_LIFE + LEEWAY_SECONDS:
        raise AssertionRefusedError("exp")
    if claims["sub"] != client:
        raise AssertionRefusedError("sub")
    return Proved(client, mark, float(expires))
