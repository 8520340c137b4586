"""What a care manager asks of a person first, at one look. Source: domain 1.1 (P1).

The JSON of these values is what the admin API answers; the field names are a
contract.
"""

from typing import Any

from msgspec import Struct

from hub.model.identifiers import Identifier
from hub.store.entity_views import EncounterView, StayView, TransitionView
from hub.store.views import Instant


class ContextRecord(Struct, frozen=True, kw_only=True):
    """A record with what was stated of it."""

    key: str
    kind: str
    version: int
    status: str
    details: dict[str, Any]


class Frequency(Struct, frozen=True, kw_only=True):
    """How often something began within so many days before the look."""

    days_30: int
    days_90: int
    days_365: int


class ConsentSummary(Struct, frozen=True, kw_only=True):
    """A consent or a proxy: what was decided, and whether that is in force now."""

    key: str
    kind: str
    version: int
    status: str
    in_force: bool
    details: dict[str, Any]


class PersonContext(Struct, frozen=True, kw_only=True):
    """A person at one look, as known `at` a time.

    `stays` and `encounters` are those that began or ended within `days`, or go on.
    Of `risks` there is the newest of each model, of `care_team` the newest list. What
    is closed, met or resolved is left out, but for referrals, assessments, outcomes
    and contacts, of which the newest are there.
    """

    key: str
    at: Instant
    days: int
    identifiers: list[Identifier]
    demographics: dict[str, Any]
    stays: list[StayView]
    encounters: list[EncounterView]
    transitions: list[TransitionView]
    emergency_visits: Frequency
    inpatient_stays: Frequency
    readmissions: Frequency
    coverage: list[ContextRecord]
    care_gaps: list[ContextRecord]
    risks: list[ContextRecord]
    needs: list[ContextRecord]
    assessments: list[ContextRecord]
    plans: list[ContextRecord]
    goals: list[ContextRecord]
    tasks: list[ContextRecord]
    issues: list[ContextRecord]
    alerts: list[ContextRecord]
    appointments: list[ContextRecord]
    referrals: list[ContextRecord]
    outcomes: list[ContextRecord]
    programmes: list[ContextRecord]
    care_team: list[ContextRecord]
    contacts: list[ContextRecord]
    consents: list[ConsentSummary]


class ScoringView(Struct, frozen=True, kw_only=True):
    """A scorer of the hub's, and what came of its last run over everybody.

    `waiting` says that a run is asked for, or under way.
    """

    name: str
    kind: str
    version: str
    cadence: str
    inputs: list[str]
    waiting: bool
    ended_at: Instant | None
    people: int
    told: int
    failed: int
