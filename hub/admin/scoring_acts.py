"""What the admin API needs of whoever scores people."""

from typing import Protocol

from hub.model.message import Stored
from hub.store.context_views import ScoringView


class ScoringActs(Protocol):
    """Scores people. All raise KeyError where there is no such scorer."""

    def ask(self, name: str) -> None:
        """Have everybody scored, after what was asked for before."""

    async def score(self, name: str, person: str) -> Stored | None:
        """Score one person; None where what is known of them has not changed."""

    def views(self) -> list[ScoringView]:
        """Return the scorers, and what came of their last runs."""


class NoScorers:
    """Where there are no scorers."""

    def ask(self, name: str) -> None:
        """Refuse."""
        raise KeyError(name)

    async def score(self, name: str, person: str) -> Stored | None:  # noqa: ARG002 - there is none
        """Refuse."""
        raise KeyError(name)

    def views(self) -> list[ScoringView]:
        """Return nothing."""
        return []
