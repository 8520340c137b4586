"""How directories, their runs and their objects are shown."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class FeedView(Struct, frozen=True, kw_only=True):
    """A directory: how current and how good it is, and what waits for a person."""

    feed: str
    version: int
    run: int
    refreshed_at: datetime | None
    stale_since: datetime | None
    hsds_version: str
    profile: str
    counts: dict[str, int]
    score: float | None
    churning: bool
    held_runs: int
    held_changes: int


class RunView(Struct, frozen=True, kw_only=True):
    """A refresh of a directory, and what became of it."""

    run: int
    feed: str
    state: str
    reason: str
    error_code: str
    hsds_version: str
    mode: str
    complete: bool
    counts: dict[str, int]
    score: float | None
    actor: str
    received_at: datetime
    checked_at: datetime | None
    settled_at: datetime | None


class DiffView(Struct, frozen=True, kw_only=True):
    """What a refresh did to an object, or would do."""

    change: str
    type: str
    id: str
    key: str
    name: str
    fields: list[str]
    events: list[str]
    restricted: bool


class RemarkView(Struct, frozen=True, kw_only=True):
    """How often something is wrong with a directory, and what to do.

    `fields` says where, as ``service.phones.number``, and how often of what is kept,
    the most first; there may be more of a code than is kept.
    """

    code: str
    count: int
    level: int | None
    severity: str
    what: str
    remedy: str
    examples: list[str]
    fields: dict[str, int]


class UnmappedView(Struct, frozen=True, kw_only=True):
    """A column, or a field, that has no place in the internal shape."""

    table: str
    column: str
    count: int


class ReportView(Struct, frozen=True, kw_only=True):
    """How good a directory is: its score, what is wrong by level, what has no place.

    `levels` counts remarks by their level, of those that are kept.
    """

    feed: FeedView
    run: int
    evidence: list[str]
    levels: dict[str, int]
    remarks: list[RemarkView]
    unmapped: list[UnmappedView]
    restricted: int


class HeldView(Struct, frozen=True, kw_only=True):
    """A change that waits for a person: of contacts, or of a restriction."""

    id: str
    feed: str
    key: str
    name: str
    kind: str
    run: int
    held_at: datetime
    contacts: dict[str, Any]


class LinkView(Struct, frozen=True, kw_only=True):
    """An object of another directory that looks like the same."""

    key: str
    feed: str
    score: float
    why: dict[str, float]


class ObjectView(Struct, frozen=True, kw_only=True):
    """An object of a directory, in short."""

    key: str
    feed: str
    type: str
    id: str
    name: str
    status: str
    organization: str
    restricted: bool
    removed: bool


class ObjectDetail(Struct, frozen=True, kw_only=True):
    """An object of a directory, with its record in the shape of HSDS 3.x.

    The record of what is restricted is without its place. `preferred` says of which
    of the linked objects each field counts, where there are some: who was assured last.
    """

    key: str
    feed: str
    type: str
    id: str
    stable_key: str
    name: str
    status: str
    organization: str
    locations: list[str]
    digest: str
    restricted: list[str]
    missing: int
    removed: bool
    first_seen: datetime
    last_seen: datetime | None
    assured_at: datetime | None
    record: dict[str, Any]
    same_as: list[LinkView]
    preferred: dict[str, str]


class Decided(Struct, frozen=True):
    """What became of a run, or of a change, once somebody decided."""

    id: str
    state: str
