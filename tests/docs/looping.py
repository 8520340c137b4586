"""Plays a page about a referral: messages, commands, and what people do on a web page.

A section says what time it is. What stands in it is done in its order: a message is
heard, a file is written, a command is given, a mail is read, a worker does something
on the referral page. Tables show what the hospital and the payer heard.
"""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import NamedTuple

import aiohttp
from click.testing import CliRunner

from hub.cli import main
from tests.docs.hearers import cells_of, squeezed
from tests.docs.hearing import MovedHub
from tests.docs.pages import Block
from tests.docs.running import segments
from tests.docs.story import wall

HOSPITAL, PAYER = "st-mary", "payer"
ACT, HEARD, TOLD = "On the page", "Heard by the hospital", "Told to the payer"
PATIENCE_SECONDS = 30
#: The last line of what is shown in part.
CUT = "…"
_SECTION = re.compile(r"^## (.+?)$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_NOW = re.compile(r"It is now (\d{4}-\d\d-\d\d \d\d:\d\d) in New York")
_STEP = re.compile(
    r"^```(?P<language>hl7|json|console|text)\n(?P<text>.*?)^```$"
    rf"|^\| (?P<table>{ACT}|{HEARD}|{TOLD}) \|(?P<rows>.*?)(?=^[^|]|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"https?://[^\s/]+(/r/\S+)")
_SERVICE = re.compile(r"\bdir_[0-9a-f]{32}\b")
_CODE = re.compile(r"\b[0-9]{6}\b")


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


class Worker:
    """Somebody at the food bank: reads mails, and works on the page they lead to."""

    def __init__(self, mails, name: str) -> None:
        self._mails = mails
        self._name = name
        self._read = 0
        self._http: aiohttp.ClientSession | None = None
        self._path = ""
        self.address = ""

    async def read_mail(self) -> str:
        """Return the next mail, and remember its link."""
        self._read += 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._mails.arrivals(self._read)
        body = self._mails.bodies[self._read - 1].decode().replace("\r\n", "\n")
        if found := _LINK.search(body):
            self._path = found[1]
        return _LINK.sub("https://referrals.example.org/r/…", body).strip()

    async def read_page(self) -> str:
        """Return what the page says, signed in by the code of a mail."""
        if self._http is None:
            await self._sign_in()
        return _said(await self._get(self._path))

    async def act(self, label: str, given: dict[str, str]) -> None:
        """Do what the page calls `label`, with what is filled in."""
        overview = await self._get(self._path)
        found = re.search(
            rf'href="([^"]*/act/[^"]*)"[^>]*>{re.escape(label)}<', overview
        )
        assert found, (label, _said(overview))
        form = await self._get(found[1])
        saved = await self._post(found[1], _hidden(form) | given)
        assert "Saved" in saved, _said(saved)

    async def close(self) -> None:
        """Go home."""
        if self._http:
            await self._http.close()

    async def _sign_in(self) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        self._http = aiohttp.ClientSession(self.address, cookie_jar=jar)
        await self._post(f"{self._path}/code", {})
        code = _CODE.search(await self.read_mail())
        assert code
        await self._post(f"{self._path}/enter", {"code": code[0], "name": self._name})

    async def _get(self, path: str) -> str:
        async with self._http.get(path) as response:
            assert response.status == 200, await response.text()
            return await response.text()

    async def _post(self, path: str, given: dict[str, str]) -> str:
        async with self._http.post(path, data=given) as response:
            assert response.status == 200, await response.text()
            return await response.text()


def _hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the form of an act."""
    (form,) = re.findall(r'<form[^>]*action="[^"]*/act/.*?</form>', page, re.DOTALL)
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found}


def _said(page: str) -> str:
    """Return the words within the main part of a page, a line for each block."""
    (main_part,) = re.findall(r"<main.*?</main>", page, re.DOTALL)
    broken = re.sub(r"</(h\d|p|dd|li|legend|label|button|a|summary)>", "\n", main_part)
    words = unescape(re.sub(r"<[^>]*>", " ", broken))
    lines = (" ".join(line.split()) for line in words.splitlines())
    return "\n".join(line for line in lines if line)


class Player:
    """Does what a page says with a running hub, in the folder of its configuration."""

    def __init__(self, hub: MovedHub, folder: Path, hospital, worker: Worker) -> None:
        self._hub = hub
        self._folder = folder
        self._hospital = hospital
        self._worker = worker
        self._message = ""
        self._heard = 0
        self._told: set[str] = set()
        #: The notices that the payer has, as they lie there.
        self.notices: list[str] = []

    async def play(self, story: list[Section]) -> list[tuple[Step, str]]:
        """Return each step that shows something, with what really is so."""
        found = []
        try:
            async with self._hub:
                await self._hub.started()
                self._worker.address = self._hub.page_address()
                for section in story:
                    await self._hub.wait_until(section.now)
                    for step in section.steps:
                        if (real := await self._do(step)) is not None:
                            found.append((step, real))
                        await self._hub.rest()
        finally:
            await self._worker.close()
        return found

    async def _do(self, step: Step) -> str | None:
        match step.kind:
            case "hl7":
                stored = await self._hub.hear(HOSPITAL, segments(step.text))
                self._message = stored.id
            case "json":
                (self._folder / step.file).write_text(step.text)
            case "console":
                return await self._run(step.text.splitlines())
            case "text":
                mail = step.text.startswith("Hello,")
                return await (
                    self._worker.read_mail() if mail else self._worker.read_page()
                )
            case "On the page":
                await self._act(step.text)
            case "Heard by the hospital":
                return _table((HEARD, "Message", "RF1-1", "Note"), self._news())
            case _:
                return _table((TOLD, "Event", "What it says"), self._notices())
        return None

    async def _act(self, text: str) -> None:
        for row in text.splitlines()[2:]:
            label, given = (cell.strip() for cell in row.strip("|").split("|"))
            fields = dict(re.findall(r"`(\w+)` ([^`;]+?)(?:;|$)", given))
            await self._worker.act(label, fields)
            await self._hub.rest()

    async def _run(self, shown: list[str]) -> str:
        """Return what a command prints, as far as the page shows it."""
        line = shown[0]
        words = shlex.split(line.removeprefix("$ hub "))
        [key] = self._hub.referral_keys() or [""]
        names = {"msg_…": self._message, "rec_…": key}
        asked = [names.get(each, each) for each in words]
        done = await asyncio.to_thread(CliRunner().invoke, main, asked)
        assert done.exit_code == 0, done.output
        printed = _SERVICE.sub("dir_…", squeezed(done.output)).splitlines()
        if shown[-1] == CUT:
            printed = [*printed[: len(shown) - 2], CUT]
        return "\n".join([line, *printed])

    def _news(self) -> Iterator[tuple[str, ...]]:
        """Yield what the hospital heard since it was asked last."""
        arrived = self._hospital.arrived[self._heard :]
        self._heard += len(arrived)
        for message in arrived:
            lines = message.body.decode().split("\r")
            found = {line[:3]: line.split("|") for line in lines if line}
            notes = [line.split("|")[3] for line in lines if line.startswith("NTE")]
            msh, rf1 = found["MSH"], found["RF1"]
            when = wall(datetime.strptime(msh[6], "%Y%m%d%H%M%S%z"))
            kind = "^".join(msh[8].split("^")[:2])
            yield when, f"`{kind}`", f"`{rf1[1]}`", "; ".join(notes)

    def _notices(self) -> Iterator[tuple[str, ...]]:
        """Yield what the payer was told since it was asked last."""
        for file in sorted((self._folder / "config" / PAYER).glob("*.json")):
            notice = json.loads(file.read_bytes())
            if notice["id"] not in self._told:
                self._told.add(notice["id"])
                self.notices.append(file.read_text(encoding="utf-8"))
                cells = cells_of(notice)
                when = wall(self._hub.sent(notice["id"], PAYER))
                yield when, f"`{cells['type']}`", _stated(cells)


def _stated(cells: dict[str, str]) -> str:
    """Return what a notice says of its matter, without the person and times."""
    shown = [
        f"`{name.removeprefix('payload.')}` {value}"
        for name, value in cells.items()
        if name.startswith("payload.")
        and not name.startswith(("payload.person", "payload.period"))
        and name != "payload.changed_fields"
    ]
    return ", ".join(shown)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  ", "| ") for cells in lines)
