"""Settings of ``fhir-client`` and ``fhir-poller``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.sdk import DestinationSettings, SourceSettings
from hub_fhir.client.reach import Reach


class ClientSettings(Reach, DestinationSettings):
    """A ``[destinations.NAME]`` table of kind ``fhir-client``."""

    operation: Literal["transaction", "process-message"] = Field(
        default="transaction",
        description="What is done with a bundle: with format `fhir-referral` the"
        " former, with `fhir-alert` the latter.",
    )


def _query(text: str) -> str:
    if any(mark in text for mark in "?# \r\n") or "_lastUpdated" in text:
        raise ValueError("more parameters of the search, such as owner=Organization/7")
    return text


class PollerSettings(Reach, SourceSettings):
    """A ``[sources.NAME]`` table of kind ``fhir-poller``."""

    query: Annotated[str, AfterValidator(_query)] = Field(
        default="",
        description="What else tasks must be, such as `owner=Organization/7`.",
    )
    includes: bool = Field(
        default=True,
        description="Whether the server is asked for what the tasks are about too"
        " (`_include`).",
    )
    interval_seconds: float = Field(
        default=60, gt=0, le=86_400, description="Time between two questions."
    )
    look_back_days: float = Field(
        default=7,
        ge=0,
        le=366,
        description="How far back the first question after a start goes; what is known"
        " already counts once.",
    )
    overlap_seconds: float = Field(
        default=120,
        ge=0,
        le=86_400,
        description="How far each question goes back behind the newest task that was"
        " seen, because servers commit out of order.",
    )
    page_size: int = Field(default=50, ge=1, le=500, description="Tasks in one page.")
    max_pages: int = Field(
        default=200, ge=1, le=10_000, description="Pages of one question, at most."
    )
    max_page_mebibytes: int = Field(
        default=16, ge=1, le=256, description="Largest page that is read, in MiB."
    )
    timeout_seconds: float = Field(
        default=30, gt=0, le=600, description="Time allowed for one page."
    )
