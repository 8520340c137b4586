"""Profiles of the specification: what they ask for besides, and what they leave out.

Source: OpenReferralUK/uk-profile, profile.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple


class Profile(NamedTuple):
    """What a profile asks for, and which fields it does not have, by kind."""

    required: Mapping[str, tuple[str, ...]]
    dropped: Mapping[str, tuple[str, ...]]


UK: Final = Profile(
    required={"service": ("url",), "taxonomy_term": ("taxonomy",)},
    dropped={
        "service": (
            "program_id", "alternate_name", "fees_description",
            "interpretation_services", "application_process", "wait_time",
            "eligibility_description", "licenses",
        ),
        "organization": (
            "alternate_name", "tax_status", "tax_id", "year_incorporated",
            "legal_status",
        ),
        "location": ("url", "alternate_name", "transportation"),
    },
)  # fmt: skip


def problems_of(
    profile: Profile, kind: str, record: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield in what a record is not as a profile has it: the problem, and its field."""
    for name in profile.required.get(kind, ()):
        if not record.get(name):
            yield "profile_required", name
    for name in profile.dropped.get(kind, ()):
        if name in record:
            yield "profile_dropped", name
