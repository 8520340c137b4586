"""Contacts: what lies under one case number, stay by stay (R-ENC-02).

Some senders number the case that is billed, not the visit: a pre-admission, a stay
and what follows it bear one number. A new contact begins where a start comes an
hour or more after an end and was said after it, or where the class leaves the
group that one contact can have.
"""

from collections.abc import Sequence
from datetime import timedelta

from hub.coordination.standing import Standing, Witness, by_occurrence
from hub.model.facts import FactKind

#: A start so soon after an end corrects what was said.
_AGAIN = timedelta(hours=1)
#: A visit may pass from one of these classes to another and stay one contact.
_ACUTE = frozenset({"emergency", "observation", "inpatient", "short-stay", "rehab"})


def contacts(witnesses: Sequence[Witness]) -> dict[str, list[Witness]]:
    """Return the statements about each contact of a case, first contact first.

    A contact is named by the statement of its start that was said first. A name
    is no secret and no number of anybody. The same statements give the same
    contacts, whatever their order; of an unknown start the name is empty.
    """
    standing = Standing(witnesses)
    openings = _openings(standing)
    groups: list[list[Witness]] = [[] for _ in openings] or [[]]
    for each in standing.ordered:
        groups[_place(each, openings)].append(each)
    return {_name(group): group for group in groups}


def _openings(standing: Standing) -> list[Witness]:
    """Return the start that opens each contact, in the order in which they began.

    A start that was cancelled opens one all the same: it is cancelled there.
    """
    starts = [each for each in standing.ordered if each.fact.kind is FactKind.START]
    ends = standing.of(FactKind.END)
    openings: list[Witness] = []
    last: Witness | None = None
    for start in sorted(starts, key=by_occurrence):
        if last is None or _begins_again(start, last, openings[-1], ends):
            openings.append(start)
        last = start
    return openings


def _begins_again(
    start: Witness, last: Witness, opening: Witness, ends: Sequence[Witness]
) -> bool:
    ended = any(
        opening.occurred <= end.occurred <= start.occurred - _AGAIN
        and start.recorded > end.recorded
        for end in ends
    )
    return ended or _group(start) != _group(last)


def _group(start: Witness) -> str:
    code = start.fact.encounter_class.code if start.fact.encounter_class else ""
    return "acute" if code in _ACUTE else code


def _place(each: Witness, openings: Sequence[Witness]) -> int:
    """Return which contact a statement is about: the last that had begun by then.

    A plan is for a time to come, and about the contact that began next to it.
    """
    if each.fact.kind is FactKind.PLAN and openings:
        near = [abs(opening.occurred - each.occurred) for opening in openings]
        return near.index(min(near))
    began = [opening.occurred <= each.occurred for opening in openings]
    return max(sum(began) - 1, 0)


def _name(group: Sequence[Witness]) -> str:
    starts = [each for each in group if each.fact.kind is FactKind.START]
    if not starts:
        return ""
    first = min(starts)
    said = (first.recorded.isoformat(), first.occurred.isoformat(), _group(first))
    return "|".join(said)
