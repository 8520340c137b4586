"""What the admin API needs of whoever finds services."""

from collections.abc import Sequence
from typing import Protocol

from hub.coordination.service_match.results import Matching, Proposal
from hub.model.directory import Wish


class ServiceActs(Protocol):
    """Finds services; see `hub.runtime.service_matching.ServiceMatching`.

    Each method raises HubError.
    """

    async def match(self, wish: Wish, limit: int | None = None) -> Matching:
        """Return the services that could meet a wish, best first."""

    async def propose(
        self, person: str, needs: Sequence[str], wish: Wish, limit: int | None, by: str
    ) -> Proposal:
        """Find services for somebody, and keep what is found as advice."""
