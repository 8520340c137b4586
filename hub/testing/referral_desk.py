"""A referral desk in memory, for sources that work referrals.

Use it through `MemoryInbox.referrals`; say with `show` what a party may see, as the
hub's policy would.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from hub.model.delivery import Notice
from hub.model.facts import RecordKey


class MemoryReferralDesk:
    """Shows what a test lets it show. Implements `hub.contract.ReferralDesk`.

    `looks` has each look, as party and referral; "" is for what changed.
    """

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], Notice] = {}
        self._changed: dict[tuple[str, str], datetime] = {}
        self._numbers: dict[str, RecordKey] = {}
        self.looks: list[tuple[str, str]] = []

    def show(self, party: str, notice: Notice, number: RecordKey | None = None) -> None:
        """Let a party see the newest event of a referral, which changed just then.

        `number` is how its requester numbers it.
        """
        key = notice.event.entity.key
        self._shown[party, key] = notice
        self._changed[party, key] = notice.event.times.emitted
        if number is not None:
            self._numbers[key] = number

    def hide(self, party: str, referral: str) -> None:
        """Let a party see a referral no more, as a revoked consent would."""
        self._shown.pop((party, referral), None)

    async def newest(self, party: str, referral: str) -> Notice | None:
        """Return the newest event of a referral, None where it is not shown."""
        self.looks.append((party, referral))
        return self._shown.get((party, referral))

    async def changed(
        self,
        party: str,
        since: datetime | None = None,
        limit: int = 100,
        after: str = "",
    ) -> Sequence[Notice]:
        """Return what is shown to a party, what changed first first."""
        self.looks.append((party, ""))
        found = [
            (self._changed[place], place[1], notice)
            for place, notice in self._shown.items()
            if place[0] == party
        ]
        found.sort(key=lambda each: each[:2])
        return [
            replace(notice, changed_at=at)
            for at, key, notice in found
            if since is None or (at, key) > (since, after)
        ][:limit]

    async def record(self, referral: str) -> RecordKey | None:
        """Return how the requester numbers a referral, None where no test said so."""
        return self._numbers.get(referral)
