"""What users of the hub do with referrals: send one, cancel it, say how it goes.

Each is a statement that goes through the journal, as what everybody else says. What
the table of transitions does not allow is refused before it is stored.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.contract import Inbox
from hub.coordination.ids import Keys
from hub.coordination.partners import Partners, numbers_of
from hub.coordination.referral_errors import (
    NobodyKnownError,
    NoPerformerError,
    NotATakenStatementError,
    NotNowError,
    SentOtherwiseError,
)
from hub.coordination.referral_wishes import Said, Sent, Wanted
from hub.coordination.referrals.table import (
    CONFLICTS,
    ENDED,
    implies_acceptance,
    refusal,
)
from hub.model.message import Processed
from hub.model.referrals import Reason, Side, Statement
from hub.runtime.deciding import put_through
from hub.runtime.referrals.stating import message_of
from hub.runtime.referrals.wanted import (
    Draft,
    Performer,
    drafts_of,
    number_of,
    sent_as,
)
from hub.store.queries import Reader
from hub.store.referral_asking import Asking, Referred
from hub.threads import in_thread


class ReferralOperations:
    """Works with the referrals of a hub. `inbox` is that of its own feed."""

    def __init__(
        self,
        reader: Reader,
        keys: Keys,
        partners: Partners,
        inbox: Inbox,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._asking: Asking = reader.referrals.asking
        self._keys = keys
        self._partners = partners
        self._inbox = inbox
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def send(self, wanted: Wanted, by: str, key: str = "") -> Sent:
        """Send a referral in the name of `by`; sent again under the same key, once.

        Raises NobodyKnownError, NoPerformerError, SentOtherwiseError, and what
        `Inbox.put` raises.
        """
        performers = [
            *map(self._partner, wanted.performers),
            *[await self._at(service) for service in wanted.services],
        ]
        if wanted.requester and not self._takes(wanted.requester, "requester"):
            raise NoPerformerError(f"{wanted.requester} sends none")
        if not performers:
            raise NoPerformerError
        person = await self._person(wanted)
        number = number_of(f"{by}\n{key}" if key else secrets.token_hex(16))
        drafts = drafts_of(
            wanted,
            performers,
            person,
            number=number,
            by=by,
            at=self._clock(),
            keys=self._keys,
        )
        async with self._one_at_a_time:
            return await self._send(drafts)

    async def cancel(self, key: str, reason: Reason, by: str) -> Sent:
        """Cancel a referral, or ask to where it was taken up; of several all of them.

        Raises UnknownIdError, NotNowError, and what `Inbox.put` raises.
        """
        known = await in_thread(self._asking.referred, key)
        parts = [each for each in known.parts if each.state not in ENDED]
        if known.parts and not parts:
            raise NotNowError(known.state)
        sent = [await self._cancel(each, reason, by) for each in parts or [known]]
        return Sent(key, waits=any(each.waits for each in sent))

    async def state(self, key: str, said: Said, by: str) -> Sent:
        """State something of a referral for one of its sides.

        Raises UnknownIdError, NotNowError, and what `Inbox.put` raises.
        """
        known = await in_thread(self._asking.referred, key)
        return await self._state(known, said, by)

    async def _cancel(self, known: Referred, reason: Reason, by: str) -> Sent:
        # Nobody has it yet: the requester alone decides.
        says = "cancelled" if known.state == "requested" else "cancel_requested"
        return await self._state(known, Said("requester", says, reason=reason), by)

    async def _state(self, known: Referred, said: Said, by: str) -> Sent:
        implied = implies_acceptance(known.state, said.says, said.by)
        if said.says and said.says != known.state and not implied:
            conflict = refusal(known.state, said.says, said.by)
            if conflict:
                raise NotNowError(f"{conflict}: {CONFLICTS[conflict]}")
        party = said.party or known.parties.get(said.by, "")
        statement = Statement(
            referral=known.number,
            by=said.by,
            says=said.says,
            at=self._clock().isoformat().replace("+00:00", "Z"),
            party=party,
            name=by,
            reason=said.reason,
            outcome=said.outcome,
            appointment=said.appointment,
            text=said.note,
        )
        return Sent(known.key, waits=await self._put(statement))

    async def _send(self, drafts: Sequence[Draft]) -> Sent:
        waits, before = False, True
        for each in drafts:
            name = sent_as(each.statement.referral.value)
            sent = await in_thread(self._asking.said_under, name)
            if sent and sent != each.name:
                raise SentOtherwiseError
            if not sent:
                before = False
                waits |= await self._put(each.statement, each.name)
        return Sent(drafts[0].key, waits, before)

    async def _put(self, statement: Statement, name: str = "") -> bool:
        """Store a statement; say whether it is not known yet what came of it."""
        message = message_of(statement, self._clock(), name)
        _, processed = await put_through(self._inbox, message)
        _refuse_parked(processed)
        return processed is None

    async def _person(self, wanted: Wanted) -> tuple[dict[str, str], ...]:
        """Return a number of the only person who is meant."""
        if wanted.person:
            number = await in_thread(self._asking.number_of, wanted.person)
            return ({"system": number.system, "value": number.value},)
        known = await in_thread(self._asking.known_by, wanted.system, wanted.value)
        # Whoever acts must be able to reach somebody whom nobody else tells of.
        new = not known and wanted.about.get("names") and wanted.about.get("telecoms")
        if known != 1 and not new:
            raise NobodyKnownError
        return ({"system": wanted.system, "value": wanted.value},)

    def _partner(self, name: str) -> Performer:
        if not self._takes(name, "performer"):
            raise NoPerformerError(f"{name} takes none")
        partner = self._partners.by_name[name]
        org: dict[str, Any] = {"name": partner.title or name}
        if partner.organizations:
            # Another hub knows its partner by these, and not by our name for it.
            org["identifiers"] = numbers_of(partner)
        return Performer({"party": name, "org": org})

    async def _at(self, service: str) -> Performer:
        """Return a service of a directory as who shall act, and its partner if any."""
        stated = await in_thread(self._asking.service, service)
        if stated is None:
            raise NoPerformerError("no such service")
        party = self._partners.named("performer", stated)
        return Performer({**stated, "party": party} if party else stated)

    def _takes(self, name: str, side: Side) -> bool:
        partner = self._partners.by_name.get(name)
        return partner is not None and side in partner.sides


def _refuse_parked(processed: Processed | None) -> None:
    if processed is not None and processed.error_code:
        raise NotATakenStatementError(processed.error_code)
