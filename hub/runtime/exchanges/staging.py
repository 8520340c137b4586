"""How the staged changes of a file are read: by portions, from a cursor on."""

from hub.coordination.exchanges.responses import Listing
from hub.store.exchanges.staged import Change, Staged, memberships_of

__all__ = ["Change", "Listing", "Staged", "memberships_of"]
