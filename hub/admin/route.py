"""What is declared of one address of the admin API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hub.admin.parameters import Parameters
from hub.admin.roles import OWN_ONLY, Permission

Answer = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One address. `shape` is the type of its JSON; None: it answers no JSON.

    What identifies a person is asked for in a JSON `body`, because addresses are
    written down in too many places; there are no other parameters then.
    `permission` is what it takes to ask, and has no default: nobody may forget it.
    `scope` names the parameter, of the path or the query, that holds the source or
    destination it is about; a token that is for another one finds nothing there.
    Where content is taken out of the answer, `shown` are keys whose values stay though
    others hide them, and `hidden` are those that are content here though elsewhere
    they are the hub's own.
    Raises ValueError where the permission needs a scope and there is none.
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
    permission: Permission = field(kw_only=True)
    scope: str = field(default="", kw_only=True)
    shown: frozenset[str] = field(default=frozenset(), kw_only=True)
    hidden: frozenset[str] = field(default=frozenset(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuse an address whose scope nobody could check."""
        named = f"{{{self.scope}}}" in self.path
        asked = self.scope in self.parameters.model_fields
        if (self.permission in OWN_ONLY or self.scope) and not (named or asked):
            raise ValueError(f"{self.method} {self.path}: where is its scope?")
