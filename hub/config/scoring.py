"""``[scorers.NAME]``: which models score people, and when."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from hub.config.subscribing import parse_cadence
from hub.contract import ScorerSpec
from hub.coordination.routes import Cadence
from hub.settings import Settings

#: The feed of the hub's own scores.
SCORES_FEED = "carehub-scores"


def _regular(text: str) -> str:
    if text and parse_cadence(text).at is None:
        raise ValueError('must be like "daily 02:30 Europe/Berlin"')
    return text


class ScorerTable(Settings):
    """``[scorers.NAME]``: a model that scores people."""

    kind: str = Field(description="Which scorer of which plugin it is.")
    settings: dict[str, object] = Field(
        default_factory=dict, description="What the scorer itself can be told."
    )
    cadence: Annotated[str, AfterValidator(_regular)] = Field(
        default="",
        description="When everybody is scored, as in `daily 02:30 Europe/Berlin`; left"
        " out, where somebody asks for it.",
    )


@dataclass(frozen=True, slots=True)
class ScorerConfig:
    """One scorer, with its validated settings; `cadence` None: only on demand."""

    name: str
    spec: ScorerSpec
    settings: Settings
    cadence: Cadence | None = None

    @classmethod
    def of(
        cls, name: str, spec: ScorerSpec, table: ScorerTable, own: Settings
    ) -> "ScorerConfig":
        """Return the scorer that a table describes."""
        cadence = parse_cadence(table.cadence) if table.cadence else None
        return cls(name, spec, own, cadence)

    def export(self) -> dict[str, Any]:
        """Return all settings as JSON values."""
        return {
            "kind": self.spec.name,
            "settings": self.settings.model_dump(mode="json"),
            "cadence": str(self.cadence) if self.cadence else "",
        }
