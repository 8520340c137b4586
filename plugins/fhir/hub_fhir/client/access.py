"""Calls with a token, which is fetched once and renewed where it is refused."""

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from hub_fhir.client.calling import MAX_ANSWER_BYTES, Answer, Caller
from hub_fhir.client.errors import ServerBusyError, ServerFailedError
from hub_fhir.client.outcome import error_of
from hub_fhir.client.reach import Reach, SmartSettings
from hub_fhir.tokens.assertion import TYPE, asserted, read_key
from hub_fhir.tokens.errors import BadTokenAnswerError, TokenRefusedError

_FORM = "application/x-www-form-urlencoded"
_MAX_TOKEN_ANSWER_BYTES = 64 * 1024
_LONGEST_TOKEN = 8 * 1024
_UNAUTHORIZED = 401
#: A token is renewed so long before it ends, in seconds.
_EARLY = 30.0
_DEFAULT_LIFE = 300.0


class Access:
    """Calls a partner's server as whoever the hub is there."""

    def __init__(
        self, reach: Reach, *, connect_seconds: float, concurrency: int = 1
    ) -> None:
        self._caller = Caller(
            reach, connect_seconds=connect_seconds, concurrency=concurrency
        )
        self._auth = reach.auth
        self._token = ""
        self._until = 0.0
        self._renewing = asyncio.Lock()

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """Return the answer. Where a token is refused, ask once more with a new one.

        Raises what `Caller.call` does, TokenRefusedError and BadTokenAnswerError.
        """
        given = dict(headers or {})
        token = await self._bearer("")
        first = await self._caller.call(
            method, url, body=body, headers=given | _header(token), limit=limit
        )
        if first.status != _UNAUTHORIZED or not token:
            return first
        token = await self._bearer(token)
        return await self._caller.call(
            method, url, body=body, headers=given | _header(token), limit=limit
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()

    async def _bearer(self, refused: str) -> str:
        """Return a token that is not `refused`; "" where none is used."""
        if self._auth is None:
            return ""
        async with self._renewing:
            good = self._token and self._until > time.monotonic()
            if not good or self._token == refused:
                self._token, seconds = await self._fetch(self._auth)
                self._until = time.monotonic() + max(0.0, seconds - _EARLY)
            return self._token

    async def _fetch(self, auth: SmartSettings) -> tuple[str, float]:
        answer = await self._caller.call(
            "POST",
            auth.token_url,
            body=_request(auth),
            headers={"Content-Type": _FORM, "Accept": "application/json"},
            limit=_MAX_TOKEN_ANSWER_BYTES,
        )
        if answer.status // 100 == 2:  # noqa: PLR2004  # 2xx
            return _token_in(answer.body)
        # Trouble of theirs passes; all else is a matter of what was agreed.
        if error_of(answer.status) in {ServerFailedError, ServerBusyError}:
            raise ServerFailedError(f"token endpoint, HTTP {answer.status}")
        raise TokenRefusedError(f"HTTP {answer.status}")


def _header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _request(auth: SmartSettings) -> bytes:
    key = read_key(auth.signing_key.get_secret_value())
    assertion = asserted(
        key,
        auth.client_id,
        auth.key_id,
        auth.token_url,
        datetime.now(UTC),
        secrets.token_urlsafe(24),
    )
    form = {
        "grant_type": "client_credentials",
        "scope": auth.scope,
        "client_assertion_type": TYPE,
        "client_assertion": assertion,
    }
    return urlencode(form).encode()


def _token_in(body: bytes) -> tuple[str, float]:
    try:
        found: Any = json.loads(body)
        token, kind = found["access_token"], found.get("token_type", "")
        seconds = float(found.get("expires_in", _DEFAULT_LIFE))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadTokenAnswerError from None
    readable = isinstance(token, str) and token.isascii() and token.isprintable()
    if not readable or not 0 < len(token) <= _LONGEST_TOKEN or " " in token:
        raise BadTokenAnswerError
    if str(kind).lower() != "bearer" or not seconds > 0:
        raise BadTokenAnswerError
    return token, seconds
