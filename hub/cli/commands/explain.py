"""``hub explain``."""

from collections.abc import Iterator
from pathlib import Path

import click

from hub.cli.loading import reader
from hub.cli.options import config_option, json_option
from hub.cli.printing import moment, show_json
from hub.store.views import DeliveryDetail, ExplainedDecision, Explanation
from hub.telemetry import printable


@click.command("explain")
@click.argument("message_id")
@click.option("--destination", help="Only what concerns this destination.")
@json_option
@config_option
def command(
    message_id: str, destination: str | None, config: Path | None, *, as_json: bool
) -> None:
    """Say why something was sent, or was not.

    Follows one message: the facts in it, the events that they led to, the decision
    for each subscription, and what came of each delivery.
    """
    explanation = reader(config).explain(message_id, destination)
    if as_json:
        show_json(explanation)
        return
    for line in _lines(explanation):
        click.echo(printable(line))


def _lines(explanation: Explanation) -> Iterator[str]:
    message = explanation.message
    kind = message.message_type or message.media_type
    yield f"{message.id}: {kind} from {message.source}"
    yield f"  received {moment(message.received_at)}, {message.state}"
    if message.repeats:
        yield f"  received {message.repeats} times more, and stored once"
    if explanation.facts:
        yield f"  facts: {', '.join(fact.kind for fact in explanation.facts)}"
    for event in explanation.events:
        yield f"  {event.type} ({event.id})"
        for decided in event.decisions:
            yield from _of_decision(decided)
    yield ""
    yield from explanation.conclusion


def _of_decision(decided: ExplainedDecision) -> Iterator[str]:
    decision = decided.decision
    verdict = "permitted" if decision.permitted else "withheld"
    why = f": {decision.reason}" if decision.reason else ""
    yield f"    {decision.destination} ({decision.subscription}) {verdict}{why}"
    if decision.rules:
        yield f"      rules: {', '.join(decision.rules)}"
    if decided.delivery is not None:
        yield from _of_delivery(decided.delivery)


def _of_delivery(delivery: DeliveryDetail) -> Iterator[str]:
    extra = " ".join(filter(None, [delivery.receipt, delivery.error_code]))
    yield f"      {delivery.id}: {delivery.state}{extra and ', '}{extra}"
    for each in delivery.history:
        came_of_it = [each.outcome, each.evidence, each.error_code]
        told = " ".join(filter(None, came_of_it))
        yield f"        attempt {each.number} at {moment(each.started_at)}: {told}"
    if delivery.remedy:
        yield f"      {delivery.remedy}."
