"""Where a partner's days begin, as a setting."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator


def _known(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be an IANA time zone, such as Europe/Berlin")
    return name


#: The name of an IANA time zone.
Zone = Annotated[str, AfterValidator(_known)]
