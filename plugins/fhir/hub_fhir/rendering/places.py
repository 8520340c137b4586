"""Where resources are: ids, full URLs and references that are functions of content.

The same referral has the same ids whoever hears of it and however often, so that a
second telling replaces the first. Source: R4, sections 2.3.0.4 and 3.1.0.11.
"""

from typing import Any, Protocol
from uuid import UUID, uuid5

_SPACE = UUID("5a0d1f0e-2f5b-5d0a-9d2e-6d0f3c1c7b52")
#: Tokens of the hub's keys and of R4's ids that are not in the other's alphabet.
_KEY_MARK, _ID_MARK = "_", "-"


class Places(Protocol):
    """Says how resources are referred to."""

    def full_url(self, kind: str, key: str) -> str:
        """Return the full URL of the resource with this key."""

    def reference(self, kind: str, key: str) -> str:
        """Return what a reference to it says."""

    def id(self, kind: str, key: str) -> str:
        """Return its id, "" where whoever takes it chooses one."""


class Bundled:
    """References within one bundle.

    Where the recipient chooses the ids (`named` is false) its resources have none.
    """

    def __init__(self, owner: str, *, named: bool = True) -> None:
        self._owner = owner
        self._named = named

    def full_url(self, kind: str, key: str) -> str:
        """Return the full URL, a ``urn:uuid:``."""
        return f"urn:uuid:{self._uuid(kind, key)}"

    def reference(self, kind: str, key: str) -> str:
        """Return the full URL."""
        return self.full_url(kind, key)

    def id(self, kind: str, key: str) -> str:
        """Return a UUID that says nothing of the key to whoever does not know it."""
        return self._uuid(kind, key) if self._named else ""

    def _uuid(self, kind: str, key: str) -> str:
        name = f"{len(self._owner)}:{self._owner}{len(kind)}:{kind}{key}"
        return str(uuid5(_SPACE, name.encode("utf-8", "surrogatepass").hex()))


class Served:
    """References to what a server of ours has, below its address."""

    def __init__(self, owner: str, address: str = "") -> None:
        self._ids = Bundled(owner)
        self._address = address.rstrip("/")

    def full_url(self, kind: str, key: str) -> str:
        """Return the full URL, or a relative one where no address is known."""
        relative = self.reference(kind, key)
        return f"{self._address}/{relative}" if self._address else relative

    def reference(self, kind: str, key: str) -> str:
        """Return the type and the id."""
        return f"{kind}/{self.id(kind, key)}"

    def id(self, kind: str, key: str) -> str:
        """Return the hub's key of a referral, another id of all else."""
        if kind in {"Task", "ServiceRequest"}:
            return id_of(key)
        return self._ids.id(kind, key)


def id_of(key: str) -> str:
    """Return a key of the hub (``rec_…``) as an id of R4 (``rec-…``)."""
    return key.replace(_KEY_MARK, _ID_MARK)


def key_of(identity: str) -> str:
    """Return the key of the hub that an id stands for (`id_of`)."""
    return identity.replace(_ID_MARK, _KEY_MARK)


def entry(
    places: Places, kind: str, key: str, resource: dict[str, Any]
) -> dict[str, Any]:
    """Return an entry of a bundle with its full URL."""
    return {"fullUrl": places.full_url(kind, key), "resource": resource}
