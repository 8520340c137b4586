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
    TEXT,
    URI,
    UUID,
    WORD,
    Forms,
)

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

    Each of these is a place and a value.
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


def _walk(  # noqa: C901, PLR0912 - one branch for each type, called for each object
    forms: Forms, kind: str, record: Any, path: str, depth: int, found: Examined
) -> None:
    if type(record) is not dict:
        found.faults.append(Fault(path[:-1], "type"))
        return
    form = forms[kind]
    for name in form.required:
        if name not in record:
            found.faults.append(Fault(path + name, "required"))
    fields = form.fields
    problem = ""
    for name, value in record.items():
        rule = fields.get(name)
        if rule is None:
            continue
        test, more = rule
        if test == NUMBER:
            problem = "" if type(value) in (int, float) else "type"
        elif test == LIST:
            if type(value) is list:
                if depth < _DEEPEST:
                    for each in value:
                        _walk(
                            forms, str(more), each, f"{path}{name}.", depth + 1, found
                        )
            else:
                problem = "type"
        elif test == OBJECT:
            if depth < _DEEPEST:
                _walk(forms, str(more), value, f"{path}{name}.", depth + 1, found)
        elif test == WORD:
            problem = _worded(value, more)
        elif type(value) is not str:
            problem = "type"
        elif test == TEXT:
            if name == "number" and kind == "phone":
                found.phones.append((path + name, value))
        else:
            problem = _formed(test, value, path + name, found)
        if problem:
            found.faults.append(Fault(path + name, problem))
            problem = ""


def _worded(value: Any, words: Any) -> str:
    if type(value) is not str:
        return "type"
    return "" if value in words else "enum"


def _formed(test: int, value: str, place: str, found: Examined) -> str:
    if test == UUID:
        return "" if is_uuid(value) else "uuid"
    if test == URI:
        found.links.append((place, value))
        return "" if is_uri(value) else "uri"
    if test == EMAIL:
        found.emails.append((place, value))
        return "" if is_email(value) else "email"
    if test == MOMENT:
        return "" if is_moment(value) else "date-time"
    return ""
