"""How a decision about who is who is checked, and carried out.

One at a time: what one decides, the next one sees. So that a second click changes
nothing, what was decided in the same words by the same person is not decided again.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import structlog
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from hub.admin.answers import answer
from hub.admin.errors import DecidedMeanwhileError, NothingToDecideError
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Deciding
from hub.coordination.identity.decisions import Decision, Operation, review_id
from hub.store.entity_views import LinkView
from hub.store.queries import Reader
from hub.store.reviews import Question

log = structlog.get_logger()

#: Held while a decision is made.
DECIDING = web.AppKey("deciding", asyncio.Lock)

_ACCEPTED = 202  # RFC 9110 section 15.3.3: not carried out, or not yet
Outcome = Literal["carried_out", "recommended", "deferred", "waiting", "parked"]
_OUTCOMES: dict[Operation, Outcome] = {
    "link": "carried_out",
    "unlink": "carried_out",
    "recommend": "recommended",
    "defer": "deferred",
}
_HOLDING = frozenset({"manual", "auto"})


class Decided(Struct, frozen=True, kw_only=True):
    """What came of a decision.

    A link of two people of whom something sensitive is known is only recommended by
    the first who asks for it. What is `waiting` is stored, and carried out in its
    turn. `message` is the id of the message that keeps the decision, `review` that of
    the question, null where there are more than two identities. `persons` has for
    each identity the key of the person that it belongs to now.
    """

    review: str | None
    outcome: Outcome
    message: str
    error_code: str
    persons: dict[str, str]


class Wanted(NamedTuple):
    """What is asked for: that an identity and others are one person, or are not.

    `by` is who asks.
    """

    operation: Operation
    identity: str
    others: Sequence[str]
    said: Deciding
    by: str

    def decision(self) -> Decision:
        """Return the decision, as made now."""
        return Decision(
            operation=self.operation,
            identity=self.identity,
            others=tuple(self.others),
            by=self.by,
            reason=self.said.reason,
            at=datetime.now(UTC),
        )


async def link(request: web.Request, wanted: Wanted) -> web.Response:
    """Let two identities be one person, or recommend it where that takes two.

    Raises UnknownIdError, NothingToDecideError, DecidedMeanwhileError.
    """
    reader = request.app[CONTEXT].reader
    [other] = wanted.others
    question = await ask(request, reader.reviews.question, wanted.identity, other)
    if known := await _as_before(request, wanted, question.decided):
        return known
    owners = await ask(request, reader.entities.owners, (wanted.identity, other))
    if len(set(owners.values())) == 1 and not wanted.said.again:
        raise NothingToDecideError
    decision = wanted.decision()
    if question.four_eyes:
        if repeated := _recommended_by(question, wanted.by):
            return await _told(request, decision, "recommended", repeated)
        decision = _with_four_eyes(question, decision)
    return await _carry_out(request, decision)


async def unlink(request: web.Request, wanted: Wanted) -> web.Response:
    """Keep an identity apart from others.

    Raises UnknownIdError, DecidedMeanwhileError.
    """
    reader = request.app[CONTEXT].reader
    decided = await ask(request, reader.reviews.decided, wanted.identity, wanted.others)
    standing = decided[0] if len(decided) == len(wanted.others) == 1 else None
    if known := await _as_before(request, wanted, standing):
        return known
    against = [each for each in decided if each.state in _HOLDING]
    if against and not wanted.said.again:
        raise DecidedMeanwhileError(against)
    return await _carry_out(request, wanted.decision())


async def defer(request: web.Request, wanted: Wanted) -> web.Response:
    """Keep that somebody looked, and could not say. Raises DecidedMeanwhileError."""
    reader = request.app[CONTEXT].reader
    decided = await ask(request, reader.reviews.decided, wanted.identity, wanted.others)
    if decided:
        raise DecidedMeanwhileError(decided)
    return await _carry_out(request, wanted.decision())


async def _as_before(
    request: web.Request, wanted: Wanted, decided: LinkView | None
) -> web.Response | None:
    """Answer what was decided in the same words before; None where nothing was.

    Raises DecidedMeanwhileError for what was decided otherwise.
    """
    if decided is None or wanted.said.again:
        return None
    said = (decided.by, decided.reason, decided.state in _HOLDING)
    if said != (wanted.by, wanted.said.reason, wanted.operation == "link"):
        raise DecidedMeanwhileError([decided])
    return await _told(request, wanted.decision(), "carried_out", decided.message)


def _recommended_by(question: Question, by: str) -> str | None:
    """Return the message in which the same person recommended it before."""
    return next(
        (message for message, each in question.recommended if _same(each.by, by)), None
    )


def _with_four_eyes(question: Question, decision: Decision) -> Decision:
    """Return the decision where another person recommended it, else what is one."""
    first = next((each for _, each in question.recommended), None)
    if first is None:
        return replace(decision, operation="recommend")
    return replace(decision, recommended_by=first.by)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


async def _carry_out(request: web.Request, decision: Decision) -> web.Response:
    stored, processed = await request.app[CONTEXT].decide(decision)
    log.info("decision.taken", operation=decision.operation, message_id=stored.id)
    if processed is None:
        return await _told(request, decision, "waiting", stored.id)
    outcome = _OUTCOMES[decision.operation]
    if processed.error_code:
        outcome = "parked"
    return await _told(request, decision, outcome, stored.id, processed.error_code)


async def _told(
    request: web.Request,
    decision: Decision,
    outcome: Outcome,
    message: str,
    error_code: str = "",
) -> web.Response:
    reader: Reader = request.app[CONTEXT].reader
    persons = await ask(request, reader.entities.owners, decision.identities)
    alone = len(decision.others) == 1
    decided = Decided(
        review=review_id(decision.identity, decision.others[0]) if alone else None,
        outcome=outcome,
        message=message,
        error_code=error_code,
        persons=persons,
    )
    waiting = outcome in {"recommended", "waiting"}
    return answer(decided, _ACCEPTED if waiting else 200)
