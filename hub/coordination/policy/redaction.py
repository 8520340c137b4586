"""Redaction: parts of an event are dropped so that nobody sees that they were there.

Source: domain 8.3; HL7 v2.9.1 section 2.9.3.1 in spirit: what is confidential is
absent, never an empty slot that says so.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from hub.coordination.policy.marks import Mark, marks_of
from hub.coordination.policy.paths import dropped, kept, kept_names
from hub.coordination.policy.templates import Source, code, templates
from hub.model.events import CareEvent, Correction
from hub.model.labels import Labels

_NOT_OF_A_CODE = re.compile(r"[^A-Z0-9]")


def redact(event: CareEvent, codes: Collection[str]) -> CareEvent:
    """Return an event without what its labels `codes` come from, and without those."""
    marks = [mark for mark in marks_of(event.labels) if mark.label in codes]
    rules = templates().redaction
    sources = [rules.sources[each] for each in {mark.source for mark in marks}]
    gone = {path for each in sources for path in (*each.drop, *each.entries)}
    payload = kept(event, rules.payload)
    for source in sources:
        payload = dropped(payload, source.drop)
        payload = _without_entries(payload, source, marks)
    if "changed_fields" in payload:
        names = kept_names(event, event.payload["changed_fields"], rules.payload)
        payload["changed_fields"] = _untouched(names, gone)
    return msgspec.structs.replace(
        event,
        payload=payload,
        correction=_correction(event, rules.payload, gone),
        participants=()
        if any(each.participants for each in sources)
        else event.participants,
        labels=without(event.labels, codes),
        extensions={},
    )


def leaves_something(event: CareEvent, codes: Collection[str]) -> bool:
    """Say whether anything is left of which to tell.

    A notice of a change in which nothing has changed says that there is a secret.
    """
    changed = event.payload.get("changed_fields")
    if not changed or event.entity.version <= 1:
        return True
    if not event.type.endswith(("updated", "changed")):
        return True
    return bool(redact(event, codes).payload.get("changed_fields"))


def _without_entries(
    payload: dict[str, Any], source: Source, marks: Iterable[Mark]
) -> dict[str, Any]:
    """Drop the entries that hold a code; what has no code may be it as well."""
    codes = [_plain(mark.code) for mark in marks]
    lists = {
        name: [one for one in payload[name] if not _may_hold(one, codes)]
        for name in source.entries
        if isinstance(payload.get(name), list | tuple)
    }
    # Of an empty list somebody could ask what it was empty of.
    gone = {name for name, entries in lists.items() if not entries}
    return {
        name: lists.get(name, value)
        for name, value in payload.items()
        if name not in gone
    }


def _may_hold(entry: Any, codes: Iterable[str]) -> bool:
    stated = entry.get("code") if isinstance(entry, dict) else None
    if isinstance(stated, dict):
        stated = stated.get("code")
    own = _plain(stated) if isinstance(stated, str) else ""
    return not own or any(own.startswith(one) or one.startswith(own) for one in codes)


def _plain(text: str) -> str:
    return _NOT_OF_A_CODE.sub("", text.upper())


def _untouched(names: Iterable[str], gone: Collection[str]) -> list[str]:
    tops = {path.partition(".")[0] for path in gone}
    return [name for name in names if name.partition(".")[0] not in tops]


def _correction(
    event: CareEvent, allowed: frozenset[str], gone: Collection[str]
) -> Correction | None:
    if event.correction is None:
        return None
    fields = _untouched(kept_names(event, event.correction.fields, allowed), gone)
    return msgspec.structs.replace(event.correction, fields=tuple(fields))


def without(labels: Labels, codes: Collection[str]) -> Labels:
    """Return labels without `codes`; what only they made confidential is no longer."""
    sensitive = tuple(one for one in labels.sensitivity if code(one) not in codes)
    marks = zip(labels.derived_by, marks_of(labels), strict=True)
    left = tuple(entry for entry, mark in marks if mark.label not in codes)
    restricted = labels.confidentiality if sensitive or left else "N"
    return Labels(restricted, sensitive, labels.handling, left)
