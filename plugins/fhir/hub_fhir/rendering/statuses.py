"""What a notice says of a referral, and how Task and ServiceRequest say so."""

from typing import Literal, NamedTuple

from hub_fhir.rendering.data.systems import BSER_STATUSES, BUSINESS_STATUSES
from hub_fhir.rendering.data.task_statuses import BY_WORD, OF_EVENT, Row, row_of
from hub_fhir.rendering.errors import NoEquivalentError
from hub_fhir.rendering.payloads import words
from hub_fhir.rendering.pieces import Piece
from hub_fhir.rendering.telling import Telling

#: Where a statement stands that the statuses alone do not say.
Carrier = Literal["", "business", "task", "request"]
LOST_IN_BUSINESS = "status.only_in_business_status"
LOST_IN_EXTENSION = "status.only_in_extension"
#: Where a referral is of which nothing else is known than that it was asked for.
_BEGINNING = "requested"
#: Events that are the hub's own business, and of which nobody is told in FHIR.
INTERNAL = frozenset({"conflict", "history_added"})
_SIDES = frozenset({"requester", "performer", "hub"})
#: What the requester's statuses say by themselves.
_OF_REQUEST = frozenset(
    {"draft", "requested", "cancel_requested", "closed", "entered_in_error"}
)


class Said(NamedTuple):
    """What is said and by whom, where the referral is, and both statuses of it.

    `standing` is the state that was there before and goes on, where Task.status alone
    does not say which, else "".
    """

    says: str
    speaker: str
    task: str
    request: str
    carrier: Carrier = ""
    standing: str = ""

    @property
    def loss(self) -> str:
        """What a reader misses who knows R4 and the guide alone, "" for nothing."""
        if self.carrier == "business":
            return LOST_IN_BUSINESS
        return LOST_IN_EXTENSION if self.carrier else ""


def said_by(telling: Telling, received: str = "requested") -> Said:
    """Return what a notice says.

    Raises NoEquivalentError where it is about no referral, or for nobody's ears.
    """
    family, name = telling.event.type.partition(".")[::2]
    if family != "referral" or name in INTERNAL:
        raise NoEquivalentError(f"fhir-referral, {telling.event.type}")
    word = OF_EVENT.get(name, name)
    state = _state_of(telling, word)
    standing = BY_WORD[state]
    row = row_of(words(telling.said("says"))) or row_of(word) or standing
    speaker = _speaker(telling, row)
    task, request = row.task or standing.task, row.request or standing.request
    if row.says == "received" and received == "received":
        return Said(row.says, speaker, "received", request)
    carrier = carrier_of(row, speaker)
    kept = "" if row.task or carrier == "task" else _unsaid(standing)
    if kept == "received" and received == "received":
        task, kept = "received", ""
    return Said(row.says, speaker, task, request, carrier, kept)


def _unsaid(standing: Row) -> str:
    """Return a state that Task.status says together with others, "" for no such."""
    return standing.says if standing.business or standing.says == "expired" else ""


def _state_of(telling: Telling, word: str) -> str:
    """Return the state that the payload has, else the one that the event leads to."""
    for stated in (words(telling.said("state")), word):
        row = row_of(stated)
        if row is not None and row.task:
            return stated
    return _BEGINNING


def _speaker(telling: Telling, row: Row) -> str:
    by = words(telling.said("by"))
    return by if by in _SIDES else row.owner


def carrier_of(row: Row, speaker: str) -> Carrier:
    """Return where a statement stands beside the statuses, "" where they say it."""
    if speaker == "requester":
        return "" if row.says in _OF_REQUEST else "request"
    if row.business:
        return "business"
    if row.task and row.says != "expired":
        return ""
    return "task"


def business_status(said: Said) -> Piece:
    """Return what stands beside Task.status, {} where nothing needs to."""
    if said.carrier != "business":
        return {}
    shown = said.says.replace("_", " ").capitalize()
    coding = [{"system": BUSINESS_STATUSES, "code": said.says, "display": shown}]
    if bser := BY_WORD[said.says].bser:
        coding.append({"system": BSER_STATUSES, "code": bser})
    return {"coding": coding, "text": shown}
