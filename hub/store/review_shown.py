"""Reviews as they are shown: the question, the two sides, and what was said."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.coordination.identity.advice import advice
from hub.coordination.identity.decisions import Decision, review_id
from hub.coordination.identity.links import standing
from hub.store.entity_views import LinkView
from hub.store.journal import moment
from hub.store.person_shown import link_view
from hub.store.review_sides import agreements, compared, masked, unmasked
from hub.store.review_views import ReviewDetail, ReviewState, ReviewView, Said
from hub.store.whose import HeardLink, KnownIdentity

_SAID: dict[str, str] = {
    "link": "same", "unlink": "different", "recommend": "same", "defer": "later",
}  # fmt: skip


class Found(NamedTuple):
    """All that is read of one review."""

    links: list[HeardLink]
    sides: tuple[KnownIdentity, KnownIdentity]
    behind: sa.Row[Any]
    said: list[tuple[str, Decision]]
    sensitive: list[bool]
    four_eyes: bool


def review_view(
    heard: HeardLink, one: KnownIdentity, other: KnownIdentity, row: sa.Row[Any]
) -> ReviewView:
    """Return a question in short, masked; `row` is the message that raised it."""
    return ReviewView(**_summary(heard, one, other, row))


def _summary(
    heard: HeardLink, one: KnownIdentity, other: KnownIdentity, row: sa.Row[Any]
) -> dict[str, Any]:
    link = heard.link
    return {
        "id": review_id(*link.pair),
        "state": _open_state(link.state),
        "rule": link.rule,
        "score": link.score,
        "reasons": list(link.reasons),
        "since": moment(row.received_at),
        "one": masked(one),
        "other": masked(other),
    }


def _open_state(state: str) -> ReviewState:
    if state == "auto":
        return "contradiction"
    return "candidate" if state == "candidate" else "apart"


def review_detail(found: Found, *, with_content: bool) -> ReviewDetail:
    """Return a question with all that helps to answer it, masked or whole."""
    one, other = found.sides
    comparison = compared(one, other)
    decided = decided_in(found.links)
    summary = _summary(found.links[0], one, other, found.behind)
    summary["state"] = _state(found, decided, summary["state"])
    shown = [
        unmasked(each, sensitive=sensitive)
        for each, sensitive in zip(found.sides, found.sensitive, strict=True)
    ]
    codes = (comparison.rule, *comparison.vetoes, *comparison.withheld)
    return ReviewDetail(
        **summary,
        fields=agreements(comparison),
        vetoes=list(comparison.vetoes),
        withheld=list(comparison.withheld),
        advice=advice(codes),
        four_eyes=found.four_eyes,
        decided=decided,
        said=[_spoken(message, each) for message, each in found.said],
        unmasked=shown if with_content else None,
    )


def _state(found: Found, decided: LinkView | None, state: ReviewState) -> ReviewState:
    one, other = found.sides
    if decided is not None:
        return "decided"
    if one.owner == other.owner:
        return "joined"
    counts = next(iter(standing(each.link for each in found.links).values()))
    return "apart" if counts.firm else state


def _spoken(message: str, decision: Decision) -> Said:
    return Said(
        decision=_SAID[decision.operation],
        by=decision.by,
        reason=decision.reason,
        at=decision.at,
        message=message,
    )


def decided_in(links: Iterable[HeardLink]) -> LinkView | None:
    """Return the decision among the links of a pair, None where there is none."""
    found = (link_view(each) for each in links if each.link.basis == "decided")
    return next(found, None)
