"""Judging: what is decided of an event for each subscription that asks for it.

Its filter speaks first, then policy; at last what was told already is suppressed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

import msgspec

from hub.coordination.filters import filter_rule, mismatch
from hub.coordination.incidents import INCIDENT_OPENED
from hub.coordination.policy import CORRECTION_RULE, Case, Heard, Regime, decide
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Subscription
from hub.coordination.suppression import AGAIN
from hub.model.delivery import Decision
from hub.model.events import CareEvent
from hub.runtime.whose import Whose

#: The reason by which a format keeps something from a recipient.
NO_FORM = "format.no_form"
#: The reason by which a filter keeps something from a recipient.
NOT_MATCHED = "filter.not_matched"


class Judged(NamedTuple):
    """A decision after suppression; `until` says until when a storm puts it off.

    `stands_for` are the events before whose unsent notices it takes the place of.
    """

    decision: Decision
    until: datetime | None = None
    stands_for: tuple[str, ...] = ()


#: Says what of a permitted notice there is to suppress; see `runtime.suppressing`.
Suppress = Callable[[Subscription, Decision, datetime], Judged]


class Wanting(NamedTuple):
    """The subscriptions that ask for one type of event, by whom they are about.

    `asking` has the names of all of them.
    """

    everybody: tuple[Subscription, ...]
    by_panel: Mapping[str, tuple[Subscription, ...]]
    asking: frozenset[str]


class Judge:
    """Decides for each of the `subscriptions`; the rules of `regime` hold.

    A destination that is not among the `recipients` has the standard contract.
    """

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        recipients: Mapping[str, Recipient],
        regime: Regime,
    ) -> None:
        self._regime = regime
        self._subscriptions = tuple(subscriptions)
        self._recipients = {
            each.destination: recipients.get(
                each.destination, Recipient(each.destination)
            )
            for each in subscriptions
        }
        self._places = {each.name: place for place, each in enumerate(subscriptions)}
        self._by_name = {each.name: each for each in subscriptions}
        #: Returns who asks for a type of event.
        self.wanting = cache(self._find)

    def named(self, subscription: str) -> Subscription | None:
        """Return the subscription of a name, None where it is gone."""
        return self._by_name.get(subscription)

    def related(self, event_type: str, whose: Whose) -> list[Subscription]:
        """Return who asks and has to do with the person, as they are configured."""
        wanting = self.wanting(event_type)
        related = list(wanting.everybody)
        for panel in whose.links:
            related += wanting.by_panel.get(panel, ())
        return sorted(related, key=lambda each: self._places[each.name])

    def judge(
        self,
        event: CareEvent,
        each: Subscription,
        whose: Whose,
        now: datetime,
        heard: Sequence[Heard],
        earlier: Callable[[], Sequence[Heard]],
        suppress: Suppress | None,
    ) -> Judged:
        """Decide, and suppress what is permitted."""
        key = each.where and self._unmet(event, each, whose, now)
        if key:
            told = event.correction and (
                any(one.destination == each.destination for one in heard)
                or any(one.destination == each.destination for one in earlier())
            )
            if not told:
                return Judged(_not_matched(event, each, key))
        decision = self._decided(event, each, whose, now)
        if suppress and decision.permitted:
            return suppress(each, decision, now)
        return Judged(decision)

    def owed_amendments(
        self,
        event: CareEvent,
        asking: frozenset[str],
        whose: Whose,
        now: datetime,
        earlier: Sequence[Heard],
        decisions: Sequence[Decision],
    ) -> list[Decision]:
        """Decide for those who were told of what `event` amends and ask for no such.

        Whoever believes what was told must hear what is so (R-ENC-06); but
        unlike a retraction it says something of the person, so that they must be
        permitted still.
        """
        served = {each.destination for each in decisions if each.permitted}
        owed = []
        for each in earlier:
            subscription = self._by_name.get(each.subscription)
            if subscription is None or each.destination in served:
                continue
            if subscription.name in asking:
                continue  # it was asked already
            if subscription.destination == each.destination:
                decision = self._decided(event, subscription, whose, now)
                rules = (*decision.rules, CORRECTION_RULE)
                owed.append(msgspec.structs.replace(decision, rules=rules))
        return owed

    def again(
        self,
        event: CareEvent,
        asking: Subscription,
        whose: Whose,
        now: datetime,
        *,
        because: str,
    ) -> Decision:
        """Return the decision on an event of the past; see `Router.route_again`."""
        key = self._unmet(event, asking, whose, now)
        decided = (
            _not_matched(event, asking, key)
            if key
            else self._decided(event, asking, whose, now)
        )
        return msgspec.structs.replace(
            decided,
            subscription=f"{asking.name}{AGAIN}",
            rules=(*decided.rules, because),
        )

    def decide_anew(
        self,
        event: CareEvent,
        subscription: str,
        destination: str,
        whose: Whose,
        now: datetime,
    ) -> Decision:
        """Return what holds now of a queued event; see `Router.decide_anew`."""
        asking = self._by_name.get(subscription.removesuffix(AGAIN))
        if asking is None or asking.destination != destination:
            return Decision(
                event=event.id,
                subscription=subscription,
                destination=destination,
                verdict="deny",
                reason="subscription.gone",
            )
        return self._decided(event, asking, whose, now)

    def _unmet(
        self, event: CareEvent, each: Subscription, whose: Whose, now: datetime
    ) -> str:
        """Return the key of the filter that an event does not meet, "" for none.

        Where there is no relation the policy says so, whatever the filter says.
        """
        links = whose.links.get(each.panel, ())
        related = not each.panel or any(link.active(now.date()) for link in links)
        if not related or each.where is None:
            return ""
        return mismatch(each.where, event, whose.about)

    def _decided(
        self, event: CareEvent, each: Subscription, whose: Whose, now: datetime
    ) -> Decision:
        links = whose.links.get(each.panel, ())
        recipient = self._recipients[each.destination]
        case = Case(
            event,
            each,
            recipient,
            links,
            whose.consents,
            now,
            self._regime,
            whose.endangered,
        )
        return self.spoken(event, decide(case))

    def spoken(self, event: CareEvent, decision: Decision) -> Decision:
        """Return a decision, a denial where the recipient's format has no form."""
        recipient = self._recipients.get(decision.destination)
        unspoken = recipient is not None and event.type in recipient.unspoken
        if decision.verdict == "deny" or not unspoken:
            return decision
        return Decision(
            event=decision.event,
            subscription=decision.subscription,
            destination=decision.destination,
            verdict="deny",
            reason=NO_FORM,
            purpose=decision.purpose,
            rules=decision.rules,
        )

    def _find(self, event_type: str) -> Wanting:
        if event_type == INCIDENT_OPENED:  # nobody's but the hub's, whoever asks
            return Wanting((), {}, frozenset())
        asking = [each for each in self._subscriptions if each.wants(event_type)]
        by_panel: dict[str, tuple[Subscription, ...]] = {}
        for each in asking:
            by_panel[each.panel] = (*by_panel.get(each.panel, ()), each)
        names = frozenset(each.name for each in asking)
        return Wanting(by_panel.pop("", ()), by_panel, names)


def _not_matched(event: CareEvent, each: Subscription, key: str) -> Decision:
    return Decision(
        event=event.id,
        subscription=each.name,
        destination=each.destination,
        verdict="deny",
        reason=NOT_MATCHED,
        purpose=each.purpose,
        rules=("relationship@1", filter_rule(key)),
    )
