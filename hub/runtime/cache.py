"""A bounded memory of what was read from the store, and of what will be written."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

#: What is kept of one kind. A hospital has a few thousand open encounters. A batch
#: must fit, because what it changed is not in the store yet.
CACHE_SIZE = 20_000


class Cache(Generic[Key, Value]):
    """Asks `load` for what it does not hold, and lets go of the oldest.

    The pipeline alone writes, so that what was asked for in vain stays known too.
    """

    def __init__(self, load: Callable[[Key], Value], size: int = CACHE_SIZE) -> None:
        self._load = load
        self._size = size
        self._held: OrderedDict[Key, Value] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        """Say whether the store need not be asked."""
        return key in self._held

    def __getitem__(self, key: Key) -> Value:
        """Return what is known under a key; what is asked for is kept the longest.

        Who changes the value in place has asked for it just now.
        """
        if key not in self._held:
            self[key] = self._load(key)
        else:
            self._held.move_to_end(key)
        return self._held[key]

    def __setitem__(self, key: Key, value: Value) -> None:
        """Remember what is known under a key now."""
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._size:
            self._held.popitem(last=False)

    def held(self, key: Key) -> Value | None:
        """Return what is held under a key, None where the store would be asked."""
        return self._held.get(key)

    def missing(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of `keys` for which the store would be asked."""
        return {key for key in keys if key not in self._held}

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
