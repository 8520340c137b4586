"""Asks a running hub through its admin API."""

import http.client
import json
from typing import Any

from hub.cli.errors import ApiRefusedError, HubUnreachableError
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


def _post(admin: AdminTable, path: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(
        admin.host, admin.port, timeout=TIMEOUT_SECONDS
    )
    try:
        connection.request("POST", path, headers={"Content-Length": "0"})
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HubUnreachableError(f"{admin.host}:{admin.port}") from error
    else:
        return response.status, body if isinstance(body, dict) else {}
    finally:
        connection.close()
