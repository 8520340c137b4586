"""What the profiles of both forms have in common."""

import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.sdk import Settings


def _zone(name: str) -> str:
    if name and name not in zoneinfo.available_timezones():
        raise ValueError("must be an IANA time zone, such as Europe/Berlin")
    return name


class FactsProfile(Settings):
    """What is to be known of a feed of facts."""

    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="",
        description="The IANA zone of times without an offset; left out, they are"
        " refused.",
    )
