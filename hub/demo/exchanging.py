"""What the payer does with files: it drops them, reads the answers, acknowledges ours.

It knows the hub by what lies in its own folders, and by nothing else.
"""

import asyncio
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.demo import roster
from hub.demo.payer import Payer
from hub.demo.x12 import write_acknowledgements

#: How long an answer may take, and how often the payer looks for it, in seconds.
ANSWER_SECONDS, LOOK_SECONDS = 60.0, 0.1
#: How the payer names its rosters, lists of what it took, and 999s.
ROSTERS, LISTS, ANSWERS = r"roster-.+\.csv", r"taken-.+\.csv", r"taken-.+\.999"
#: The header of a list of what it took.
TAKEN_HEADER = ("File", "Result")


@dataclass(frozen=True, slots=True)
class Response:
    """What a response file says of a file: what became of it, why, and of its rows."""

    file: str
    status: str
    reason: str
    accepted: int


@dataclass(frozen=True, slots=True)
class Drop:
    """A file of the payer's, and the response that it must get."""

    body: bytes
    answer: Response


class Clerk:
    """Whoever looks after files at the payer."""

    def __init__(self, payer: Payer) -> None:
        self._payer = payer
        self._acknowledged: set[str] = set()
        self._turns = self._interchanges = 0

    async def drop(self, drops: Iterable[Drop]) -> list[str]:
        """Drop files, each when the one before is answered; return what went wrong."""
        problems = []
        for each in drops:
            self._payer.drop(each.answer.file, each.body)
            problems += await self._compare(each.answer)
        return problems

    async def acknowledge(self) -> list[str]:
        """Acknowledge what came and was not acknowledged yet; return what went wrong.

        Tables are listed in a table, and each interchange is answered with a 999.
        """
        self._turns += 1
        return await self.drop(await asyncio.to_thread(self._acknowledgements))

    def _acknowledgements(self) -> list[Drop]:
        tables, interchanges = self._payer.tables(), self._payer.interchanges()
        return [*self._tables(tables), *self._answers(interchanges)]

    def _tables(self, names: Iterable[str]) -> Iterable[Drop]:
        new = [name for name in names if name not in self._acknowledged]
        self._acknowledged.update(new)
        if new:
            body = io.StringIO(newline="")
            lines = [TAKEN_HEADER, *((name, "accepted") for name in new)]
            csv.writer(body).writerows(lines)
            yield self._taken("csv", body.getvalue())

    def _answers(self, names: Iterable[str]) -> Iterable[Drop]:
        new = [name for name in names if name not in self._acknowledged]
        self._acknowledged.update(new)
        if new:
            found = [
                each for name in new for each in self._payer.read_interchanges(name)
            ]
            now, first = datetime.now(UTC), self._interchanges + 1
            self._interchanges += len(found)
            yield self._taken("999", write_acknowledgements(found, now, first))

    def _taken(self, ending: str, text: str) -> Drop:
        name = f"taken-{self._turns:02}.{ending}"
        return Drop(text.encode(), Response(name, "applied", "file.permitted", 0))

    async def _compare(self, expected: Response) -> list[str]:
        """Wait for the answer to a file, and say where it is another one."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                given = await self._answer(expected.file)
        except TimeoutError:
            return [f"nothing answered {expected.file} in {ANSWER_SECONDS:.0f} seconds"]
        return [] if given == expected else [f"{expected} was answered by {given}"]

    async def _answer(self, file: str) -> Response:
        # That a file appears is no event.
        while (given := self._responses().get(file)) is None:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        return given

    def _responses(self) -> dict[str, Response]:
        found = map(read_response, self._payer.responses())
        return {each.file: each for each in found}


def rosters(rows: roster.Rows) -> list[Drop]:
    """Return a roster, one that broke off, and one that lost two of five members.

    The first is used; nothing of the second is, and the third waits for somebody.
    """
    kept, arrived = len(roster.remaining(rows)), len(roster.arrived(rows))
    return [
        _roster(1, roster.whole(rows), "applied", "file.permitted", len(rows)),
        _roster(2, roster.broken(rows), "rejected", "totals.wrong", arrived),
        _roster(3, roster.shrunken(rows), "held", "members.drop", kept),
    ]


def read_response(body: bytes) -> Response:
    """Return what a response file says. Raises KeyError and ValueError."""
    lines = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    said = {line["item"]: line["text"] for line in lines}
    codes = {line["item"]: line["code"] for line in lines}
    readable = int(said.get("readable", said["accepted"]))
    return Response(said["file"], said["status"], codes["reason"], readable)


def _roster(n: int, body: bytes, status: str, reason: str, accepted: int) -> Drop:
    return Drop(body, Response(f"roster-{n:02}.csv", status, reason, accepted))
