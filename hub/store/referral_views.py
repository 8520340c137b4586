"""What the store shows of referrals. The field names are a contract."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from hub.store.entity_views import EventBehind, FactBehind
from hub.store.explaining.reasons import ReasonView
from hub.store.referral_rows import level_of
from hub.store.views import Instant

#: What became of a notice to whoever shall act; `no_notice` is where none is made.
NoticeOutcome = Literal[
    "told", "waiting", "withheld", "held", "failed", "withdrawn", "no_notice"
]


class ReferralView(Struct, frozen=True, kw_only=True):
    """A referral: who asks whom for what, and where it is.

    `number` is the requester's. `requester` and `performer` name the partner, else the
    organisation as it is stated, "" for nobody. `category` is a need by Gravity's
    name, `waiting` for what it waits, `level` how far somebody was told of that, ""
    where nobody waits too long. `parent` is the key of the one of which it is a part.
    """

    key: str
    person: str
    number: dict[str, str] | None
    state: str
    loop: str
    category: str
    priority: str
    requester: str
    performer: str
    service: str
    waiting: list[str]
    level: str
    cancel_requested: bool
    conflicts: int
    desired_by: str
    since: str
    changed_at: Instant
    parent: str
    version: int


class ToldView(Struct, frozen=True, kw_only=True):
    """A notice of a referral to a partner, and what became of it."""

    id: str
    event: str
    type: str
    destination: str
    subscription: str
    state: str
    error_code: str
    created_at: Instant
    settled_at: Instant | None


class PerformerNotice(Struct, frozen=True, kw_only=True):
    """Whether whoever shall act was told of something, and the reason of the decision.

    `referral` is the key of the referral, or of the part that is theirs. Nothing was
    decided with `no_notice`, as for a partner that looks by itself: then `event`,
    `type`, `destination` and the code of `why` are "".
    """

    referral: str
    performer: str
    event: str
    type: str
    destination: str
    told: NoticeOutcome
    why: ReasonView


class ReferralDetail(ReferralView, frozen=True, kw_only=True):
    """A referral with all that was said of it, and who was told.

    `children` are the keys of its parts. `history` has each statement, with why it was
    not applied if so. `performers` has what was decided for whoever shall act, in it
    and its parts, in the order in which it happened.
    """

    details: dict[str, Any]
    history: list[dict[str, Any]]
    children: list[str]
    told: list[ToldView]
    performers: list[PerformerNotice]
    facts: list[FactBehind]
    events: list[EventBehind]


class EscalationView(Struct, frozen=True, kw_only=True):
    """A referral for which somebody waits too long.

    `since` is when the waiting began, by ISO 8601, and `level` how far it was told of.
    """

    key: str
    person: str
    state: str
    loop: str
    category: str
    requester: str
    performer: str
    waiting: str
    since: str
    level: str


def fields_of(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a `ReferralView` shows of the details of a referral."""
    waiting = _waiting(details)
    performer = details.get("performer")
    service = performer.get("service_id") if isinstance(performer, Mapping) else ""
    return {
        "number": _number(details),
        "state": text(details.get("state")),
        "loop": text(details.get("loop")) or "open",
        "category": text(details.get("category")),
        "priority": text(details.get("priority")),
        "requester": party(details.get("requester")),
        "performer": party(performer),
        "service": text(service or details.get("service_id")),
        "waiting": [text(each.get("for")) for each in waiting],
        "level": level_of(waiting),
        "cancel_requested": bool(details.get("cancel_requested")),
        "conflicts": len(details.get("conflicts") or ()),
        "desired_by": text(details.get("desired_by")),
        "since": text(details.get("since")),
        "parent": text(details.get("parent")),
    }


def escalations_of(
    key: str, person: str, details: Mapping[str, Any]
) -> list[EscalationView]:
    """Return for what of a referral somebody waits too long."""
    shown = fields_of(details)
    names = ("state", "loop", "category", "requester", "performer")
    return [
        EscalationView(
            key=key,
            person=person,
            waiting=text(each.get("for")),
            since=text(each.get("since")),
            level=level_of([each]),
            **{name: shown[name] for name in names},
        )
        for each in _waiting(details)
        if level_of([each])
    ]


def text(value: Any) -> str:
    """Return a text, or the code of what is coded."""
    if isinstance(value, Mapping):
        value = value.get("code") or value.get("raw") or value.get("earliest")
    return value if isinstance(value, str) else ""


def party(stated: Any) -> str:
    """Return how a side of a referral is called."""
    if not isinstance(stated, Mapping):
        return text(stated)
    org = stated.get("org")
    named = org.get("name") if isinstance(org, Mapping) else org
    return text(stated.get("party")) or text(named)


def _number(details: Mapping[str, Any]) -> dict[str, str] | None:
    numbers = details.get("identifiers")
    placer = numbers.get("placer") if isinstance(numbers, Mapping) else None
    if not isinstance(placer, Mapping):
        return None
    return {name: text(placer.get(name)) for name in ("system", "value")}


def _waiting(details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = details.get("waiting")
    listed = found if isinstance(found, list) else []
    return [each for each in listed if isinstance(each, Mapping)]
