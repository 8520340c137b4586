"""How referrals are shown to people.

The words in which somebody says how it goes are shown: why something was declined, what
came of it, a note. Why somebody needs help is not; `--json` has all that is known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
import msgspec
from msgspec.structs import asdict

from hub.cli.entity_tables import show_events, show_facts, since
from hub.cli.printing import show_details, show_table
from hub.coordination.referrals.said import instant_of
from hub.store.entity_views import FactBehind
from hub.store.referral_views import EscalationView, ReferralDetail, ReferralView

_LIST = ("key", "state", "loop", "performer", "waiting", "level", "changed_at")
_ESCALATIONS = ("key", "state", "performer", "waiting", "since", "level")
_HISTORY = ("at", "by", "party", "says", "conflict")
_WORDS = ("reason", "outcome", "appointment", "note")
_TOLD = ("type", "destination", "state", "error_code", "settled_at")
_PERFORMERS = ("performer", "destination", "type", "told", "reason", "why")
_APART = frozenset(
    {"details", "history", "told", "performers", "facts", "events", "number"}
)
_NO_NOTICE = (
    "No notice is made: it looks by itself, does not ask for this, or is no partner."
)


def show_referrals(items: Sequence[ReferralView]) -> None:
    """Print referrals, one on a line."""
    show_table(_LIST, [[getattr(each, name) for name in _LIST] for each in items])


def show_escalations(items: Sequence[EscalationView]) -> None:
    """Print what somebody waits too long for."""
    rows = [[getattr(each, name) for name in _ESCALATIONS] for each in items]
    show_table(_ESCALATIONS, rows)


def show_performers(notices: Sequence[Mapping[str, Any]]) -> None:
    """Print of each who shall act whether they were told, or why not."""
    click.echo("\nWhether the performer was told")
    show_table(_PERFORMERS, [_notice(each) for each in notices])


def show_referral(found: ReferralDetail) -> None:
    """Print a referral: where it is, what was said of it, and who was told."""
    number = found.number or {}
    shown = {name: each for name, each in asdict(found).items() if name not in _APART}
    key, now = shown.pop("key"), _now(found.details)
    show_details({"key": key, "number": number.get("value", ""), **shown, **now})
    click.echo("\nWhat was said")
    show_table(
        _HISTORY, [[each.get(name, "") for name in _HISTORY] for each in found.history]
    )
    _show_words(found.facts)
    show_performers(msgspec.to_builtins(found.performers))
    click.echo("\nWho was told")
    show_table(_TOLD, [[getattr(each, name) for name in _TOLD] for each in found.told])
    show_facts(found.facts)
    show_events(found.events)


def _notice(notice: Mapping[str, Any]) -> list[str]:
    why = notice["why"]
    said = [f"{each}." for each in (why["summary"], why["remedy"]) if each]
    words = _NO_NOTICE if notice["told"] == "no_notice" else " ".join(said)
    shown = {**notice, "reason": why["code"], "why": words}
    return [shown[name] for name in _PERFORMERS]


def _show_words(facts: Sequence[FactBehind]) -> None:
    """Print in which words something was said, where there were any."""
    rows = [
        [since(each.occurred or each.recorded), *_said(each.details), *words]
        for each in facts
        if each.stands
        if any(words := _words(each.details))
    ]
    if rows:
        click.echo("\nIn which words")
        show_table(("at", "by", "says", *_WORDS), rows)


def _said(details: Mapping[str, Any]) -> list[str]:
    return [_text(details.get(name)) for name in ("by", "state")]


def _now(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return how it stands in words: the reason of the state, and what came of it."""
    return {
        "status_reason": _text(details.get("status_reason")),
        "outcome": _text(details.get("outcome")),
        "appointment": _appointment(details),
    }


def _words(details: Mapping[str, Any]) -> list[Any]:
    """Return what a statement says, as `_WORDS` has it."""
    return [
        _text(details.get("status_reason") or _why_cancelled(details)),
        _text(details.get("outcome")),
        _appointment(details),
        _text(details.get("text")),
    ]


def _why_cancelled(details: Mapping[str, Any]) -> Any:
    """Return the reason of a requester's end, which can be in the request's field."""
    ended = details.get("by") == "requester" and details.get("state") == "cancelled"
    return details.get("reason") if ended else None


def _appointment(details: Mapping[str, Any]) -> datetime | None:
    return instant_of(details.get("appointment"))


def _text(stated: Any) -> str:
    """Return a text, or the code and the words of what is coded."""
    if isinstance(stated, Mapping):
        listed = [stated.get("code"), stated.get("text") or stated.get("display")]
        return ": ".join(each for each in listed if isinstance(each, str) and each)
    return stated if isinstance(stated, str) else ""
