"""The picture of a referral: where it is, who has it, and how it came there."""

from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct, field

from hub.coordination.referrals.rules import Level
from hub.coordination.referrals.said import Who
from hub.coordination.referrals.table import ENDED
from hub.model.facts import Basis
from hub.model.referrals import Loop
from hub.model.times import FuzzyTime


class Step(Struct, frozen=True, omit_defaults=True):
    """One statement in the history; `conflict` is why it was not applied, if so.

    What nobody said, but follows from what was said, has the basis "inferred".
    """

    says: str
    by: str
    at: datetime
    party: str = ""
    conflict: str = ""
    basis: Basis = "explicit"


class Telling(Struct, frozen=True, kw_only=True):
    """One thing that is to be told, as often as it was said: once.

    `event` is its name in the family, `key` what makes it the same in another order
    of arrival (R-REF-03). `moves` says that it is about where the referral is: if
    something later was told already, it belongs to the history (R-REF-01). `beside`
    are parts of the payload that are of this statement alone.
    """

    key: str
    event: str
    says: str
    by: str
    time: FuzzyTime
    at: datetime
    basis: Basis = "explicit"
    moves: bool = False
    actor: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    anomalies: tuple[str, ...] = ()


class Act(NamedTuple):
    """What the hub did by itself at `at`, as something had waited since `since`."""

    level: Level
    at: datetime
    wait: str
    since: datetime


class Wait(NamedTuple):
    """For what a referral waits, and since when."""

    name: str
    since: datetime


class Referral(Struct, frozen=True, kw_only=True):
    """A referral as all statements together describe it.

    `state` is "" where nothing was said that counts. `since` is when it came to its
    state, `asked_at` since when a decision is waited for, and `heard_at` when the hub
    first heard of it: before that it could bring it to nobody. `details` are those of
    both sides, each as its owner stated it (domain 9.3), `notes` what each side wrote
    last for the other one to read.
    """

    state: str = ""
    loop: Loop = Loop.OPEN
    since: datetime | None = None
    asked_at: datetime | None = None
    heard_at: datetime | None = None
    cancel_since: datetime | None = None
    appointment: datetime | None = None
    requester: Who = Who()
    performer: Who = Who()
    details: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: tuple[Step, ...] = ()
    tellings: tuple[Telling, ...] = ()
    anomalies: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[Step, ...]:
        """What was kept and not applied: for a human."""
        return tuple(each for each in self.history if each.conflict)

    @property
    def cancel_requested(self) -> bool:
        """Whether the requester's wish to cancel is unanswered."""
        return self.cancel_since is not None

    @property
    def closed(self) -> bool:
        """Whether the loop is closed: only that ends all waiting."""
        return self.loop not in {Loop.OPEN, Loop.OUTCOME_RECEIVED}

    def waits(self) -> list[Wait]:
        """Return for what the referral waits; nothing once its loop is closed."""
        if self.closed or self.since is None:
            return []
        found = self._waits_for(self.since)
        if self.cancel_since and self.state not in ENDED:
            found.append(Wait("cancel_requested", self.cancel_since))
        return found

    def _waits_for(self, since: datetime) -> list[Wait]:
        if self.state in {"requested", "received"}:
            asked = self.asked_at or since
            if self.state == "requested" and self._is_to_be_reached():
                return [Wait("unreceived", max(asked, self.heard_at or asked))]
            return [Wait("undecided", asked)]
        if self.state in {"accepted", "scheduled"}:
            met = self.appointment
            return [Wait("unseen", met) if met else Wait("unscheduled", since)]
        if self.state in {"in_progress", "on_hold"}:
            return [Wait(self.state, since)]
        return [Wait("unclosed", since)] if self.state in ENDED else []

    def _is_to_be_reached(self) -> bool:
        """Whether the hub brings the request to a performer who is silent yet."""
        if self.performer != Who():
            return False
        performer = self.details.get("performer")
        return isinstance(performer, dict) and bool(performer.get("party"))


class Remembered(Referral, frozen=True, kw_only=True):
    """A referral as its record has it, without what was said of it: what it waits for.

    That is all that matters to a timer, and is there without a fold.
    """

    waiting: tuple[Wait, ...] = ()

    def waits(self) -> list[Wait]:
        """Return for what the referral waits."""
        return list(self.waiting)
