"""``[matching]``: how services are found that could meet a need."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from hub.contract import MatcherSpec
from hub.settings import ConfigPath, Settings

#: The feed of what the hub itself proposes to people.
MATCHES_FEED = "carehub-matches"
#: The matcher that is used where none is named.
USUAL = "weights"


class MatchingTable(Settings):
    """``[matching]``: how services are found that could meet a need."""

    matcher: str = Field(
        default=USUAL, description="Which matcher of which plugin puts them in order."
    )
    settings: dict[str, object] = Field(
        default_factory=dict, description="What the matcher itself can be told."
    )
    country: str = Field(
        default="",
        pattern=r"^([A-Z]{2})?$",
        description="Of which country postcodes are that come without one, such as"
        " `DE`; left out, that of the rules of `[stays]`.",
    )
    places: ConfigPath | None = Field(
        default=None,
        description="A CSV of the site's own with postcode, lat, lon and, where known,"
        " kreis, city and state: for postcodes that the hub does not know.",
    )
    mapping: ConfigPath | None = Field(
        default=None,
        description="A TOML file that leads from needs to terms of taxonomies, beside"
        " what comes with the hub: for licensed ones such as that of 211.",
    )
    radius_km: float = Field(
        default=50,
        gt=0,
        le=500,
        description="How far services are looked for where nobody says; those that"
        " serve the place may be farther away.",
    )
    limit: int = Field(
        default=20, ge=1, le=100, description="How many are shown at most."
    )


@dataclass(frozen=True, slots=True)
class MatchingConfig:
    """How services are found; `spec` is None where no plugin has a matcher."""

    table: MatchingTable
    spec: MatcherSpec | None = None
    settings: Settings | None = None

    def export(self) -> dict[str, Any]:
        """Return all settings as JSON values."""
        own = self.settings.model_dump(mode="json") if self.settings else {}
        return self.table.model_dump(mode="json") | {"settings": own}
