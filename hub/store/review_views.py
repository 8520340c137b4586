"""What the store shows of reviews: two identities side by side, and what to do.

The JSON of these values is what the admin API answers and ``--json`` prints; the
field names are a contract. They are masked where nothing else is asked for.
"""

from typing import Any, Literal

from msgspec import Struct

from hub.model.identifiers import Identifier
from hub.store.entity_views import LinkView
from hub.store.views import Instant

#: Where a question is. The first two are open; a contradiction is a likeness that
#: would link by itself, were it not for other links and numbers.
ReviewState = Literal["candidate", "contradiction", "decided", "joined", "apart"]


class MaskedNumber(Struct, frozen=True, kw_only=True):
    """A number by its type and its last characters."""

    type: str
    ending: str


class Side(Struct, frozen=True, kw_only=True):
    """One of the two identities, masked. `person` is whose it is."""

    identity: str
    person: str
    initials: str
    birth_year: str
    sex: str
    numbers: list[MaskedNumber]


class Unmasked(Struct, frozen=True, kw_only=True):
    """What a sender says of one of the two.

    Who keeps the person under a number is left out where that could tell of a
    sensitive treatment.
    """

    identifiers: list[Identifier]
    demographics: dict[str, Any]


class Agreement(Struct, frozen=True, kw_only=True):
    """How well the two agree in a field, and what that weighs in bits."""

    field: str
    level: str
    bits: float


class Said(Struct, frozen=True, kw_only=True):
    """What somebody who looked at the two said of them, and in which message."""

    decision: str
    by: str
    reason: str
    at: Instant
    message: str


class ReviewView(Struct, frozen=True, kw_only=True):
    """The question whether two identities are one person.

    `score` is in bits, and `reasons` are the codes of what speaks against it;
    `since` is when the message came that raised it. That message is not named here,
    because it tells where one of the two is a patient.
    """

    id: str
    state: ReviewState
    rule: str
    score: float | None
    reasons: list[str]
    since: Instant
    one: Side
    other: Side


class ReviewDetail(ReviewView, frozen=True, kw_only=True):
    """A question with all that helps to answer it.

    `four_eyes` says that it takes two people to say that both are the same.
    `decided` is the decision that holds, null for none, and `said` all that was said.
    `unmasked` has what is known of `one` and `other`, null where it was not asked for.
    """

    fields: list[Agreement]
    vetoes: list[str]
    withheld: list[str]
    advice: list[str]
    four_eyes: bool
    decided: LinkView | None
    said: list[Said]
    unmasked: list[Unmasked] | None
