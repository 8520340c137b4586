"""What the commands have in common that only a running hub can carry out."""

import http.client
import json
from typing import Any

from hub.cli.client import ask, refusal
from hub.cli.errors import HubNeededError, HubUnreachableError
from hub.config.admin import AdminTable


def ask_hub(
    admin: AdminTable, method: str, path: str, said: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the running hub answers; `said` is the JSON object of the body.

    Raises HubNeededError, ApiRefusedError.
    """
    content = b"" if said is None else json.dumps(said).encode()
    try:
        status, body = ask(admin, method, path, content)
    except HubUnreachableError as error:
        raise HubNeededError(error.detail) from error
    if status == http.client.OK:
        return body
    raise refusal(status, body)
