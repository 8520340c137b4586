"""Which pieces of a remote file to ask for next, and how to put them in order.

A reader that asks for one piece at a time waits a round trip for each; one that asks
for all of them at once needs as much memory as the file is long. This one has at most
`depth` pieces under way or waiting for an earlier one, whatever the server does.
"""

from collections.abc import Iterator
from typing import NamedTuple

#: Bytes that may be under way: twice an SSH channel's window, so that a busy server
#: finds a request whenever it looks for one.
AHEAD = 8 << 20
#: The most that every SFTP server gives at once. Source: filexfer-02, section 3.
PIECE = 32768
#: The most that is asked for at once, and what OpenSSH gives.
LARGEST = 255 << 10

#: A piece of a file, or a view of one.
Bytes = bytes | memoryview


class AnswerOddError(ValueError):
    """An answer to a question that was not asked, or more than was asked for."""


class Ask(NamedTuple):
    """A request for `length` bytes at `offset`."""

    number: int
    offset: int
    length: int


class Pipeline:
    """Reads the bytes from `start` to `end` of a file. Knows no transport.

    Send what `asks` returns, and hand over each answer; the bytes come out in their
    order. `position` is up to where they did. `piece` is how much the server says that
    it gives at once; where it gives less, less is asked for.
    """

    def __init__(
        self, start: int, end: int, *, piece: int = PIECE, depth: int | None = None
    ) -> None:
        self.position = start
        self._next = start
        self._end = end
        self._piece = min(piece, LARGEST)
        self._depth = AHEAD // self._piece if depth is None else depth
        self._numbers = 0
        self._asked: dict[int, Ask] = {}
        self._again: list[tuple[int, int]] = []
        self._early: dict[int, Bytes] = {}

    @property
    def finished(self) -> bool:
        """Whether every answer is there. The file may have ended before `end`."""
        return not self._asked and not self._again and self._next >= self._end

    def asks(self) -> list[Ask]:
        """Return what to ask for now."""
        asks = [self._ask(*each) for each in self._short()]
        while self._next < self._end and self._under_way() < self._depth:
            length = min(self._piece, self._end - self._next)
            asks.append(self._ask(self._next, length))
            self._next += length
        return asks

    def receive_data(self, number: int, data: Bytes) -> Iterator[Bytes]:
        """Yield what comes next in the file now. Raises AnswerOddError."""
        ask = self._answered(number)
        if not 0 < len(data) <= ask.length:
            raise AnswerOddError("more or less than was asked for")
        if len(data) < ask.length:  # a server may give less at a time
            self._again.append((ask.offset + len(data), ask.length - len(data)))
            self._piece = min(self._piece, max(PIECE, len(data)))
        # What has to wait must not keep all that was received with it.
        self._early[ask.offset] = data if ask.offset == self.position else bytes(data)
        while (piece := self._early.pop(self.position, None)) is not None:
            self.position += len(piece)
            yield piece

    def receive_end(self, number: int) -> None:
        """Hear that the file ends before what was asked for. Raises AnswerOddError."""
        ask = self._answered(number)
        self._end = min(self._end, ask.offset)
        self._again = [each for each in self._again if each[0] < self._end]

    def _short(self) -> list[tuple[int, int]]:
        """Return what came short and can be asked for again.

        What everything else waits for goes beyond the limit, and nothing else does.
        """
        free = max(0, self._depth - self._under_way())
        again = sorted(self._again)
        most = free if free or not again or again[0][0] > self.position else 1
        self._again = again[most:]
        return again[:most]

    def _ask(self, offset: int, length: int) -> Ask:
        self._numbers += 1
        ask = Ask(self._numbers, offset, length)
        self._asked[ask.number] = ask
        return ask

    def _under_way(self) -> int:
        return len(self._asked) + len(self._early)

    def _answered(self, number: int) -> Ask:
        ask = self._asked.pop(number, None)
        if ask is None:
            raise AnswerOddError("an answer that nobody waits for")
        return ask
