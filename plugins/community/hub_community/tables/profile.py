"""What is to be known of a feed of tables in which a partner answers referrals."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.sdk import OWN_REFERRALS, PartnerName, Settings, TimeZone
from hub_community.tables.words import ALIASES, SAYS

#: Columns that a spreadsheet can have in front of all others.
Separator = Literal["", ",", ";", "\t", "|"]


def _columns(given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if name not in ALIASES:
            raise ValueError(
                f"there is no column {name}; there are {', '.join(ALIASES)}"
            )
    return given


def _statuses(given: dict[str, str]) -> dict[str, str]:
    for says in given.values():
        if says not in SAYS:
            raise ValueError(f"nobody can say {says}; {', '.join(sorted(SAYS))}")
    return given


class StatusProfile(Settings):
    """What is to be known of a feed of ``referral-status-csv``.

    Its columns: `referral`, the number of the referral, and `numbered_by`, who gave it;
    `status`; `date` and `time`, when that happened; `reason`, `explanation`, `outcome`;
    `appointment` and `appointment_time`; `message`; `worker` and `role`. The usual
    names of these columns are known, and those of ``referral-csv``.
    """

    columns: Annotated[dict[str, str], AfterValidator(_columns)] = Field(
        default={},
        description="What a column is called where it has a name of its own: `status ="
        ' "Rückmeldung"`.',
    )
    statuses: Annotated[dict[str, str], AfterValidator(_statuses)] = Field(
        default={},
        description="What further words in `status` say: `{ weitergeleitet ="
        ' "received" }`.',
    )
    party: PartnerName = Field(
        default="",
        max_length=100,
        description="The partner that answers, as it is called in `partners`; empty:"
        " the only one of the feed.",
    )
    system: str = Field(
        default=OWN_REFERRALS,
        min_length=1,
        max_length=200,
        description="Who numbered the referrals, where `numbered_by` does not say it.",
    )
    separator: Separator = Field(
        default="",
        description="What stands between two cells; empty: that at which the header"
        " falls into columns that are known.",
    )
    charset: Literal["utf-8", "cp1252", "latin-1"] = Field(
        default="utf-8",
        description="The character set; a mark at the start of a file overrules it.",
    )
    time_zone: TimeZone = Field(
        default="UTC", description="The IANA time zone of the partner's days and times."
    )
