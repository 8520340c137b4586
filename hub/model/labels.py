"""Labels: how confidential something is. They accumulate and are never lost."""

from msgspec import Struct


class Labels(Struct, frozen=True):
    """Confidentiality and sensitivity of a fact or an event (domain 8.2).

    `confidentiality` is a code of HL7's value set (``N`` normal, ``R`` restricted,
    ``V`` very restricted), `sensitivity` and `handling` are codes of ActCode.
    `derived_by` names where each came from: a field (``PD1-12``) or a rule.
    """

    confidentiality: str = "N"
    sensitivity: tuple[str, ...] = ()
    handling: tuple[str, ...] = ()
    derived_by: tuple[str, ...] = ()
