"""Steps 1 to 3: who has to do with the person, for what, and under which rules."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from hub.coordination.panels import EPISODE, Member
from hub.coordination.partners import REFERRAL
from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.coordination.policy.referring import by_referral
from hub.coordination.recipients import PURPOSES, Purpose

_ONE_DAY = timedelta(days=1)


def relationship(case: Case, weighing: Weighing) -> Refusal | None:
    """Ask for an active link between person and recipient."""
    panel = case.subscription.panel
    if not panel:
        weighing.reason = "relationship.all"
        return None
    if panel.startswith(REFERRAL):
        return by_referral(case, weighing)
    day = case.now.astimezone(UTC).date()
    for link in case.links:
        if link.active(day) and not link.stale(day):
            weighing.reason = _related(panel)
            weighing.patient_id = link.patient_id
            for last in _last_days(link):
                weighing.ends(datetime.combine(last, time(), UTC))
            return None
    return Refusal(_without(case.links, day))


def _related(panel: str) -> str:
    episode = panel.startswith(EPISODE)
    return "relationship.episode" if episode else "relationship.panel"


def _last_days(link: Member) -> Iterator[date]:
    """Yield the days from which on a link holds no longer."""
    if link.stale_from is not None:
        yield link.stale_from
    if link.valid_to is not None and link.valid_to < date.max:
        yield link.valid_to + _ONE_DAY


def _without(links: tuple[Member, ...], day: date) -> str:
    if any(link.active(day) for link in links):
        return "relationship.stale"
    if any(link.begins_after(day) for link in links):
        return "relationship.not_started"
    return "relationship.expired" if links else "relationship.none"


def purpose(case: Case, _weighing: Weighing) -> Refusal | None:
    """Ask for a purpose that exists and that the contract allows.

    What happens to files is told for operations only.
    """
    asked = case.subscription.purpose
    if asked not in PURPOSES:
        return Refusal("purpose.unknown")
    if asked not in case.recipient.purposes:
        return Refusal("purpose.not_in_contract")
    if case.technical and asked != Purpose.OPERATIONS:
        return Refusal("purpose.not_operations")
    return None


def jurisdiction(case: Case, weighing: Weighing) -> Refusal | None:
    """Find the rules of the place of care and of that of the recipient."""
    plan = case.regime.plan(case.event, case.recipient, case.subscription.purpose)
    if plan is None:
        return Refusal("jurisdiction.unknown", "hold")
    weighing.plan = plan
    if plan.consent == "never":
        return Refusal("jurisdiction.not_permitted")
    return None
