"""Signs: numbers that the hub and a process of its own both see.

They cost nothing to give and are looked at when there is time. None of them is
relied on for what must not be lost: the store is looked at every second anyway.
"""

import mmap
import os
import tempfile
import time
from typing import Self

SIZE = 3 * 8
_CROWD, _CALLED, _BEATS = range(3)

#: A crowd of senders stays one for so long.
CROWD_SECONDS = 0.01


class Signs:
    """A few numbers in memory, to be shared by `share` and `shared`.

    Each is written by one side and read by the other, and is written as a whole:
    it is eight bytes wide and aligned.
    """

    def __init__(self, memory: mmap.mmap | bytearray | None = None) -> None:
        self._numbers = memoryview(memory or bytearray(SIZE)).cast("d")

    @classmethod
    def shared(cls, file: int) -> Self:
        """Return the signs in the open file `file`, which is closed."""
        memory = mmap.mmap(file, SIZE)
        os.close(file)
        return cls(memory)

    def crowd(self) -> None:
        """Say that many senders wait for an answer just now."""
        self._numbers[_CROWD] = time.monotonic()

    def crowded(self) -> bool:
        """Say whether there was a crowd a moment ago. The clock is the machine's."""
        return time.monotonic() - self._numbers[_CROWD] < CROWD_SECONDS

    def call(self) -> bool:
        """Take note of a call; say whether it is the first since the last answer."""
        called = bool(self._numbers[_CALLED])
        self._numbers[_CALLED] = 1
        return not called

    def answer(self) -> None:
        """Take note that calls up to now are heard."""
        self._numbers[_CALLED] = 0

    def beat(self) -> None:
        """Give a sign of life."""
        self._numbers[_BEATS] += 1

    @property
    def beats(self) -> float:
        """How many signs of life there were."""
        return self._numbers[_BEATS]


def new_file() -> int:
    """Return an open file that `Signs.shared` can be made from, without a name."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("carehub-signs")
    else:
        with tempfile.TemporaryFile() as named:
            file = os.dup(named.fileno())
    # Written, not only made longer: where there is no room, this is where it shows.
    os.write(file, bytes(SIZE))
    return file
