"""Asks a running hub through its admin API."""

import http.client
import json
from typing import Any

from hub.cli.errors import (
    ApiRefusedError,
    DecidedOtherwiseError,
    HubNeededError,
    HubUnreachableError,
)
from hub.config.tables import AdminTable

TIMEOUT_SECONDS = 30
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
    raise ApiRefusedError(str(body.get("error", {}).get("code", status)))


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
    raise ApiRefusedError(str(refused.get("code", status)))


def _decided(link: dict[str, Any]) -> str:
    """Say what was decided and in which message, without what somebody wrote."""
    what = "different" if link["state"] == "broken" else "same"
    return f"{what}, {link['message']}"


def _post(
    admin: AdminTable, path: str, content: str = ""
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(
        admin.host, admin.port, timeout=TIMEOUT_SECONDS
    )
    try:
        length = {"Content-Length": str(len(content.encode()))}
        connection.request("POST", path, content.encode(), length)
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HubUnreachableError(f"{admin.host}:{admin.port}") from error
    else:
        return response.status, body if isinstance(body, dict) else {}
    finally:
        connection.close()
