"""What is owed whatever the rules say: who was told hears that it is taken back."""

from collections.abc import Iterable
from typing import NamedTuple

from hub.model.delivery import Decision, Terms

#: The rule by which a retraction goes to whoever heard of what it takes back.
CORRECTION_RULE = "R-ENC-06"
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

    Who is permitted it anyway is not told twice. A denial by the subscription under
    which somebody heard gives way, and its rules remain in what replaces it.
    """
    owed = {each.subscription: each for each in decisions}
    served = {each.destination for each in owed.values() if each.permitted}
    for each in heard:
        if each.destination not in served:
            served.add(each.destination)
            decision = _owed(event, each, owed)
            owed[decision.subscription] = decision
    return list(owed.values())


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
