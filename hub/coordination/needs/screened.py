"""Needs by screening: which answers of an assessment show one.

A question counts by its code, whatever panel it came in. An answer counts by its code,
or by a word that means the same; no answer shows nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from hub.coordination.needs.tables import Question, screenings

#: What says that an assessment, or an answer of one, does not stand.
_TAKEN_BACK = frozenset(
    {
        *("withdrawn", "cancelled", "entered_in_error", "entered-in-error"),
        *("pending", "D", "W", "X"),
    }
)
_YES, _NO = "LA33-6", "LA32-8"


class Screened(NamedTuple):
    """That an answer shows a need, and to which question it was given."""

    category: str
    question: str


def needs_of_answers(answers: Any) -> list[Screened]:
    """Return the needs that answers show, in the order of the tables.

    `answers` are those of an assessment: each has ``question`` and ``answer``.
    """
    given = _given(answers)
    replaced = {
        code for one in questions() if one.code in given for code in one.instead_of
    }
    return [
        Screened(category, one.code)
        for one in questions()
        if one.code in given and one.code not in replaced
        for category in _shown(one, given[one.code])
    ]


@cache
def questions() -> tuple[Question, ...]:
    """Return the questions whose answers show needs."""
    return screenings().questions


def _shown(question: Question, answers: set[str]) -> Iterator[str]:
    for category, codes in question.answers.items():
        if answers & set(codes):
            yield category
    for category, least in question.at_least.items():
        if any(number >= least for number in _numbers(answers)):
            yield category


def is_taken_back(said: Mapping[str, Any]) -> bool:
    """Say whether an assessment, or an answer of one, does not stand any more."""
    status = said.get("status")
    return isinstance(status, str) and status in _TAKEN_BACK


def _given(answers: Any) -> dict[str, set[str]]:
    """Return what was answered, by question; only what the tables know."""
    found: dict[str, set[str]] = {}
    known = {one.code for one in questions()}
    for each in answers if isinstance(answers, (list, tuple)) else ():
        if not isinstance(each, Mapping) or is_taken_back(each):
            continue
        code = _code(each.get("question"))
        if code in known:
            found.setdefault(code, set()).update(_answers(each.get("answer")))
    return found


def _code(question: Any) -> str:
    if not isinstance(question, Mapping):
        return ""
    system = question.get("system")
    if system and str(system).strip().upper() not in _systems():
        return ""
    return str(question.get("code") or "")


def _answers(answer: Any) -> Iterator[str]:
    """Yield an answer by its codes, and its words as codes where they are known."""
    match answer:
        case bool():
            yield _YES if answer else _NO
        case str() | int() | float():
            yield _words().get(str(answer).strip().upper(), str(answer).strip())
        case list() | tuple():
            for each in answer:
                yield from _answers(each)
        case Mapping():
            if code := answer.get("code"):
                yield str(code)
            elif text := answer.get("text") or answer.get("display"):
                yield from _answers(text)
        case _:
            return


def _numbers(answers: Iterable[str]) -> Iterator[float]:
    for each in answers:
        try:
            yield float(each)
        except ValueError:
            continue


@cache
def _systems() -> frozenset[str]:
    return frozenset(name.upper() for name in screenings().systems)


@cache
def _words() -> dict[str, str]:
    return {word: code for code, words in screenings().words.items() for word in words}
