"""Decisions: what somebody who looked at two numbers says of them.

A decision is a message like any other, of a feed of the hub's own: so it is stored,
keeps its place among the others, and can be done again. Source: domain 7.2, R-ID-02.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from hub.coordination.ids import Keys
from hub.model.identifiers import Identifier

#: The feed of the hub's own messages, and what they are.
FEED = "carehub"
MEDIA_TYPE = "application/vnd.carehub.decision+json"
#: The system of an identifier whose value is the hub's own key of an identity.
OWN_KEYS = "urn:carehub:identity"

#: What is decided. Who recommends a link leaves it to somebody else to make it, and
#: who defers looked, and could not say.
Operation = Literal["link", "unlink", "recommend", "defer"]

#: How much of each key is in the name of a pair, in hexadecimal digits.
_HALF = 16
_PREFIX = "rev_"
_KEY = "p_"


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That an identity and each of `others` are one person, or are not.

    `by` names who decided and `recommended_by` who said so before, where it takes
    two. `at` is when, and puts decisions on one pair in order.
    """

    operation: Operation
    identity: str
    others: tuple[str, ...]
    by: str
    reason: str
    at: Annotated[datetime, Meta(tz=True)]
    recommended_by: str = ""

    @property
    def identities(self) -> tuple[str, ...]:
        """All identities that are named, each once."""
        return tuple(dict.fromkeys((self.identity, *self.others)))


_decision = msgspec.json.Decoder(Decision).decode


def written(decision: Decision) -> bytes:
    """Return the body of the message that carries a decision."""
    return msgspec.json.encode(decision)


def read(body: bytes) -> Decision | None:
    """Return the decision in the body of a message, None where there is none."""
    try:
        decision = _decision(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return decision if decision.identity and all(decision.others or [""]) else None


def control_id(decision: Decision) -> str:
    """Return what a decision is known by in its feed.

    Those on one pair begin with the id of its review, so that they are found by it.
    """
    digest = hashlib.sha256(written(decision)).hexdigest()[: 2 * _HALF]
    if len(decision.others) != 1:
        return digest
    return f"{review_id(decision.identity, decision.others[0])}.{digest}"


def review_id(one: str, other: str) -> str:
    """Return by what the question whether two identities are one person is known.

    It is the beginning of both keys, which tell nothing.
    """
    first, second = sorted(key.removeprefix(_KEY)[:_HALF] for key in (one, other))
    return f"{_PREFIX}{first}{second}"


def keys_begin(review: str) -> tuple[str, str] | None:
    """Return how the keys of the two identities of a review begin, in order."""
    digits = review.removeprefix(_PREFIX)
    if not review.startswith(_PREFIX) or len(digits) != 2 * _HALF:
        return None
    return f"{_KEY}{digits[:_HALF]}", f"{_KEY}{digits[_HALF:]}"


def key_of(number: Identifier, keys: Keys) -> str:
    """Return the key of the identity that a number stands for, or that it is."""
    return number.value if number.system == OWN_KEYS else keys.person(number)
