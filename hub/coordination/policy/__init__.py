"""Policy: the one exit. Nothing leaves without a recorded reason.

Deny is the answer where no rule permits; where a rule fails, a person has to look.
The nine steps of domain 8.3: relationship, purpose, jurisdiction, consent,
sensitivity, template, obligations, and a verdict that is recorded with the rules.
One thing is owed whatever they say: who was told of an event is told when it is
taken back, in the fewest words (R-ENC-06).
"""

from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.coordination.policy.deciding import RULES, decide
from hub.coordination.policy.owing import (
    CORRECTION_RULE,
    RETRACTION,
    Heard,
    among_heard,
    fewest_words,
    owe,
    unheard,
)
from hub.coordination.policy.projecting import project
from hub.coordination.policy.reasons import REASONS, Reason
from hub.coordination.policy.regime import STANDARD, Regime

__all__ = [
    "CORRECTION_RULE",
    "REASONS",
    "RETRACTION",
    "RULES",
    "STANDARD",
    "Case",
    "Heard",
    "Reason",
    "Refusal",
    "Regime",
    "Weighing",
    "among_heard",
    "decide",
    "fewest_words",
    "owe",
    "project",
    "unheard",
]
