"""Asks a running hub through its admin API."""

import http.client
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import click

from hub.cli.errors import (
    ApiRefusedError,
    DecidedOtherwiseError,
    HubNeededError,
    HubUnreachableError,
)
from hub.config.admin import AdminTable
from hub.telemetry import printable

TIMEOUT_SECONDS = 30
#: Where commands find a token, unless `hub --token-file` names a file.
TOKEN_VARIABLE = "CAREHUB_TOKEN"  # noqa: S105 - the name of it
_DONE = frozenset({http.client.OK, http.client.CREATED, http.client.ACCEPTED})
CONFLICT = 409  # RFC 9110 section 15.5.10: there is nothing to do again


def post_replay(admin: AdminTable, kind: str, key: str) -> bool:
    """Let the running hub do a message or delivery again; say if it will.

    Raises HubUnreachableError, ApiRefusedError.
    """
    plural = {"message": "messages", "delivery": "deliveries"}[kind]
    status, body = _post(admin, f"/api/v1/{plural}/{key}/replay")
    if status == http.client.OK:
        return True
    if status == CONFLICT:
        return False
    raise refusal(status, body)


def post_decision(admin: AdminTable, path: str, said: dict[str, Any]) -> dict[str, Any]:
    """Let the running hub carry out a decision; return what came of it.

    Raises HubNeededError, DecidedOtherwiseError, ApiRefusedError.
    """
    try:
        status, body = _post(admin, path, json.dumps(said))
    except HubUnreachableError as error:
        raise HubNeededError(error.detail) from error
    if status in {http.client.OK, http.client.ACCEPTED}:
        return body
    refused = body.get("error", {})
    if refused.get("decided"):
        raise DecidedOtherwiseError(_decided(refused["decided"][0]))
    raise refusal(status, body)


def _decided(link: dict[str, Any]) -> str:
    """Say what was decided and in which message, without what somebody wrote."""
    what = "different" if link["state"] == "broken" else "same"
    return f"{what}, {link['message']}"


def _post(
    admin: AdminTable, path: str, content: str = ""
) -> tuple[int, dict[str, Any]]:
    return ask(admin, "POST", path, content.encode())


def ask(
    admin: AdminTable,
    method: str,
    path: str,
    content: bytes | BinaryIO = b"",
    besides: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON object that the running hub answers with.

    A file is sent as it is read, with the headers `besides`. The token comes from
    `hub --token-file`, or from CAREHUB_TOKEN. Raises HubUnreachableError.
    """
    connection = http.client.HTTPConnection(
        admin.own_address, admin.port, timeout=TIMEOUT_SECONDS
    )
    try:
        headers = {"Content-Length": str(_size(content)), **_authorization()}
        headers |= besides or {}
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HubUnreachableError(f"{admin.own_address}:{admin.port}") from error
    else:
        return response.status, body if isinstance(body, dict) else {}
    finally:
        connection.close()


def _size(content: bytes | BinaryIO) -> int:
    if isinstance(content, bytes):
        return len(content)
    return os.fstat(content.fileno()).st_size


def expected(answered: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """Return what the hub answered. Raises ApiRefusedError where it refused."""
    status, body = answered
    if status in _DONE:
        return body
    raise refusal(status, body)


def refusal(status: int, body: dict[str, Any]) -> ApiRefusedError:
    """Return what the hub refused as an error: its code, what is wrong, what to do.

    Where it lists problems they stand for its summary and remedy, which are general.
    """
    refused = body.get("error")
    if not isinstance(refused, dict):
        return ApiRefusedError(str(status))
    said = refused.get("problems") or _general(refused)
    told = [str(refused.get("code", status)), *map(str, said)]
    return ApiRefusedError(printable("; ".join(told)))


def _general(refused: dict[str, Any]) -> list[str]:
    return [refused[name] for name in ("summary", "remedy") if refused.get(name)]


def post_token(admin: AdminTable, wanted: dict[str, Any]) -> dict[str, Any]:
    """Let the running hub make a token. Raises HubUnreachableError, ApiRefusedError."""
    return expected(ask(admin, "POST", "/api/v1/tokens", json.dumps(wanted).encode()))


def delete_token(admin: AdminTable, key: str) -> dict[str, Any]:
    """Let the running hub revoke a token.

    Raises HubUnreachableError, ApiRefusedError.
    """
    return expected(ask(admin, "DELETE", f"/api/v1/tokens/{quote(key, safe='')}"))


def _authorization() -> dict[str, str]:
    token = _token()
    return {"Authorization": f"Bearer {token}"} if token else {}


def _token() -> str:
    context = click.get_current_context(silent=True)
    file = context.find_root().params.get("token_file") if context else None
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    return _in_file(file)


def _in_file(file: Path) -> str:
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise click.BadParameter(f"{file} cannot be read") from None
    return token
