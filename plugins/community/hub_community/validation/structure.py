"""Whether records are as the specification says, and what they hold to be looked at.

The verdict is that of the specification's JSON Schema with formats checked, but for one
thing: an e-mail address with somebody's name around it is none here.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from hub_community.validation.formats import is_email, is_moment, is_uri, is_uuid
from hub_community.validation.forms import (
    EMAIL,
    FORMS,
    FORMS_3_0,
    LIST,
    MOMENT,
    NUMBER,
    OBJECT,
    PHONE,
    URI,
    UUID,
    WORD,
    Forms,
)

_HOLDING: Final = frozenset({LIST, OBJECT})
#: No schema nests deeper; what does is not looked at.
_DEEPEST: Final = 12


class Fault(NamedTuple):
    """What is wrong with a field: its place with dots, without numbers in lists.

    `problem` is ``required``, ``type``, ``enum``, ``uuid``, ``email``, ``uri`` or
    ``date-time``.
    """

    field: str
    problem: str


class Examined(NamedTuple):
    """The faults of a record, and the e-mails, URIs and phone numbers in it.

    Each of these is a place and a value. Of several ids in a row that are no UUIDs only
    the first is a fault.
    """

    faults: list[Fault]
    emails: list[tuple[str, str]]
    links: list[tuple[str, str]]
    phones: list[tuple[str, str]]


def faults(kind: str, record: Any) -> list[Fault]:
    """Return where a record is not as HSDS 3.0 says."""
    return _examined(FORMS_3_0, kind, record).faults


def examine(kind: str, record: Mapping[str, Any]) -> Examined:
    """Return where a record is not as HSDS 3.1 says, and what is to be looked at."""
    return _examined(FORMS, kind, record)


def _examined(forms: Forms, kind: str, record: Any) -> Examined:
    found = Examined([], [], [], [])
    _walk(forms, kind, record, "", 0, found)
    return found


def _walk(
    forms: Forms, kind: str, record: Any, path: str, depth: int, found: Examined
) -> None:
    if type(record) is not dict:
        found.faults.append(Fault(path[:-1], "type"))
        return
    form = forms[kind]
    for name in form.required:
        if name not in record:
            found.faults.append(Fault(path + name, "required"))
    texts, fields = form.texts, form.fields
    for name, value in record.items():
        # Most fields are text; this is called for each of each object.
        if type(value) is str and name in texts:
            continue
        rule = fields.get(name)
        if rule is None:
            continue
        test = rule[0]
        if test in _HOLDING:
            problem = _within(forms, rule, value, f"{path}{name}.", depth, found)
        else:
            problem = _problem(test, rule[1], value, path + name, found)
        if problem and not (problem == "uuid" and _was_said(found)):
            found.faults.append(Fault(path + name, problem))


def _was_said(found: Examined) -> bool:
    """Say whether the last fault is of an id: where one is no UUID, few others are."""
    return bool(found.faults) and found.faults[-1].problem == "uuid"


def _within(
    forms: Forms,
    rule: tuple[int, Any],
    value: Any,
    path: str,
    depth: int,
    found: Examined,
) -> str:
    test, kind = rule
    if test == LIST and type(value) is not list:
        return "type"
    if depth < _DEEPEST:
        for each in value if test == LIST else (value,):
            _walk(forms, kind, each, path, depth + 1, found)
    return ""


def _problem(test: int, words: Any, value: Any, place: str, found: Examined) -> str:
    if test == NUMBER:
        return "" if type(value) in (int, float) else "type"
    if type(value) is not str:
        return "type"
    if test == UUID:
        return "" if is_uuid(value) else "uuid"
    if test == WORD:
        return "" if value in words else "enum"
    return _formed(test, value, place, found)


def _formed(test: int, value: str, place: str, found: Examined) -> str:
    if test == PHONE:
        found.phones.append((place, value))
    if test == URI:
        found.links.append((place, value))
        return "" if is_uri(value) else "uri"
    if test == EMAIL:
        found.emails.append((place, value))
        return "" if is_email(value) else "email"
    if test == MOMENT:
        return "" if is_moment(value) else "date-time"
    return ""
