"""The case that is decided, and what the rules find out on the way."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from hub.coordination.consents import Consent
from hub.coordination.panels import Member
from hub.coordination.policy.regime import STANDARD, Plan, Regime
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Subscription
from hub.model.delivery import Verdict
from hub.model.events import CareEvent


class Case(NamedTuple):
    """One event and one subscription, with what the rules need to know.

    `links` are the entries for the person on the subscription's panel, also those
    that are not active, none where it is about everybody. `consents` are what the
    person decided. `now` is when the question is asked. `regime` says which rules
    hold. `endangered` tells whether contact could put the person in danger by now.
    """

    event: CareEvent
    subscription: Subscription
    recipient: Recipient
    links: tuple[Member, ...]
    consents: tuple[Consent, ...]
    now: datetime
    regime: Regime = STANDARD
    endangered: Callable[[], bool] = bool

    @property
    def technical(self) -> bool:
        """Whether the event is about a file, and about nobody.

        There is nobody to consent then, and no more in it than operators need.
        """
        return self.event.entity.kind == "exchange"

    @property
    def impersonal(self) -> bool:
        """Whether the event is about nobody: about a file, or a directory's object."""
        return self.technical or self.event.entity.kind == "directory"


class Refusal(NamedTuple):
    """Why a rule ends the matter: it is denied, or somebody has to look at it."""

    reason: str
    verdict: Verdict = "deny"


class Weighing:
    """A case while it is decided: each rule adds what it found for those after it.

    `reason` is the one that counts if nothing refuses, `counted` are the consents that
    were counted on, `until` is when the answer may be another one.
    """

    __slots__ = (
        "counted",
        "masks",
        "obligations",
        "patient_id",
        "plan",
        "reason",
        "redacted",
        "template",
        "until",
    )

    def __init__(self) -> None:
        self.reason = ""
        self.patient_id = ""
        self.plan: Plan | None = None
        self.counted: tuple[Consent, ...] = ()
        self.redacted: tuple[str, ...] = ()
        self.template = ""
        self.masks = False
        self.obligations: tuple[str, ...] = ()
        self.until: datetime | None = None

    @property
    def planned(self) -> Plan:
        """The plan, once the rule of jurisdiction has found it."""
        if self.plan is None:
            raise LookupError("no rule has found out which rules hold")
        return self.plan

    def ends(self, moment: datetime) -> None:
        """Take note that the answer may be another one from `moment` on."""
        if self.until is None or moment < self.until:
            self.until = moment

    def count(self, consent: Consent) -> None:
        """Take note that a consent was counted on."""
        if consent not in self.counted:
            self.counted = (*self.counted, consent)
