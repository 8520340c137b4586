"""Closing the loop: what the hub says because somebody's system accepted a notice.

A request that the performer's system accepted is received; an outcome that the
requester's accepted is known to them. Where several were asked at once, and one of
them is chosen, the others are asked to cancel. What is said follows from the store
alone, under names that make it the same message again: a hub that was killed before
it said so says it when it starts.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from threading import Lock
from typing import NamedTuple

import msgspec
import structlog

from hub.contract import Inbox
from hub.coordination.partners import Partners, Party
from hub.coordination.referrals.said import outcome_of
from hub.coordination.referrals.table import ENDED, WANTS_OUTCOME
from hub.coordination.standing import Witness
from hub.errors import HubError
from hub.model.events import CareEvent
from hub.model.facts import RecordKey
from hub.model.message import RawMessage, Stored
from hub.runtime.entities import Entities
from hub.runtime.kept import KeptRecord
from hub.runtime.referrals.linking import parties_of
from hub.runtime.referrals.stating import by_the_hub, message_of
from hub.store.journal import moment
from hub.store.referral_receipts import (
    Accepted,
    families,
    is_said,
    owed,
    receipt_of,
    record_key,
)
from hub.threads import in_thread

log = structlog.get_logger()

#: How often it is looked whether anything follows from what was accepted.
LOOK_SECONDS = 1.0
#: What was settled so long before the newest is looked at again.
OVERLAP_MICROSECONDS = 3_600_000_000
#: So much is said before it is looked again.
MOST = 200
_REQUESTS = frozenset({"referral.requested", "referral.redirected"})
_OUTCOMES = frozenset(
    f"referral.{name}"
    for name in (
        *("completed", "failed", "rejected", "cancelled", "expired"),
        *("outcome_reported", "outcome_amended"),
    )
)
_SUBSCRIPTION = "partner-"
#: With these a performer takes a referral up.
_TAKES_UP = frozenset({"accepted", "scheduled", "in_progress", "completed"})

_event = msgspec.json.Decoder(CareEvent).decode


class Closing:
    """Says what follows from the store that `connection` reads; `inbox` is the hub's.

    `chooses` says whether the first performer who accepts is chosen of several.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        partners: Partners,
        inbox: Inbox,
        *,
        chooses: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connection = connection
        self._entities = entities
        self._partners = partners
        self._inbox = inbox
        self._chooses = chooses
        self._clock = clock
        self._seen = 0
        self._closed = False
        self._one_at_a_time = Lock()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            with contextlib.suppress(HubError):  # the journal has said so
                await self.settle()
            await asyncio.sleep(LOOK_SECONDS)

    async def settle(self) -> int:
        """Say all that follows by now; return how much that was.

        Raises what `Inbox.put` raises; what was not said is said the next time.
        """
        count = 0
        while found := await in_thread(self._look):
            for each in found:
                stored = await self._put(each)
                log.debug("referral.stated", message_id=stored.id)
            count += len(found)
        return count

    async def _put(self, message: RawMessage) -> Stored:
        try:
            return await self._inbox.put(message)
        except HubError:
            self._seen = 0  # nobody knows how long it takes until it is said
            raise

    def owes(self) -> bool:
        """Say whether anything is to be said. May block."""
        return bool(self._look())

    def close(self) -> None:
        """Look no more, once a look that is under way has ended. May block."""
        with self._one_at_a_time:
            self._closed = True

    def _look(self) -> list[RawMessage]:
        with self._one_at_a_time:
            if self._closed:
                return []
            self._entities.forget()
            said = chain(self._receipts(), self._choices())
            return [*islice(said, MOST)]

    def _receipts(self) -> Iterator[RawMessage]:
        if not self._partners:
            return
        # A clock that was put back, and an end of a commit, come to light later.
        since, newest = max(self._seen - OVERLAP_MICROSECONDS, 0), self._seen
        for each in owed(self._connection, _REQUESTS | _OUTCOMES, since):
            newest = max(newest, each.at)
            yield from self._receipt(each)
        self._seen = newest  # only once all were looked at

    def _receipt(self, accepted: Accepted) -> Iterator[RawMessage]:
        kept = self._entities.record(accepted.referral)
        number = record_key(self._connection, accepted.referral)
        name = accepted.subscription.removeprefix(_SUBSCRIPTION)
        partner = self._partners.by_name.get(name)
        if kept is None or number is None or partner is None:
            return
        sides = {
            each.side
            for each in parties_of(kept, self._partners)
            if each == Party(name, each.side)
        }
        says = ""
        if accepted.type in _REQUESTS and "performer" in sides:
            says = "received" if _state(kept) == "requested" else ""
        elif accepted.type in _OUTCOMES and "requester" in sides:
            ends = _tells_an_end(_event(accepted.body), _state(kept))
            closes = partner.closes_on == "accepted"
            says = ("closed" if closes else "outcome_received") if ends else ""
        if says:
            yield self._following(number, says, accepted, name)

    def _following(
        self, number: RecordKey, says: str, accepted: Accepted, party: str
    ) -> RawMessage:
        at = _when(says, accepted)
        statement = by_the_hub(number, says, at, party=party)
        return message_of(statement, self._clock(), receipt_of(accepted.delivery))

    def _choices(self) -> Iterator[RawMessage]:
        """Yield what follows where one of several performers is chosen."""
        for keys in families(self._connection).values():
            records = [self._entities.record(key) for key in keys]
            parts = [each for each in records if each and each.record]
            chosen = _chosen(parts, takes_first=self._chooses)
            if chosen is not None:
                yield from self._chose(chosen, parts)

    def _chose(self, chosen: "Chosen", parts: list[KeptRecord]) -> Iterator[RawMessage]:
        wanted = [("cancel_requested", each) for each in parts if each != chosen.part]
        if not chosen.confirmed:
            wanted.insert(0, ("confirmed", chosen.part))
        for says, part in wanted:
            number = record_key(self._connection, part.key)
            name = f"{says}-{part.key}-{chosen.part.key}"
            ended = _state(part) in ENDED
            if number is None or ended or is_said(self._connection, name):
                continue
            at = max(chosen.at, _asked_at(part)) + _A_MOMENT
            statement = by_the_hub(number, says, at, by="requester")
            yield message_of(statement, self._clock(), name)


class Chosen(NamedTuple):
    """The part of a referral to several whose performer was chosen, and when.

    `confirmed` says that the requester did so; else the hub does it for them.
    """

    part: KeptRecord
    at: datetime
    confirmed: bool


#: What others say may be known to the second only.
_A_MOMENT = timedelta(seconds=1)


def _chosen(parts: list[KeptRecord], *, takes_first: bool) -> Chosen | None:
    """Return whose performer is chosen: whom the requester confirmed, else the first.

    None where nobody is yet.
    """
    confirmed = [
        Chosen(part, each.occurred, confirmed=True)
        for part in parts
        for each in part.witnesses
        if _says(each) == ("requester", "confirmed")
    ]
    accepted = [
        Chosen(part, each.occurred, confirmed=False)
        for part in parts
        if takes_first and _state(part) in _TAKES_UP
        for each in part.witnesses
        if each.fact.details.get("by") == "performer"
        and each.fact.details.get("state") in _TAKES_UP
    ]
    found = confirmed or accepted
    return min(found, key=lambda each: (each.at, each.part.key)) if found else None


def _when(says: str, accepted: Accepted) -> datetime:
    """Return when what follows from a notice counts, whatever clocks others have.

    A request is received before any answer to it, and an outcome known after it.
    """
    occurred = _event(accepted.body).times.occurred
    at = moment(accepted.at)
    if occurred is None:
        return at
    return occurred.earliest if says == "received" else max(at, occurred.latest)


def _asked_at(part: KeptRecord) -> datetime:
    """Return when a performer was asked, which comes before all else."""
    asked = [each.occurred for each in part.witnesses if _says(each)[1] == "requested"]
    return min(asked, default=min(each.occurred for each in part.witnesses))


def _says(each: Witness) -> tuple[object, object]:
    details = each.fact.details
    return details.get("by"), details.get("state")


def _state(kept: KeptRecord) -> str:
    return str(kept.record.details.get("state", "")) if kept.record else ""


def _tells_an_end(event: CareEvent, now: str) -> bool:
    """Say whether who has this notice knows how the referral ended.

    An end that was left again while the notice was on its way is none. Where the hub
    itself gave up there is no more to know than that.
    """
    told = event.payload
    state = told.get("state")
    if state not in ENDED or state != now:
        return False
    given_up = told.get("says") == state and told.get("by") == "hub"
    return state not in WANTS_OUTCOME or given_up or bool(outcome_of(told))
