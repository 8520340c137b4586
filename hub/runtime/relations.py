"""Relations: who looks after whom, as the panels say that are in force."""

from collections.abc import Iterable, Mapping

from hub.coordination.panels import Member, Panel
from hub.model.identifiers import Identifier

#: The entries for one person, by panel.
Links = Mapping[str, tuple[Member, ...]]


class Relations:
    """Looks up on which panels somebody is. `generation` counts what changed in them.

    A decision that was made in an earlier generation may be another one now.
    """

    def __init__(self, panels: Mapping[str, Panel]) -> None:
        self._panels = panels
        self.generation = 0

    def refresh(self) -> None:
        """Take note of what changed since the round before."""

    def links(self, identifiers: tuple[Identifier, ...], keys: Iterable[str]) -> Links:
        """Return the entries for a person by panel, where there are any.

        `keys` are those of what an event is about, for whoever follows one stay.
        """
        del keys
        found = {
            name: tuple(panel.links(identifiers))
            for name, panel in self._panels.items()
        }
        return {name: members for name, members in found.items() if members}
