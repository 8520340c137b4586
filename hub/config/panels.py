"""``[panels.NAME]``: whom a recipient looks after."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from hub.coordination.recipients import PURPOSES
from hub.settings import ConfigPath, Settings

#: What `panel` of a subscription says that follows single encounters and stays.
EPISODE_PANEL = "episode"


def _purpose(purpose: str) -> str:
    if purpose and purpose not in PURPOSES:
        hint = {"suggestion": "", "word": purpose}
        raise PydanticCustomError("unknown", "there is no purpose {word}", hint)
    return purpose


class PanelTable(Settings):
    """``[panels.NAME]``: a list of persons."""

    file: ConfigPath | None = Field(
        default=None,
        description="The CSV file that lists the persons; read again when it changes."
        " Left out, lists are given by `hub panels load` and the API.",
    )
    max_drop: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="The share of members that a whole list may lose; one that loses"
        " more waits until somebody approves it.",
    )
    stale_days: int = Field(
        default=90,
        ge=1,
        description="How long an entry holds that is not confirmed, in days.",
    )
    programme: str = Field(
        default="", description="The programme of entries that name none."
    )
    purpose: Annotated[str, AfterValidator(_purpose)] = Field(
        default="", description="The purpose of entries that name none."
    )
    legal_basis: str = Field(
        default="", description="On what the sharing rests for entries that do not say."
    )
