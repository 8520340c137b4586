"""Statements about referrals become facts, and are read from JSON.

What is wrong with one is said by place and rule, never by value: that may be
anybody's. Source: domain 4.2, 4.3 and 9.3.
"""

import re
from datetime import datetime
from typing import Any

import msgspec

from hub.errors import HubError, Recovery
from hub.model.care.reading import moment
from hub.model.facts import Fact, FactKind, Subject
from hub.model.identifiers import Identifier
from hub.model.referrals import SIDE_FACTS, ReferralState, Statement
from hub.model.times import FuzzyTime

_decode = msgspec.json.Decoder(Statement).decode
_plain = msgspec.to_builtins
#: No sender means a time outside of these.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_LONGEST_TEXT = 4000
_LONGEST_WORD = 200
_PLACE = re.compile(r"`(\$[\w.\[\]]*)`$")
_OFFSET = re.compile(r"(Z|[+-]\d{2}:\d{2})$")
#: What a statement says by fields of its own, and not by `details`.
_OWN = frozenset({"by", "state", "asked", "via", "party", "actor"})


class StatementError(HubError):
    """A statement about a referral says nothing that can be understood."""

    code = "STATEMENT-001"
    summary = "This is no statement about a referral"
    remedy = "Correct what the detail names; `Statement` says what may stand in one"
    recovery = Recovery.REJECT


def read_statement(body: bytes) -> Statement:
    """Return the statement in bytes of JSON (`STATEMENT_MEDIA_TYPE`).

    Raises StatementError, whose detail names the place and the rule.
    """
    try:
        statement = _decode(body)
    except msgspec.ValidationError as error:
        # The message of the library can hold a value; where it was does not.
        place = _PLACE.search(str(error))
        where = place[1] if place else "$"
        raise StatementError(f"{where}: not what may stand there") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise StatementError("not JSON") from None
    _check(statement)
    return statement


def statement_fact(statement: Statement) -> Fact:
    """Return the fact that a statement is: about a record of the kind ``referral``.

    Its details are those of domain 9.3 with ``by``, ``state``, ``party``, ``actor``,
    ``status_reason``, ``outcome``, ``appointment`` and ``text``. A statement without
    a person is about whoever the referral is about. Raises StatementError.
    """
    _check(statement)
    at = _time(statement.at)
    numbers = tuple(
        Identifier(each["system"], each["value"], each.get("type", ""))
        for each in statement.person
    )
    about = statement.details.get("person")
    demographics = about if numbers and isinstance(about, dict) else {}
    return Fact(
        kind=FactKind.RECORD,
        subject=Subject(numbers, demographics),
        recorded=at,
        occurred=at,
        record=statement.referral,
        details=_details(statement),
    )


def _details(statement: Statement) -> dict[str, Any]:
    given = {
        name: value for name, value in statement.details.items() if name != "person"
    }
    actor = {"name": statement.name, "role": statement.role}
    why = _plain(statement.reason) if statement.reason else {}
    requests = statement.says in {"draft", "requested"}
    appointment = {"at": statement.appointment} if statement.appointment else {}
    own = {
        "by": statement.by,
        "state": statement.says,
        "party": statement.party,
        "actor": {name: value for name, value in actor.items() if value},
        "reason" if requests else "status_reason": why,
        "outcome": _plain(statement.outcome) if statement.outcome else {},
        "appointment": appointment,
        "text": statement.text,
        "identifiers": _numbers(statement),
    }
    return {**given, **{name: value for name, value in own.items() if value}}


def _numbers(statement: Statement) -> dict[str, Any]:
    """Return the numbers of a referral; it is known by that of its requester."""
    key, stated = statement.referral, statement.details.get("identifiers")
    own = {"placer": {"system": key.system, "value": key.value}}
    return {**own, **stated} if isinstance(stated, dict) else own


def _check(statement: Statement) -> None:
    """Raise StatementError for what no type forbids."""
    for problem in _problems(statement):
        raise StatementError(problem)


def _problems(statement: Statement) -> list[str]:
    key, found = statement.referral, []
    if key.kind != "referral":
        found.append("$.referral.kind: must be `referral`")
    if not key.value or len(key.value) > _LONGEST_WORD:
        found.append("$.referral.value: must be a number of a referral")
    if statement.says and statement.says not in {*ReferralState, *SIDE_FACTS}:
        found.append("$.says: must be a state or a side fact, or empty")
    for name in ("at", "appointment"):
        text = getattr(statement, name)
        if (text or name == "at") and not _is_instant(text):
            found.append(f"$.{name}: must be a time such as 2026-03-10T12:00:00Z")
    if any(
        not each.get("system") or not each.get("value") for each in statement.person
    ):
        found.append("$.person: each identifier needs `system` and `value`")
    words = (statement.party, statement.role, statement.name)
    if any(len(each) > _LONGEST_WORD for each in words):
        found.append(f"$: a name has at most {_LONGEST_WORD} characters")
    why = statement.reason.text if statement.reason else ""
    how = statement.outcome.text if statement.outcome else ""
    if any(len(each) > _LONGEST_TEXT for each in (statement.text, why, how)):
        found.append(f"$: a text has at most {_LONGEST_TEXT} characters")
    if taken := sorted(statement.details.keys() & _OWN):
        found.append(f"$.details: {', '.join(taken)} has a field of its own")
    return found


def _is_instant(text: str) -> bool:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return False
    stated = _OFFSET.search(text) is not None and "T" in text
    return stated and _FIRST_YEAR <= read.year <= _LAST_YEAR


def _time(text: str) -> FuzzyTime:
    return moment(text)
