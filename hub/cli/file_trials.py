"""What a reader makes of a file, with nothing stored: rows, and what is wrong."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from hub.contract import NormaliserSpec
from hub.errors import HubError
from hub.model.facts import Normalised, Problem
from hub.model.files import (
    Acknowledged,
    FileContext,
    Heading,
    Item,
    Reply,
    Row,
    RowMessage,
    RowProblem,
    Totals,
)
from hub.settings import Settings


class FileItem(NamedTuple):
    """One thing in a file: its place, what it is called, and what becomes of it.

    `body` is the message that a row becomes, empty where it is none.
    """

    place: int
    kind: str
    key: str
    made: Normalised
    body: bytes = b""


def file_items(
    spec: NormaliserSpec, profile: Settings, file: str, content: bytes
) -> Iterator[FileItem]:
    """Yield what is in a file, in its order; a problem for what is wrong with it."""
    if spec.read is None:
        return
    now = datetime.now(UTC)
    context = FileContext(name=file, received_at=now)
    heading, place = "", 0
    try:
        for item in spec.read(io.BytesIO(content), profile, context):
            heading = item.kind if isinstance(item, Heading) else heading
            place = item.number if isinstance(item, Row) else place + 1
            yield from _told(spec, profile, item, heading, place, now)
    except HubError as error:
        made = Normalised(problem=Problem(error.code, error.detail))
        yield FileItem(place + 1, heading, "", made)


def _told(
    spec: NormaliserSpec,
    profile: Settings,
    item: Item,
    heading: str,
    place: int,
    now: datetime,
) -> Iterator[FileItem]:
    match item:
        case Row() if not item.problems:
            body = _message(item, now)
            made = spec.normalise(body, profile)
            warned = (*made.warnings, *(each.code for each in item.warnings))
            made = msgspec.structs.replace(made, warnings=warned)
            yield FileItem(place, f"{heading} row", item.key, made, body)
        case Row():
            yield _wrong(item.problems, f"{heading} row", item.key, place)
        case Totals() if item.problems:
            yield _wrong(item.problems, f"{heading} totals", "", place)
        case Acknowledged():
            made = Normalised(unmapped=f"acknowledgement.{item.acceptance}")
            yield FileItem(place, item.kind, item.of, made)
        case Reply():
            made = Normalised(unmapped="answer.given")
            yield FileItem(place, f"{item.kind} reply", "", made)
        case _:
            pass


def _wrong(
    problems: tuple[RowProblem, ...], kind: str, key: str, place: int
) -> FileItem:
    others = "".join(f", {each.code} {each.column}".rstrip() for each in problems[1:])
    problem = Problem(problems[0].code, f"{problems[0].column}{others}".lstrip(", "))
    return FileItem(place, kind, key, Normalised(problem=problem))


def _message(row: Row, now: datetime) -> bytes:
    return msgspec.json.encode(
        RowMessage(
            op=row.op,
            key=row.key,
            row=msgspec.Raw(row.body),
            said=now,
            exchange="trial",
            number=row.number,
        )
    )
