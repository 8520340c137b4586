"""Explanations as lines of text."""

from collections.abc import Iterable, Iterator

from hub.cli.printing import moment
from hub.model.delivery import Terms
from hub.store.entity_views import LinkView
from hub.store.explaining.reasons import ReasonView
from hub.store.explaining.views import (
    ExplainedDecision,
    ExplainedEvent,
    ExplainedFold,
    ExplainedIdentity,
    ExplainedPerson,
    Explanation,
    NormaliserView,
    NoticeAttempt,
    RecheckView,
    RecipientsView,
    SendersView,
)
from hub.store.views import DeliveryDetail

Explained = Explanation | ExplainedPerson | SendersView | RecipientsView


def lines(explained: Explained) -> Iterator[str]:
    """Return an explanation as lines; its conclusion comes last."""
    if isinstance(explained, Explanation):
        yield from _of_message(explained)
    elif isinstance(explained, ExplainedPerson):
        yield from _of_person(explained)
    elif isinstance(explained, SendersView):
        yield from _of_sender(explained)
    else:
        yield from _of_recipient(explained)
    yield ""
    yield from explained.conclusion


def _of_message(explanation: Explanation) -> Iterator[str]:
    message = explanation.message
    kind = message.message_type or message.media_type
    yield f"{message.id}: {kind} from {message.source}"
    yield f"  received {moment(message.received_at)}, {message.state}"
    if message.repeats:
        yield f"  received {message.repeats} times more, and stored once"
    yield from _of_normaliser(explanation.normaliser)
    yield from _of_identities(explanation.identities)
    if explanation.facts:
        yield f"  facts: {', '.join(fact.kind for fact in explanation.facts)}"
    for fold in explanation.fold:
        yield from _of_fold(fold)
    for event in explanation.events:
        yield from _of_event(event)


def _of_normaliser(normaliser: NormaliserView) -> Iterator[str]:
    if name := f"{normaliser.name} {normaliser.version}".strip():
        yield f"  read by {name}"
    if normaliser.warnings:
        yield f"  warnings: {', '.join(normaliser.warnings)}"
    if normaliser.remarks:
        yield f"  remarks on its form: {normaliser.remarks} (`hub messages ID`)"


def _of_identities(identities: Iterable[ExplainedIdentity]) -> Iterator[str]:
    for each in identities:
        yield f"  told of {each.identity}, who is {each.person}"
        for link in each.links:
            yield f"    {_of_link(link)}"
        if each.reviews:
            yield f"    open reviews: {', '.join(each.reviews)}"


def _of_link(link: LinkView) -> str:
    score = "" if link.score is None else f", {link.score:.1f} bits"
    reasons = f" ({', '.join(link.reasons)})" if link.reasons else ""
    pair = f"{link.one} and {link.other}"
    return f"{link.state} by {link.rule or link.basis}{score}: {pair}{reasons}"


def _of_fold(fold: ExplainedFold) -> Iterator[str]:
    if fold.changed:
        yield f"  {fold.kind} {fold.entity} changed in {', '.join(fold.changed)}"
    if fold.anomalies:
        found = ", ".join(fold.anomalies)
        yield f"  {fold.kind} {fold.entity} does not fit together: {found}"


def _of_event(event: ExplainedEvent) -> Iterator[str]:
    corrects = f", {event.correction} of {event.corrects}" if event.corrects else ""
    yield f"  {event.type} ({event.id}){corrects}"
    for decided in event.decisions:
        yield from _of_decision(decided)
    if event.unrelated:
        yield f"    {event.unrelated} subscriptions have nothing to do with the person"


def _of_decision(decided: ExplainedDecision) -> Iterator[str]:
    decision = decided.decision
    verdict = "permitted" if decision.permitted else "withheld"
    if decision.verdict == "hold":
        verdict = "held"
    elif decision.verdict == "permit_redacted":
        verdict = "permitted in part"
    why = f": {decision.reason}" if decision.reason else ""
    yield f"    {decision.destination} ({decision.subscription}) {verdict}{why}"
    yield from _of_reason(decided.reason)
    if decision.rules:
        yield f"      rules: {', '.join(decision.rules)}"
    yield from _of_terms(decision.terms)
    if decided.until is not None:
        yield f"      decided anew at {moment(decided.until)}"
    for recheck in decided.rechecks:
        yield from _of_recheck(recheck)
    if decided.delivery is not None:
        yield from _of_delivery(decided.delivery)


def _of_terms(terms: Terms) -> Iterator[str]:
    if terms.template:
        yield f"      template: {terms.template}"
    if terms.redacted:
        yield f"      taken out: {', '.join(terms.redacted)}"
    if terms.consents:
        yield f"      by consent: {', '.join(terms.consents)}"
    if terms.obligations:
        yield f"      goes with it: {', '.join(terms.obligations)}"


def _of_reason(reason: ReasonView, indent: str = "      ") -> Iterator[str]:
    if reason.summary:
        yield f"{indent}{reason.summary}"
    if reason.remedy:
        yield f"{indent}{reason.remedy}"


def _of_recheck(recheck: RecheckView) -> Iterator[str]:
    when = moment(recheck.decided_at)
    yield f"      decided anew at {when}: {recheck.verdict}, {recheck.reason.code}"
    yield from _of_reason(recheck.reason, "        ")


def _of_delivery(delivery: DeliveryDetail) -> Iterator[str]:
    extra = " ".join(filter(None, [delivery.receipt, delivery.error_code]))
    yield f"      {delivery.id}: {delivery.state}{extra and ', '}{extra}"
    for each in delivery.history:
        came_of_it = [each.outcome, each.evidence, each.error_code]
        told = " ".join(filter(None, came_of_it))
        yield f"        attempt {each.number} at {moment(each.started_at)}: {told}"
    if delivery.remedy:
        yield f"      {delivery.remedy}."


def _of_person(person: ExplainedPerson) -> Iterator[str]:
    yield f"{person.person}"
    yield from _of_identities(person.identities)
    if person.earlier:
        yield "  there are earlier events, which are not shown"
    for event in person.events:
        yield from _of_event(event)


def _of_sender(view: SendersView) -> Iterator[str]:
    kind = f": {view.message_type}" if view.message_type else ""
    yield f"{view.message}{kind}, {view.control_id or 'without a control id'}"
    yield f"  received {moment(view.received_at)}, {view.state}"


def _of_recipient(view: RecipientsView) -> Iterator[str]:
    yield f"to {view.destination}"
    for notice in view.notices:
        yield f"  {notice.type} ({notice.event}), {notice.state}"
        for each in notice.attempts:
            yield f"    {_of_attempt(each)}"


def _of_attempt(attempt: NoticeAttempt) -> str:
    problem = f" {attempt.problem.code}" if attempt.problem else ""
    return f"attempt at {moment(attempt.at)}: {attempt.outcome}{problem}"
