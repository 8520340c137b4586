"""What a notice says of a referral, and how Task and ServiceRequest say so."""

from typing import NamedTuple

from hub_fhir.rendering.data.systems import BSER_STATUSES, BUSINESS_STATUSES
from hub_fhir.rendering.data.task_statuses import BY_WORD, OF_EVENT, Row, row_of
from hub_fhir.rendering.errors import NoEquivalentError
from hub_fhir.rendering.payloads import words
from hub_fhir.rendering.pieces import Piece
from hub_fhir.rendering.telling import Telling

#: Where a referral is of which nothing else is known than that it was asked for.
_BEGINNING = "requested"
#: Events that are the hub's own business, and of which nobody is told in FHIR.
_INTERNAL = frozenset({"conflict", "history_added"})


class Said(NamedTuple):
    """What is said, where the referral is, and both statuses of it.

    `losses` name what a reader misses who knows R4 and the guide alone.
    """

    says: str
    state: str
    task: str
    request: str
    losses: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """How it is said."""
        return BY_WORD[self.says]


def said_by(telling: Telling, received: str = "requested") -> Said:
    """Return what a notice says.

    Raises NoEquivalentError where it is about no referral, or for nobody's ears.
    """
    family, name = telling.event.type.partition(".")[::2]
    if family != "referral" or name in _INTERNAL:
        raise NoEquivalentError(f"fhir-referral, {telling.event.type}")
    state = _state_of(telling, name)
    word = OF_EVENT.get(name, name)
    row = row_of(word) or BY_WORD[state]
    standing = BY_WORD[state]
    task, request = row.task or standing.task, row.request or standing.request
    if telling.said("cancel_requested") is True:
        request = "revoked"
    losses = [row.loss] if row.loss else []
    if row.says == "received" and received == "received":
        task, losses = "received", []
    return Said(row.says, state, task, request, tuple(losses))


def _state_of(telling: Telling, name: str) -> str:
    """Return the state that the payload has, else the one that the event leads to."""
    stated = words(telling.said("state"))
    for word in (stated, OF_EVENT.get(name, name)):
        row = row_of(word)
        if row is not None and row.task:
            return word
    return _BEGINNING


def business_status(said: Said) -> Piece:
    """Return what stands beside Task.status, {} where nothing needs to."""
    row = said.row
    if not row.business:
        return {}
    shown = row.says.replace("_", " ").capitalize()
    coding = [{"system": BUSINESS_STATUSES, "code": row.says, "display": shown}]
    if row.bser:
        coding.append({"system": BSER_STATUSES, "code": row.bser})
    return {"coding": coding, "text": shown}
