"""The reference page of referrals: states, who may say what, and what falls due."""

from collections.abc import Iterable, Iterator

from hub.coordination.referrals.rules import LEVELS, Level, Span, timers
from hub.coordination.referrals.table import CONFLICTS, SIDE_TABLE, TABLE
from hub.model.referrals import Loop

_SIDES = {"R": "requester", "P": "performer", "H": "hub"}
_INTRODUCTION = """# Referrals

Made from the code by `python -m hub.reference --write`; do not edit.

A referral has two owners.
The requester owns what is asked for, the performer what becomes of it, and neither \
writes the other's status.

## States

Who may say what leads from a state to another.
Anything else is kept, changes nothing, and is told as `referral.conflict`; saying a \
state again is no event.

| From | To | Who may say so |
|---|---|---|"""
_BESIDE = """
A performer's answer after `expired` counts once the requester has stated `confirmed`.
A performer can leave `rejected` by `received` for as many days as `[referrals]` has \
in `reopen_days`.
`rejected`, `cancelled`, `on_hold` and `failed` need a reason in words, `completed` \
and `failed` an outcome; without them the state holds, and the event has the anomaly \
`reason.missing` or `outcome.missing`.

## Beside the states

| Statement | Who may say so | In which states |
|---|---|---|"""
_LOOP = """
`no_show` and `appointment_cancelled` lead from `scheduled` to `accepted`; nothing \
else in this table changes a state.

## The loop

{loops}.
A loop is closed once the requester knows how it ended, and only that ends reminders \
and escalations.
`referral.loop_closed` is told only where the requester has the outcome; what the \
hub closes by itself is told as `referral.escalated` with the level `auto_closed`.

## Conflicts

| Reason | It means |
|---|---|"""
_TIMERS = """
## Timers

Each line is a way of waiting, and after how long somebody hears of it.
Working days are those of the calendar in `[referrals]`; the intensity of a \
programme multiplies the spans.

| Waiting | {levels} |
|---|{rules}|"""


def states_reference() -> str:
    """Return the reference of referrals, in Markdown."""
    loops = ", ".join(f"`{each.value}`" for each in Loop)
    levels = " | ".join(f"`{each}`" for each in LEVELS)
    parts = [
        _INTRODUCTION,
        *_transitions(),
        _BESIDE,
        *_beside(),
        _LOOP.format(loops=loops),
        *(f"| `{code}` | {_sentence(why)} |" for code, why in CONFLICTS.items()),
        _TIMERS.format(levels=levels, rules="|".join(["---"] * len(LEVELS))),
        *_timers(),
    ]
    return "\n".join(parts) + "\n"


def _transitions() -> Iterator[str]:
    for state, following in TABLE.items():
        if not following:
            yield f"| `{state}` | | |"
        for to, who in following.items():
            yield f"| `{state}` | `{to}` | {_who(who)} |"


def _beside() -> Iterator[str]:
    for says, (who, states) in sorted(SIDE_TABLE.items()):
        named = _listed(each for each in TABLE if each in states)
        yield f"| `{says}` | {_who(who)} | {named} |"


def _timers() -> Iterator[str]:
    shipped = timers()
    for name, spans in shipped.waits.items():
        yield _timer(name, spans)
        if name in shipped.urgent:
            yield _timer(f"{name}, urgent", shipped.urgent[name])


def _timer(name: str, spans: dict[Level, Span]) -> str:
    cells = [_span(spans[each]) if each in spans else "" for each in LEVELS]
    return f"| {name} | {' | '.join(cells)} |"


def _span(span: Span) -> str:
    return f"{span.number:g} {span.unit.replace('_', ' ')}"


def _who(letters: str) -> str:
    return ", ".join(_SIDES[each] for each in letters)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
