"""Plays a page about recipients, and writes what was printed and what they received.

A section says what time it is. What stands in it is done in its order: a message is
heard, a file is written, a command is given. A table shows what was received.
"""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from hub.cli import main
from tests.docs.hearing import MovedHub
from tests.docs.pages import Block
from tests.docs.running import segments
from tests.docs.story import wall

FEED = "st-mary"
CLINIC, MEALS = "clinic", "meals"
WHOLE, DIFFERS, GLANCE = "Field", "What differs", "Received"
LONGEST = 85
#: A field is named by at most three names, as in `payload.person.names`.
DEEPEST = 2
_SECTION = re.compile(r"^## (.+?)$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_NOW = re.compile(r"It is now (\d{4}-\d\d-\d\d \d\d:\d\d) in New York")
_STEP = re.compile(
    r"^```(?P<language>hl7|json|console)\n(?P<text>.*?)^```$"
    rf"|^\| (?P<table>{WHOLE}|{DIFFERS}|{GLANCE}) \|(?P<rows>.*?)(?=^[^|]|\Z)",
    re.MULTILINE | re.DOTALL,
)
_ID = re.compile(r"\b(msg|evt|dlv|enc|rec|p)_[0-9a-f]{32}\b")
_VARIES = [
    (_ID, r"\1_…"),
    (re.compile(r"\d+ bytes"), "… bytes"),
    (re.compile(r"(read by hl7-v2) \S+"), r"\1 …"),
]


class Step(NamedTuple):
    """Something to do, or to compare: what it is, its text, and where it stands."""

    kind: str
    text: str
    start: int
    file: str = ""


class Section(NamedTuple):
    """A section of the page: what time it is, and what is done in it."""

    title: str
    now: datetime
    steps: list[Step]


class Arrival(NamedTuple):
    """A notice that a recipient has: to whom, when, and its cells by field."""

    to: str
    when: str
    event: str
    cells: dict[str, str]


def sections(text: str) -> list[Section]:
    """Return the sections of a page in which something happens."""
    return [
        Section(found[1], _moment(now[1]), list(_steps(text, found)))
        for found in _SECTION.finditer(text)
        if (now := _NOW.search(found[2]))
    ]


def _moment(text: str) -> datetime:
    return datetime.strptime(f"{text}-0400", "%Y-%m-%d %H:%M%z")


def _steps(text: str, section: re.Match[str]) -> Iterator[Step]:
    for found in _STEP.finditer(text, section.start(2), section.end(2)):
        kind = found["language"] or found["table"]
        before = text[: found.start()].rstrip().rpartition("\n")[2]
        block = Block(Path(), 0, kind, found[0], before)
        body = found["text"] or found[0]
        start = found.start("text") if found["language"] else found.start()
        yield Step(kind, body.rstrip("\n"), start, block.file)


class Player:
    """Does what a page says with a running hub, in the folder of its configuration."""

    def __init__(self, hub: MovedHub, folder: Path) -> None:
        self._hub = hub
        self._folder = folder
        self._message = ""
        self._arrived: list[Arrival] = []
        self._shown: dict[str, dict[str, str]] = {}

    async def play(self, story: list[Section]) -> list[tuple[Step, str]]:
        """Return each step that shows something, with what really is so."""
        found = []
        async with self._hub:
            for section in story:
                await self._hub.wait_until(section.now)
                self._look()
                for step in section.steps:
                    if (real := await self._do(step)) is not None:
                        found.append((step, real))
                    await self._hub.rest()
                    self._look()
        return found

    @property
    def arrived(self) -> list[Arrival]:
        """What was received, in the order of the clock."""
        return self._arrived

    async def _do(self, step: Step) -> str | None:
        if step.kind == "hl7":
            stored = await self._hub.hear(FEED, segments(step.text))
            self._message = stored.id
        elif step.kind == "json":
            (self._folder / step.file).write_text(step.text)
        elif step.kind == "console":
            return await self._run(step.text.splitlines()[0])
        else:
            return _table(step.kind, list(self._rows(step.kind)))
        return None

    async def _run(self, line: str) -> str:
        words = shlex.split(line.removeprefix("$ hub "))
        asked = [self._message if each == "msg_…" else each for each in words]
        done = await asyncio.to_thread(CliRunner().invoke, main, asked)
        assert done.exit_code == 0, done.output
        return f"{line}\n{squeezed(done.output)}"

    def _look(self) -> None:
        """Take note of what lies with the recipients that did not lie there before."""
        known = {(each.to, each.event) for each in self._arrived}
        for to in (CLINIC, MEALS):
            for file in sorted((self._folder / "config" / to).glob("*.json")):
                notice = json.loads(file.read_text(encoding="utf-8"))
                if (to, notice["id"]) not in known:
                    when = wall(self._hub.sent(notice["id"], to))
                    arrival = Arrival(to, when, notice["id"], cells_of(notice))
                    self._arrived.append(arrival)

    def _rows(self, kind: str) -> Iterator[list[str]]:
        if kind == GLANCE:
            for each in self._arrived:
                yield [each.when, f"`{each.to}`", f"`{each.cells['type']}`"]
            return
        newest = self._arrived[-1].event
        told = {each.to: each for each in self._arrived if each.event == newest}
        cells = {to: {"received": each.when, **each.cells} for to, each in told.items()}
        fields = dict.fromkeys(name for each in cells.values() for name in each)
        for name in fields:
            row = {to: cells.get(to, {}).get(name, "") for to in (CLINIC, MEALS)}
            before = {to: self._shown.get(to, {}).get(name, "") for to in cells}
            if kind == WHOLE or any(row[to] != before[to] for to in cells):
                yield [f"`{name}`" if name != "received" else name, *row.values()]
        self._shown = cells


def _table(kind: str, rows: list[list[str]]) -> str:
    heads = ["By", "Event"] if kind == GLANCE else [f"`{CLINIC}`", f"`{MEALS}`"]
    lines = [[kind, *heads], ["---"] * 3, *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  ", "| ") for cells in lines)


def squeezed(text: str) -> str:
    """Return what was printed, without what differs from hub to hub."""
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def cells_of(notice: dict[str, Any]) -> dict[str, str]:
    """Return all that the data of a notice states, by field."""
    found = {}
    for path, value in _fields(notice["data"]):
        if text := squeezed(_words(value)):
            found[path] = text.replace("|", r"\|")
    return found


def _fields(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, each in value.items():
        inner = f"{path}{name}"
        if (
            isinstance(each, dict)
            and "local" not in each
            and inner.count(".") < DEEPEST
        ):
            yield from _fields(each, f"{inner}.")
        else:
            yield inner, each


def _words(value: Any) -> str:
    """Return the plain values within a value; of a time what a clock showed."""
    if isinstance(value, dict):
        inner = [value["local"]] if "local" in value else value.values()
        return " ".join(filter(None, map(_words, inner)))
    if isinstance(value, list):
        return "; ".join(filter(None, map(_cut, map(_words, value))))
    return "" if value is None else str(value)


def _cut(text: str) -> str:
    return f"{text[:LONGEST].rstrip()} …" if len(text) > LONGEST else text
