"""What the name of a file says, by the named groups of its source's pattern.

The groups are ``type``, ``period``, ``sequence`` and ``env``. A pattern always has to
match the whole name.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from hub.model.files import Heading, RowProblem

#: What `env` is in the name of a test.
_TESTS = frozenset({"t", "test", "tst", "uat", "qa"})
#: A period does not begin later than so long after its file came.
_FAR = timedelta(days=366)
_DIGITS = re.compile(r"[0-9]{1,18}")
_PERIOD = re.compile(r"((?:19|20)[0-9]{2})[-_.]?(0[1-9]|1[0-2])(?:[-_.]?([0-9]{2}))?")


def said_by(pattern: str, name: str) -> dict[str, str]:
    """Return the named groups of `name`, none where the pattern does not match."""
    found = re.fullmatch(pattern, name)
    groups = found.groupdict() if found else {}
    return {group: text for group, text in groups.items() if text}


def with_name(
    heading: Heading, groups: Mapping[str, str], received_at: datetime
) -> tuple[Heading, tuple[RowProblem, ...]]:
    """Return a heading with what the name says too, and in what they disagree.

    What the content says holds. A file is a test as soon as either says so.
    """
    sequence = sequence_of(groups.get("sequence", ""))
    problems = []
    if heading.sequence is not None and sequence not in {None, heading.sequence}:
        problems.append(RowProblem("name.sequence"))
    period = groups.get("period", "")
    if not _agree(heading.period, period) or _is_far(period, received_at):
        problems.append(RowProblem("name.period"))
    told = Heading(
        kind=heading.kind,
        semantics=heading.semantics,
        control=heading.control,
        sequence=sequence if heading.sequence is None else heading.sequence,
        period=heading.period or period,
        said=heading.said,
        test=heading.test or groups.get("env", "").lower() in _TESTS,
        note=heading.note,
    )
    return told, tuple(problems)


def sequence_of(text: str) -> int | None:
    """Return a number in a series, None where `text` is none. Leading zeros go."""
    return int(text) if _DIGITS.fullmatch(text) else None


def month_of(text: str) -> date | None:
    """Return the first day of a period like ``202604``, ``2026-04`` or ``20260401``."""
    found = _PERIOD.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        return date(int(year), int(month), int(day or 1))
    except ValueError:
        return None


def _agree(one: str, other: str) -> bool:
    """Say whether two ways to write a period could mean the same one."""
    first, second = month_of(one), month_of(other)
    if first is None or second is None:
        return True
    return (first.year, first.month) == (second.year, second.month)


def _is_far(period: str, received_at: datetime) -> bool:
    begins = month_of(period)
    return begins is not None and begins - received_at.date() > _FAR
