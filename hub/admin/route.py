"""What is declared of one address of the admin API."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aiohttp import web

from hub.admin.parameters import Parameters

Answer = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]


class Route(NamedTuple):
    """One address. `shape` is the type of its JSON; None: it answers no JSON.

    What identifies a person is asked for in a JSON `body`, because addresses are
    written down in too many places; there are no other parameters then.
    """

    method: str
    path: str
    answer: Answer
    summary: str
    shape: Any
    parameters: type[Parameters] = Parameters
    media_type: str = "application/json"
    statuses: tuple[int, ...] = ()
    body: type[Parameters] | None = None
