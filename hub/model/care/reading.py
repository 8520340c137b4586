"""Statements of care management become facts; what is wrong with them is said at once.

A problem names the place and the rule, never the value: that may be anybody's.
"""

import difflib
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from hub.model.care import pieces
from hub.model.facts import Fact, FactKind, RecordKey, RecordKind, Subject
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.model.record_kinds import is_known
from hub.model.times import FuzzyTime, Precision, ZoneSource

if TYPE_CHECKING:
    from hub.model.care.models import Statements

#: Where the record has a status that nobody knows: it is kept, and told to nobody.
STATUS_UNKNOWN = "fact.status_unknown"
#: More problems than this are counted and not listed.
MOST_PROBLEMS = 100
_FRAME = frozenset({"kind", "person", "key", "recorded", "occurred", "basis", "labels"})
_INSTANT = timedelta(microseconds=1)
_ONE_DAY = timedelta(days=1)


class FactProblem(NamedTuple):
    """What is wrong with a statement: where, and what the rule is."""

    path: str
    message: str


class FactsRead(NamedTuple):
    """What stands in a body: facts, or problems, all of them.

    `id` is what the sender calls the body, "" where it has no name. `warnings` are
    short dotted codes.
    """

    id: str = ""
    facts: tuple[Fact, ...] = ()
    problems: tuple[FactProblem, ...] = ()
    warnings: tuple[str, ...] = ()


def read_facts(body: bytes, zone: str | None = None) -> FactsRead:
    """Return what a body of JSON states (`Statements`). Never raises for content.

    Times without an offset are those of `zone`, and a problem where there is none.
    """
    statements = _models().Statements
    try:
        read = statements.model_validate_json(body, context={"zone": zone})
    except ValidationError as error:
        return FactsRead(problems=_problems(error))
    return _facts(read, zone)


def read_statements(stated: Iterable[Mapping[str, Any]], zone: str | None) -> FactsRead:
    """Return what statements say that were made of text, such as rows of a table.

    As `read_facts`, but that text which reads as a number or a truth value is one.
    """
    body, context = {"facts": list(stated)}, {"zone": zone}
    statements = _models().Statements
    try:
        read = statements.model_validate(body, strict=False, context=context)
    except ValidationError as error:
        return FactsRead(problems=_problems(error))
    return _facts(read, zone)


def moment(text: str, zone: str | None = None) -> FuzzyTime:
    """Return a day or an instant, as ISO 8601 writes it, as facts hold times."""
    if len(text) == len("2026-03-10"):
        begins = datetime.combine(
            date.fromisoformat(text), time(), ZoneInfo(zone or "UTC")
        )
        ends = begins + _ONE_DAY
        source: ZoneSource = "feed" if zone else "assumed"
        return _fuzzy(text, "day", begins, ends, text, source)
    read = datetime.fromisoformat(text)
    local = re.sub(r"(Z|[+-]\d{2}:\d{2})$", "", text)
    source = "field" if read.tzinfo else "feed"
    precision, length = _precision(local)
    read = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone or "UTC"))
    begins = read.astimezone(UTC)
    return _fuzzy(
        text, precision, begins, begins + length, local, source, str(read.tzinfo)
    )


@cache
def _models() -> ModuleType:
    # They take a tenth of a second to make, and most commands need none of them.
    return importlib.import_module("hub.model.care.models")


def _facts(read: "Statements", zone: str | None) -> FactsRead:
    unknown = any(
        not is_known(cast("RecordKind", each.kind), each.status or "")
        for each in read.facts
    )
    return FactsRead(
        id=read.id or "",
        facts=tuple(_fact(each, each.kind, zone) for each in read.facts),
        warnings=(STATUS_UNKNOWN,) if unknown else (),
    )


def _fact(said: pieces.Statement, kind: RecordKind, zone: str | None) -> Fact:
    details = said.model_dump(mode="json", exclude_unset=True, exclude=set(_FRAME))
    labels = None
    if said.labels:
        marked = tuple(said.labels.sensitivity)
        labels = Labels(said.labels.confidentiality, marked, (), ("fact:labels",))
    return Fact(
        kind=FactKind.RECORD,
        subject=_subject(said.person),
        recorded=moment(said.recorded, zone),
        occurred=moment(_occurred(said), zone),
        record=RecordKey(kind, said.key.system, said.key.value),
        details=details,
        labels=labels,
        basis=said.basis,
    )


def _occurred(said: pieces.Statement) -> str:
    """Return when it happened; a score is for when it was worked out."""
    calculated: str | None = getattr(said, "calculated", None)
    return said.occurred or calculated or said.recorded


def _subject(person: pieces.Person) -> Subject:
    numbers = tuple(
        Identifier(each.system, each.value, each.type) for each in person.identifiers
    )
    stated = person.model_dump(mode="json", exclude_unset=True, exclude={"identifiers"})
    return Subject(numbers, stated)


def _fuzzy(
    raw: str,
    precision: Precision,
    begins: datetime,
    ends: datetime,
    local: str,
    source: ZoneSource,
    zone: str = "",
) -> FuzzyTime:
    return FuzzyTime(
        raw=raw,
        precision=precision,
        earliest=begins.astimezone(UTC),
        latest=ends.astimezone(UTC),
        local=local,
        zone=zone or str(begins.tzinfo),
        zone_source=source,
    )


def _precision(local: str) -> tuple[Precision, timedelta]:
    if "." in local:
        return "fraction", _INSTANT
    if local.count(":") > 1:
        return "second", timedelta(seconds=1)
    return "minute", timedelta(minutes=1)


def _problems(error: ValidationError) -> tuple[FactProblem, ...]:
    found = list(dict.fromkeys(_found(error)))
    listed = found[:MOST_PROBLEMS]
    if len(found) > len(listed):
        more = len(found) - len(listed)
        listed.append(FactProblem("facts", f"and {more} more problems"))
    return tuple(listed)


def _found(error: ValidationError) -> Iterator[FactProblem]:
    for each in error.errors(include_input=False, include_url=False):
        kind, context = each["type"], each.get("ctx", {})
        path = _path(each["loc"])
        match kind:
            case "json_invalid":
                yield FactProblem("the body", "must be JSON")
            case "missing":
                yield FactProblem(path, "is needed")
            case "extra_forbidden":
                yield FactProblem(*_unknown(each["loc"]))
            case "union_tag_invalid" | "union_tag_not_found":
                yield FactProblem(f"{path}.kind", f"must be one of {_kinds()}")
            case "needs":
                yield FactProblem(path, _needs(context))
            case _:
                text = each["msg"].removeprefix("Value error, ")
                yield FactProblem(path, text.replace("Input should be", "must be", 1))


def _needs(context: Mapping[str, Any]) -> str:
    return f"with the status {context['status']} needs {context['missing']}"


def _path(location: tuple[int | str, ...]) -> str:
    """Return a place as it is written; what a sender called a field is not quoted."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step in _field_names():
            path += f".{step}" if path else step
    return path or "the body"


def _unknown(location: tuple[int | str, ...]) -> tuple[str, str]:
    """Say that there is no such field: its name is the sender's, and is not quoted."""
    near = difflib.get_close_matches(str(location[-1]), _field_names(), n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return _path(location[:-1]), f"has a field that there is not{hint}"


@cache
def _field_names() -> frozenset[str]:
    found = [*vars(_models()).values(), *vars(pieces).values()]
    models = [each for each in found if _is_piece(each)]
    return frozenset(name for each in models for name in each.model_fields)


def _is_piece(each: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(each, type) and issubclass(each, BaseModel)


@cache
def _kinds() -> str:
    schema = _models().Statements.model_json_schema()
    return ", ".join(
        sorted(schema["properties"]["facts"]["items"]["discriminator"]["mapping"])
    )
