"""What the hub does by itself when a timer rings, and remembers in its marks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.picture import Act, Referral, Wait
from hub.coordination.referrals.rules import ACTS
from hub.coordination.referrals.said import Said
from hub.coordination.standing import witness
from hub.model.facts import Fact, FactKind, Subject
from hub.model.referrals import REFERRALS_FEED
from hub.model.times import exactly

_ACT = "act:"
_HEARD = "heard"
#: Why the hub ends a referral, in the words of R-REF-04.
_REASONS = {
    "failed": ("undeliverable", "No system of the performer took the request"),
    "expired": ("no_answer", "Nobody decided about the referral in time"),
}
Marks = Mapping[str, tuple[str, ...]]


def marked(act: Act) -> dict[str, tuple[str, ...]]:
    """Return the mark by which the hub remembers what it did."""
    return {mark_of(act): (act.wait, act.since.isoformat())}


def hearing(at: datetime) -> dict[str, tuple[str, ...]]:
    """Return the mark by which the hub remembers when it first heard of a referral."""
    return {_HEARD: (at.isoformat(),)}


def heard_at(marks: Marks) -> datetime | None:
    """Return when that was, None where nobody remembers."""
    mark = marks.get(_HEARD)
    return datetime.fromisoformat(mark[0]) if mark else None


def mark_of(act: Act) -> str:
    """Return the name of that mark."""
    return f"{_ACT}{act.level}:{act.at.isoformat()}"


def acts_in(marks: Marks) -> list[Act]:
    """Return what the hub did, in the order in which it did so."""
    return sorted(
        (_act(name, mark) for name, mark in marks.items() if name.startswith(_ACT)),
        key=lambda act: (act.at, act.level),
    )


def void(act: Act, referral: Referral) -> bool:
    """Say whether what an act rested on turned out otherwise."""
    return Wait(act.wait, act.since) not in referral.waits()


def said_by_the_hub(act: Act) -> Said:
    """Return an act as the statement that it is."""
    time = exactly(act.at)
    code, text = _REASONS[act.level]
    details: dict[str, Any] = {
        "by": "hub",
        "state": act.level,
        "via": REFERRALS_FEED,
        "status_reason": {"code": code, "text": text},
    }
    fact = Fact(
        kind=FactKind.RECORD,
        subject=Subject(()),
        recorded=time,
        occurred=time,
        details=details,
        basis="inferred",
    )
    return Said(witness(fact), Bindings())


def _act(name: str, mark: tuple[str, ...]) -> Act:
    _, stated, at = name.split(":", 2)
    wait, since = mark
    level = next(each for each in ACTS if each == stated)
    return Act(
        level,
        datetime.fromisoformat(at),
        wait,
        datetime.fromisoformat(since),
    )
