"""What the admin API needs from the hub to work with files."""

from datetime import date
from pathlib import Path
from typing import Protocol

from hub.coordination.exchanges.reconciling import Reconciliation
from hub.store.acting import Actor
from hub.store.exchanges.partner_views import PartnerStatus


class ExchangeActs(Protocol):
    """Works with files: `hub.runtime.exchanges.operating.Operations`.

    Each method raises HubError.
    """

    async def approve(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file go on."""

    async def reject(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file end."""

    async def resend(self, key: str, acting: Actor, reason: str) -> None:
        """Let a file of ours go again."""

    async def partners(self) -> list[PartnerStatus]:
        """Return how it stands with all partners."""

    async def reconcile(
        self, feed: str, count: int | None, day: date | None, acting: Actor
    ) -> Reconciliation:
        """Compare our records with what a partner says, and keep that."""

    async def original(self, key: str) -> Path:
        """Return where the bytes of a file lie."""
