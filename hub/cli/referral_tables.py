"""How referrals are shown to people."""

from collections.abc import Sequence

import click
from msgspec.structs import asdict

from hub.cli.entity_tables import show_events, show_facts
from hub.cli.printing import show_details, show_table
from hub.store.referral_views import EscalationView, ReferralDetail, ReferralView

_LIST = ("key", "state", "loop", "performer", "waiting", "level", "changed_at")
_ESCALATIONS = ("key", "state", "performer", "waiting", "since", "level")
_HISTORY = ("at", "by", "party", "says", "conflict")
_TOLD = ("type", "destination", "state", "error_code", "settled_at")
_APART = frozenset({"details", "history", "told", "facts", "events", "number"})


def show_referrals(items: Sequence[ReferralView]) -> None:
    """Print referrals, one on a line."""
    show_table(_LIST, [[getattr(each, name) for name in _LIST] for each in items])


def show_escalations(items: Sequence[EscalationView]) -> None:
    """Print what somebody waits too long for."""
    rows = [[getattr(each, name) for name in _ESCALATIONS] for each in items]
    show_table(_ESCALATIONS, rows)


def show_referral(found: ReferralDetail) -> None:
    """Print a referral: where it is, what was said of it, and who was told."""
    number = found.number or {}
    shown = {name: each for name, each in asdict(found).items() if name not in _APART}
    show_details({"key": shown.pop("key"), "number": number.get("value", ""), **shown})
    click.echo("\nWhat was said")
    show_table(
        _HISTORY, [[each.get(name, "") for name in _HISTORY] for each in found.history]
    )
    click.echo("\nWho was told")
    show_table(_TOLD, [[getattr(each, name) for name in _TOLD] for each in found.told])
    show_facts(found.facts)
    show_events(found.events)
