"""What the admin API needs from the hub to change panels and episodes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from hub.coordination.panel_lists import Mode
from hub.store.panel_views import EpisodeWanted


class PanelActs(Protocol):
    """Keeps the panels: `hub.runtime.panel_keeping.PanelKeeper` in a hub that runs."""

    @property
    def names(self) -> Sequence[str]:
        """The panels that are configured."""

    def incoming(self) -> Path:
        """Return where a list may be written that somebody sends."""

    async def load(self, panel: str, file: Path, mode: Mode, by: str) -> str | None:
        """Load a list; return its id, None where that goes on.

        The file is removed afterwards. Raises HubError.
        """

    async def approve(self, key: str, by: str, reason: str) -> None:
        """Put a list in force that waits. Raises HubError."""

    async def refuse(self, key: str, by: str, reason: str) -> None:
        """Drop a list that waits. Raises HubError."""

    async def follow(self, wanted: EpisodeWanted) -> str:
        """Let a subscription follow something; return its key. Raises HubError."""

    async def leave(self, subscription: str, key: str) -> None:
        """Let a subscription follow something no longer. Raises HubError."""
