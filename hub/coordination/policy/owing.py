"""What is owed whatever the rules say: who was told hears that it is taken back."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.model.delivery import Decision, Terms

#: The rule by which a retraction goes to whoever heard of what it takes back.
CORRECTION_RULE = "R-ENC-06"
#: The reason by which it does not go to somebody who did not.
UNHEARD = "correction.unheard"
#: The template of such a retraction: nothing but what is taken back.
RETRACTION = "retraction"


class Heard(NamedTuple):
    """Somebody who was told of an event, and the decision that permitted it."""

    destination: str
    subscription: str
    purpose: str
    patient_id: str
    ordering_key: str


def owe(
    event: str, decisions: Iterable[Decision], heard: Iterable[Heard]
) -> list[Decision]:
    """Return the decisions on a retraction, permitted for all who have `heard`.

    Who is permitted it anyway is not told twice, and hears by the number under which
    they know the person. A denial by the subscription under which somebody heard gives
    way, and its rules remain in what replaces it.
    """
    heard = tuple(heard)
    numbers = {each.destination: each.patient_id for each in heard}
    owed = {each.subscription: _as_known(each, numbers) for each in decisions}
    served = {each.destination for each in owed.values() if each.permitted}
    for each in heard:
        if each.destination not in served:
            served.add(each.destination)
            decision = _owed(event, each, owed)
            owed[decision.subscription] = decision
    return list(owed.values())


def among_heard(
    decisions: Iterable[Decision], heard: Iterable[Heard]
) -> list[Decision]:
    """Return the decisions on a retraction, denied to all who have not `heard`."""
    told = {each.destination for each in heard}
    return [
        each if each.verdict == "deny" or each.destination in told else unheard(each)
        for each in decisions
    ]


def unheard(decision: Decision) -> Decision:
    """Return a decision on a retraction for who was not told of what it takes back."""
    return Decision(
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        verdict="deny",
        reason=UNHEARD,
        purpose=decision.purpose,
        rules=(*decision.rules, CORRECTION_RULE),
    )


def fewest_words(decision: Decision, patient_id: str) -> Decision:
    """Return a decision by which a retraction goes whatever the rules say."""
    return Decision(
        event=decision.event,
        subscription=decision.subscription,
        destination=decision.destination,
        verdict="permit",
        reason="correction.owed",
        purpose=decision.purpose,
        patient_id=patient_id,
        rules=(*decision.rules, CORRECTION_RULE),
        terms=Terms(template=RETRACTION),
    )


def _as_known(decision: Decision, numbers: Mapping[str, str]) -> Decision:
    """Say nothing of a person by whose number they did not hear of it."""
    known = numbers.get(decision.destination, decision.patient_id)
    if not decision.permitted or decision.patient_id == known:
        return decision
    return fewest_words(decision, known)


def _owed(event: str, heard: Heard, decided: dict[str, Decision]) -> Decision:
    name, denial = heard.subscription, decided.get(heard.subscription)
    if denial and denial.destination != heard.destination:
        # The subscription has another destination by now, with a decision of its own.
        name, denial = f"{name}@{heard.destination}", None
    return Decision(
        event=event,
        subscription=name,
        destination=heard.destination,
        verdict="permit",
        reason="correction.owed",
        purpose=heard.purpose,
        patient_id=heard.patient_id,
        rules=(*(denial.rules if denial else ()), CORRECTION_RULE),
        terms=Terms(template=RETRACTION),
    )
