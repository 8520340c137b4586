"""The fold: from all that was said of a referral to where it is.

Statements are taken in the order in which things happened, so that no order of
arrival changes the picture, and what is said twice counts once. What the table does
not allow is kept and not applied. What the hub did when a timer rang takes part as a
statement of its own; it is void where something turns up that was said in time.
Source: domain 4.2, R-REF-01 to R-REF-04.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from hub.coordination.referrals import table
from hub.coordination.referrals.acting import acts_in, heard_at, said_by_the_hub, void
from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.layers import Layers
from hub.coordination.referrals.ledger import Ledger
from hub.coordination.referrals.picture import Act, Referral
from hub.coordination.referrals.rules import ReferralRules
from hub.coordination.referrals.said import (
    PASSING,
    STATUS_ASKED,
    Said,
    Who,
    instant_of,
    named_party,
    statements,
    words_of,
)
from hub.coordination.standing import Witness
from hub.model.referrals import SIDE_FACTS, Loop

_FELL_THROUGH = frozenset({"no_show", "appointment_cancelled"})
_OUTCOMES = frozenset({"outcome_reported", "outcome_amended"})
_BOOKED = frozenset({"appointment_booked", "appointment_rescheduled"})
_KNOWN = frozenset({"", STATUS_ASKED, *SIDE_FACTS, *table.TABLE})
#: In these an appointment still means something.
_WITH_APPOINTMENT = frozenset({"accepted", "scheduled", "in_progress", "on_hold"})


def fold_referral(
    witnesses: Iterable[Witness],
    marks: Mapping[str, tuple[str, ...]] | None = None,
    rules: ReferralRules | None = None,
    bindings: Bindings | None = None,
) -> Referral:
    """Return the referral that statements describe, whatever the order they came in.

    `marks` are the hub's own memory of it, in which is what it did by itself.
    """
    bindings = bindings or Bindings()
    marks = marks or {}
    fold = _Fold(rules or ReferralRules(), bindings, heard_at(marks))
    acts = acts_in(marks)
    for each in statements(witnesses, bindings):
        while acts and acts[0].at < each.at:
            fold.act(acts.pop(0))
        fold.take(each)
    for act in acts:
        fold.act(act)
    return fold.picture()


class _Fold:
    """Where a referral is after the statements so far."""

    def __init__(
        self, rules: ReferralRules, bindings: Bindings, heard: datetime | None
    ) -> None:
        self._rules = rules
        self._bindings = bindings
        self._now = Referral(heard_at=heard)
        self._layers = Layers()
        self._reason: Any = None
        self._held_from = ""
        self._by_hub = False
        self._late: list[Said] = []
        self._ledger = Ledger()
        self._notes: dict[str, dict[str, Any]] = {}

    def picture(self) -> Referral:
        """Return the referral as it is now."""
        details = self._layers.details()
        details.pop("status_reason", None)
        if self._reason is not None:
            details["status_reason"] = self._reason
        for side in ("requester", "performer"):
            _name(details, side, getattr(self._now, side).party)
        return replace(
            self._now,
            details=details,
            notes=self._notes,
            history=self._ledger.history,
            tellings=self._ledger.tellings,
            anomalies=self._anomalies(),
        )

    def act(self, act: Act) -> None:
        """Let what the hub did count, if what it rested on is still so."""
        if void(act, self._seen()):
            return
        if act.level == "auto_closed":
            loop = Loop.AUTO_CLOSED if self._layers.outcome else Loop.CLOSED_UNRESOLVED
            self._now = replace(self._now, loop=loop)
            self._ledger.act(act)
            return
        self._apply(said_by_the_hub(act))

    def take(self, said: Said) -> None:
        """Let a statement count as far as it may."""
        if conflict := self._refusal(said):
            self._ledger.refuse(said, conflict)
            return
        if not self._now.state and not said.opens:
            # Of what is spoken of somebody was asked, whether or not the hub heard.
            self._enter("requested", said.at)
        if said.says in {"", STATUS_ASKED}:
            self._hear(said)
        elif said.says in SIDE_FACTS:
            self._beside(said)
        else:
            self._state(said)

    def _refusal(self, said: Said) -> str:
        """Return why a statement does not count, wherever the referral is."""
        if said.says not in _KNOWN:
            return "statement.unknown"
        if said.by is None:
            return "actor.unknown"
        if not said.bound:
            return "actor.unbound"
        if said.by == "requester" and said.who.speaks_not_for(self._now.requester):
            return "actor.other"
        if said.by == "performer":
            named = self._layers.named_performer
            if said.who.speaks_not_for(named) or self._now.performer.differs(said.who):
                return "performer.other"
        return ""

    def _hear(self, said: Said) -> None:
        """Take in details, or a question, that no state comes with."""
        told = self._learn(said)
        if said.says == STATUS_ASKED:
            self._ledger.tell(said, "information_requested")
        elif told.keys() - PASSING or said.details.get("text"):
            self._ledger.tell(said, "information_provided", once=said.content)
        else:
            self._ledger.note(said)

    def _state(self, said: Said) -> None:
        if self._is_late(said):
            self._late.append(said)
            self._ledger.refuse(said, "answer.late")
        else:
            self._step(said)

    def _step(self, said: Said) -> None:
        if said.by and table.implies_acceptance(self._now.state, said.says, said.by):
            self._apply(said.implying("accepted"))
        if said.says == self._now.state and said.by in table.sides_of(said.says):
            self._again(said)
        elif conflict := self._step_refused(said):
            if not said.is_receipt:
                self._ledger.refuse(said, conflict)
        else:
            self._apply(said)

    def _is_late(self, said: Said) -> bool:
        """Say whether a statement hangs on an answer that came after the expiry."""
        if self._now.state != "expired" or said.by != "performer":
            return False
        answers = table.allows("expired", said.says, "performer")
        return answers or (bool(self._late) and said.says in table.TABLE)

    def _step_refused(self, said: Said) -> str:
        state, since = self._now.state, self._now.since
        if said.by is None:
            return "actor.unknown"
        if not state:
            return ""  # it opens the referral
        window = timedelta(days=self._rules.reopen_days)
        if refused := table.refusal(state, said.says, said.by):
            return refused
        if state == "rejected" and since and said.at > since + window:
            return "reopen.late"
        return ""

    def _again(self, said: Said) -> None:
        """Take in a state that it is in already: no event, unless it says more."""
        before, outcome = self._now.appointment, self._layers.outcome
        known = self._layers.request
        self._learn(said)
        self._ledger.note(said)
        self._take_appointment(said)
        if said.reason is not None:
            self._reason = said.reason
        if said.says == "scheduled" and self._now.appointment != before:
            self._ledger.tell(said, "scheduled", beside=self._appointment())
        elif said.says == "requested" and self._layers.request != known:
            self._ledger.tell(said, "information_provided", once=said.content)
        elif self._layers.outcome != outcome:
            self._ledger.tell(said, "outcome_reported", once=said.content)

    def _apply(self, said: Said) -> None:
        before = self._now.state
        self._learn(said)
        self._hold(said)
        self._reason = said.reason
        self._by_hub = said.by == "hub"
        self._enter(said.says, said.at)
        self._take_appointment(said)
        for event in self._events(said.says, before):
            self._ledger.tell(
                said,
                event,
                moves=True,
                anomalies=self._anomalies(),
                beside=self._appointment(),
            )
        if said.says == "on_hold":
            self._held_from = before
        if said.by == "requester" and said.says in table.ENDED:
            # Who ends it knows that it has ended.
            self._now = replace(self._now, loop=Loop.CLOSED_BY_REQUESTER)
            if said.says == "cancelled":
                self._ledger.tell(said, "loop_closed", moves=True)

    def _events(self, state: str, before: str) -> list[str]:
        own = table.EVENTS.get(state, state)
        if before == "rejected":
            return ["reopened"]
        if before == "on_hold" and state in table.RESUMED:
            return ["resumed"] if state == self._held_from else ["resumed", own]
        return [own]

    def _beside(self, said: Said) -> None:
        """Take in what is said beside the states."""
        says = said.says
        refused = table.refusal(self._now.state, says, said.by) if said.by else ""
        if not refused and says == "cancel_declined" and not self._now.cancel_since:
            refused = "cancel.not_asked"
        if not refused and says == "closed" and not self._has_outcome():
            refused = "outcome.missing"
        if refused:
            self._ledger.refuse(said, refused)
            return
        fallen, cancel = self._appointment(), self._now.cancel_since
        self._learn(said)
        self._hold(said)
        if says in {"cancel_requested", "cancel_declined"}:
            since = (cancel or said.at) if says == "cancel_requested" else None
            self._now = replace(self._now, cancel_since=since)
        elif says in _FELL_THROUGH:
            self._fall_through(said)
        elif says in _BOOKED:
            self._take_appointment(said)
        elif says in {"outcome_received", "closed"}:
            self._close(said)
            return
        self._tell_beside(said, fallen, repeated=cancel is not None)
        if says == "confirmed":
            self._confirm()

    def _tell_beside(
        self, said: Said, fallen: dict[str, Any], *, repeated: bool
    ) -> None:
        says = said.says
        event = table.SIDE_EVENTS.get(says, says)
        if event is None or (says == "cancel_requested" and repeated):
            self._ledger.note(said)
            return
        self._ledger.tell(
            said,
            event,
            once=said.content if says in _OUTCOMES else "",
            moves=says in _FELL_THROUGH | {"cancel_declined"},
            beside=fallen if says in _FELL_THROUGH else self._appointment(),
        )

    def _fall_through(self, said: Said) -> None:
        self._now = replace(self._now, appointment=None)
        self._layers.drop_appointment()
        if self._now.state == "scheduled":
            self._enter("accepted", said.at)

    def _close(self, said: Said) -> None:
        self._ledger.note(said)
        if self._now.closed or not self._has_outcome():
            return
        if said.says == "outcome_received":
            self._now = replace(self._now, loop=Loop.OUTCOME_RECEIVED)
            return
        known = bool(self._layers.outcome)
        loop = Loop.CLOSED_BY_REQUESTER if known else Loop.CLOSED_UNRESOLVED
        self._now = replace(self._now, loop=loop)
        self._ledger.tell(said, "loop_closed", moves=True)

    def _confirm(self) -> None:
        """Let late answers count, now that the requester has confirmed them."""
        late, self._late = self._late, []
        for each in late:
            self._ledger.allow(each)
            self._step(each)

    def _enter(self, state: str, at: datetime) -> None:
        before, now = self._now.state, self._now
        asked = state in {"requested", "received"}
        goes_on = asked and before in {"requested", "received"}
        self._late = []
        self._now = replace(
            now,
            state=state,
            since=at,
            asked_at=now.asked_at if goes_on else at if asked else None,
            loop=Loop.OPEN,
            cancel_since=None if state in table.ENDED else now.cancel_since,
            appointment=now.appointment if state in _WITH_APPOINTMENT else None,
        )
        if before == "scheduled" and state == "accepted":
            self._now = replace(self._now, appointment=None)
            self._layers.drop_appointment()

    def _learn(self, said: Said) -> dict[str, Any]:
        """Take in details as far as they are for this side to state; return them."""
        told = self._bindings.named(said.told)
        told.pop("status_reason", None)
        if text := said.details.get("text"):
            self._notes[said.by or ""] = {"text": text, "at": said.at.isoformat()}
        if said.by == "requester":
            told = self._redirected(said, told)
            self._hold(said)
        self._layers.learn(said.by, told)
        return told

    def _redirected(self, said: Said, told: dict[str, Any]) -> dict[str, Any]:
        """Return what the requester says, and tell where it names somebody else."""
        before = self._layers.named_performer
        if not named_party(told.get("performer")).differs(before):
            return told
        if self._now.state in table.NOT_TAKEN_UP and not self._is_held():
            if self._now.state == "requested":
                self._ledger.tell(said, "redirected", once=said.content)
            return told
        self._ledger.refuse(said, "performer.changed")
        return {name: value for name, value in told.items() if name != "performer"}

    def _is_held(self) -> bool:
        return self._now.performer != Who()

    def _hold(self, said: Said) -> None:
        """Remember who acts on a side: the first one holds it."""
        if said.by in {"requester", "performer"}:
            held: Who = getattr(self._now, said.by)
            if held == Who() or (said.who.party and not held.party):
                self._now = replace(self._now, **{said.by: said.who})

    def _take_appointment(self, said: Said) -> None:
        at = instant_of(said.details.get("appointment"))
        if at and said.by == "performer" and self._now.state in _WITH_APPOINTMENT:
            self._now = replace(self._now, appointment=at)

    def _appointment(self) -> dict[str, Any]:
        stated = self._layers.appointment
        return {"appointment": stated} if stated and self._now.appointment else {}

    def _has_outcome(self) -> bool:
        if self._now.state not in table.WANTS_OUTCOME:
            return self._now.state in table.ENDED
        return self._by_hub or bool(self._layers.outcome)

    def _anomalies(self) -> tuple[str, ...]:
        state, found = self._now.state, []
        if state in table.WANTS_REASON and not words_of(self._reason):
            found.append("reason.missing")
        if state in table.WANTS_OUTCOME and not self._has_outcome():
            found.append("outcome.missing")
        return tuple(found)

    def _seen(self) -> Referral:
        """Return what a timer sees of the referral so far."""
        return replace(self._now, details=self._layers.details())


def _name(details: dict[str, Any], side: str, party: str) -> None:
    """Let details name the party that is known to act on a side."""
    stated = details.get(side, {})
    if party and isinstance(stated, dict):
        details[side] = {"party": party, **stated}
