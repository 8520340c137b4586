"""Features: what a record says of a person, made comparable.

Made once for each record and compared often. A value that stands for nothing is
left out, as if it had not been sent.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hub.coordination.matching.contacts import Contacts, contacts_of
from hub.coordination.matching.data_files import words
from hub.coordination.matching.names import Names, names_of
from hub.coordination.matching.numbers import (
    Numbers,
    NumberSet,
    mothers_of,
    numbers_of,
)
from hub.model.facts import Subject

_BIRTH_DATES = words("placeholders.toml", "birth_dates")
_DATE = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?", re.ASCII)
#: Table 0001; what is not known or does not apply is no statement.
_SEXES = {"M": "M", "F": "F", "O": "O", "D": "O"}


class Features(Struct, frozen=True):
    """A record as it is compared. Every field can be empty: that is "missing".

    `born` is ``YYYYMMDD`` or shorter. `died` and `active` are days as ISO text:
    when the person died, and when somebody last saw them alive and acted on it.
    `unreliable` says that the sender does not vouch for the identity,
    `placeholder` that a name or the birth date stands for nothing.
    """

    names: Names = Names()
    contacts: Contacts = Contacts()
    numbers: NumberSet = NumberSet()
    mother: Numbers = frozenset()
    born: str = ""
    sex: str = ""
    multiple_birth: bool = False
    birth_order: str = ""
    died: str = ""
    active: str = ""
    unreliable: bool = False
    placeholder: bool = False


def features_of(subject: Subject, active: str = "") -> Features:
    """Return what of `subject` can be compared.

    `active` is the day, as ISO text, of the newest encounter that the person of
    this record was present at, "" where there is none. The demographics are those
    that normalisers state: ``names``, ``birth_date``, ``sex``, ``addresses``,
    ``telecoms``, ``deceased``, ``multiple_birth``, ``birth_order``, ``mother``,
    ``identity_quality``; what is not there or not understood is missing.
    """
    known = subject.demographics
    names = names_of(_entries(known, "names"))
    born, placeholder_date = _born(known.get("birth_date"))
    quality = known.get("identity_quality")
    doubts = quality if isinstance(quality, Mapping) else {}
    return Features(
        names=names,
        contacts=contacts_of(_entries(known, "addresses"), _entries(known, "telecoms")),
        numbers=numbers_of(subject.identifiers),
        mother=mothers_of(known.get("mother")),
        born=born,
        sex=_SEXES.get(str(known.get("sex") or "").upper()[:1], ""),
        multiple_birth=known.get("multiple_birth") is True,
        birth_order=str(known.get("birth_order") or ""),
        died=_died(known.get("deceased")),
        active=active,
        unreliable=bool(doubts.get("unknown") or doubts.get("reliability")),
        placeholder=(
            bool(doubts.get("placeholder")) or names.placeholder or placeholder_date
        ),
    )


def _entries(known: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    sent = known.get(key)
    entries = sent if isinstance(sent, list | tuple) else ()
    return [each for each in entries if isinstance(each, Mapping)]


def _born(sent: Any) -> tuple[str, bool]:
    """Return a birth date as digits, and whether it stood for nothing."""
    found = _DATE.match(sent) if isinstance(sent, str) else None
    if found is None:
        return "", False
    parts = [part for part in found.groups() if part]
    if "-".join(parts) in _BIRTH_DATES:
        return "", True
    return "".join(parts), False


def _died(sent: Any) -> str:
    if not isinstance(sent, Mapping) or sent.get("flag") is False:
        return ""
    found = _DATE.match(str(sent.get("at") or ""))
    return "-".join(filter(None, found.groups())) if found else ""
