"""Who acts: known where a request comes in, asked for where something is recorded."""

from contextvars import ContextVar
from typing import NamedTuple


class Actor(NamedTuple):
    """Who does something, and in which role."""

    name: str
    role: str


#: Whoever is on this machine, where nobody said who they are.
LOCAL = Actor("local", "operator")

#: Who acts in what goes on now.
ACTING: ContextVar[Actor] = ContextVar("acting", default=LOCAL)
