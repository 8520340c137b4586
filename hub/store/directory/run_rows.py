"""What is written down of runs of directories; see `directory_run` and its feed."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.model.directory_happenings import DirectoryHappening
from hub.store.acting import Actor

WAITING, APPLYING, HELD, APPLIED = "waiting", "applying", "held", "applied"
REJECTED, FAILED, UNCHANGED = "rejected", "failed", "unchanged"
#: Why a run is rejected that a later one stands for, or that a person refused.
SUPERSEDED, REFUSED = "run.superseded", "run.refused"


class RunRow(NamedTuple):
    """A run; see `hub.store.directory_tables.directory_run`."""

    seq: int
    message: int
    feed: str
    state: str
    reason: str
    error_code: str
    sha256: bytes
    reading: bytes
    version: int
    heading: str
    counts: str
    remarks: str
    score: float | None
    rows: int
    laid: int
    changes: int
    told: int
    approved: int
    actor: str
    received_at: int
    checked_at: int | None
    settled_at: int | None


class FeedRow(NamedTuple):
    """How far a feed is; see `hub.store.directory_tables.directory_feed`."""

    feed: str
    current: int = 0
    run: int = 0
    refreshed_at: int | None = None
    hsds_version: str = ""
    profile: str = ""
    counts: str = "{}"
    score: float | None = None
    churning: int = 0
    stale_at: int | None = None


class Read(NamedTuple):
    """What was found of a run, compared with the version `base`, and its `state`.

    `anew` where it says itself what is wrong, and does not only repeat another one.
    """

    seq: int
    state: str
    reason: str
    error_code: str
    reading: bytes
    heading: str
    counts: str
    remarks: str
    score: float | None
    rows: int
    churning: bool
    at: int
    base: int = 0
    listed: Sequence[tuple[int, str, str, str, str, str]] = ()
    unmapped: Sequence[tuple[str, str, int]] = ()
    anew: bool = True


class InForce(NamedTuple):
    """A run whose rows count from now on; `totals` are those of the feed then."""

    seq: int
    at: int
    hsds_version: str
    profile: str
    totals: str
    score: float | None
    churning: bool
    happening: DirectoryHappening


class Refreshed(NamedTuple):
    """That a run says that all is as it was."""

    seq: int
    at: int
    score: float | None
    happening: DirectoryHappening


class DecidedRun(NamedTuple):
    """What a person decided about a run that waits for one."""

    seq: int
    acting: Actor
    reason: str
    at: int
    approved: bool


class Told(NamedTuple):
    """What becomes messages of a run: of its rows after one, up to another."""

    seq: int
    after: int
    to: int
    happenings: Sequence[DirectoryHappening]
