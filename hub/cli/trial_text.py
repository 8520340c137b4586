"""Trials as text for a person. It shows content: only who asked for it may see it."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from hub.cli.trials import Explained, Trial
from hub.model.times import FuzzyTime

_TIME = {"raw", "precision", "earliest", "latest", "local"}


def lines(trial: Trial) -> Iterator[str]:
    """Yield a trial, one line for each thing that is said."""
    kind = " ".join(filter(None, [trial.message_type, trial.control_id]))
    yield f"{trial.file}, message {trial.place}: {kind or 'unreadable'}"
    if trial.unmapped:
        yield f"  nothing in it is for the hub: {trial.unmapped}"
    if trial.problem:
        yield from _of_problem(trial.problem)
    for fact in trial.facts:
        yield f"  fact: {fact.kind.value}"
        yield from (
            f"    {path}: {text}" for path, text in flat(fact) if path != "kind"
        )
    for one in trial.documents:
        yield f"  document: {one['media_type']}, {one['size']} bytes"
    for warned in trial.warnings:
        where = " ".join(filter(None, [warned.field, warned.name]))
        yield f"  warning: {warned.code}{where and f' ({where})'}"
    for shown in trial.fields:
        yield f"  {' '.join(filter(None, [shown.path, shown.name]))}: {shown.value}"


def _of_problem(problem: Explained) -> Iterator[str]:
    detail = f" ({problem.detail})" if problem.detail else ""
    yield f"  problem: [{problem.code}] {problem.summary}{detail}"
    if problem.remedy:
        yield f"    {problem.remedy}."


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf of a fact with its path, places in lists counted from 1.

    An empty text is no statement and left out, None in a mapping takes back what
    was known.
    """
    if isinstance(value, FuzzyTime):
        yield path, _time(value)
    elif isinstance(value, Struct):
        given = msgspec.structs.asdict(value)
        yield from _each(
            {key: one for key, one in given.items() if one is not None}, path
        )
    elif isinstance(value, dict) and set(value) >= _TIME:
        yield path, _time(msgspec.convert(value, FuzzyTime))
    elif isinstance(value, dict):
        yield from _each(value, path)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value, start=1):
            yield from flat(item, f"{path}({place})")
    elif value != "":
        yield path, "(deleted)" if value is None else str(value)


def _each(values: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, item in values.items():
        yield from flat(item, f"{path}.{key}" if path else key)


def _time(time: FuzzyTime) -> str:
    known = ", ".join([time.precision, *time.flags])
    return f"{' '.join(filter(None, [time.local, time.zone]))} ({known})"
