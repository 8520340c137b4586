"""Whether what a record says can be true (L3), field by field."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hub_community.hours.parts import children
from hub_community.validation import timetables

#: A problem, and the field it is of.
Problem = tuple[str, str]

_OLDEST: Final = 150
_FIRST_YEAR: Final = 1000
_LONGEST: Final = 20_000
_ACTIVE: Final = re.compile(
    r"<\s*(?:script|iframe|object|embed|svg|form|meta|link|base)\b"
    r"|<[^<>]{1,500}\son[a-z]{3,20}\s*=|(?:javascript|vbscript|data)\s*:[^\s]{3}",
    re.IGNORECASE,
)
_TEXTS: Final = (
    "description", "name", "alert", "application_process", "eligibility_description",
    "fees_description", "fees", "interpretation_services", "accreditations",
    "wait_time",
)  # fmt: skip
#: BCP 47, as far as its form goes.
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


def problems_of(record: Mapping[str, Any], year: int) -> Iterator[Problem]:
    """Yield what cannot be true of an organisation, a service or a location."""
    yield from _of_ages(record)
    yield from _of_texts(record)
    if rows := children(record, "schedules"):
        for problem, field in timetables.problems_of_all(rows):
            yield problem, f"schedules.{field}"
    for offered in children(record, "service_at_locations"):
        if rows := children(offered, "schedules"):
            for problem, field in timetables.problems_of_all(rows):
                yield problem, f"service_at_locations.schedules.{field}"
    for cost in children(record, "cost_options"):
        yield from _of_cost(cost)
    for language in children(record, "languages"):
        code = language.get("code")
        if isinstance(code, str) and not _LANGUAGE.fullmatch(code):
            yield "language_unknown", "languages.code"
    founded = record.get("year_incorporated")
    if isinstance(founded, int | float) and not _FIRST_YEAR <= founded <= year:
        yield "year_unlikely", "year_incorporated"


def _of_ages(record: Mapping[str, Any]) -> Iterator[Problem]:
    lowest, highest = record.get("minimum_age"), record.get("maximum_age")
    if lowest is None and highest is None:
        return
    for name, age in (("minimum_age", lowest), ("maximum_age", highest)):
        if isinstance(age, int | float) and not 0 <= age <= _OLDEST:
            yield "age_unlikely", name
    known = [age for age in (lowest, highest) if isinstance(age, int | float)]
    if len(known) == len("<>") and known[0] > known[1]:
        yield "ages_reversed", "minimum_age"


def _of_texts(record: Mapping[str, Any]) -> Iterator[Problem]:
    for name in _TEXTS:
        text = record.get(name)
        if not isinstance(text, str):
            continue
        if len(text) > _LONGEST:
            yield "text_long", name
        # Nothing can be active in a text without one of these, and few have one.
        if ("<" in text or ":" in text) and _ACTIVE.search(text[:_LONGEST]):
            yield "text_active", name


def _of_cost(cost: Mapping[str, Any]) -> Iterator[Problem]:
    amount = cost.get("amount")
    if isinstance(amount, int | float):
        if amount < 0:
            yield "amount_negative", "cost_options.amount"
    elif not (cost.get("amount_description") or cost.get("option")):
        yield "amount_missing", "cost_options.amount"
    first, last = cost.get("valid_from"), cost.get("valid_to")
    if isinstance(first, str) and isinstance(last, str) and last < first:
        yield "dates_reversed", "cost_options.valid_to"
