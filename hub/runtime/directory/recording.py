"""What is written down of a run: where it goes on, its counts, what is wrong."""

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hub.model.directory import DirectoryHeading
from hub.model.directory_happenings import DirectoryHappening
from hub.runtime.directory.job import Findings, Reading, reading_digest
from hub.store.directory import runs
from hub.store.directory.runs import FeedRow, RunRow
from hub.store.directory.stage import Stage, StagedRemark
from hub.store.journal import moment

#: So many remarks, and columns without a place, are kept of a run: the worst.
MOST_LISTED = 5000
#: Among the counts of a run: that its ids were made anew.
CHURNING = "churning"
#: Why a run changes nothing: the same bytes, or the same said otherwise.
SAME_BYTES, SAME_OBJECTS = "package.repeated", "objects.unchanged"
PERMITTED, APPROVED = "run.permitted", "run.approved"

_heading = msgspec.json.Decoder(DirectoryHeading).decode
_counts = msgspec.json.Decoder(dict[str, int]).decode


class Listed(NamedTuple):
    """What is kept of what is wrong with a run."""

    remarks: list[StagedRemark]
    unmapped: list[tuple[str, str, int]]


def reading_mark(reading: Reading) -> bytes:
    """Return a digest of how packages are read: with another one, it is read anew."""
    told = msgspec.json.encode(reading_digest(reading), order="sorted")
    return hashlib.sha256(told).digest()


def listed(staging: Path, findings: Findings) -> Listed:
    """Return what is kept of what is wrong; nothing where nothing was staged."""
    if findings.error_code:
        return Listed([], [])
    try:
        with Stage(staging) as stage:
            return Listed(stage.remarks(MOST_LISTED), stage.unmapped(MOST_LISTED))
    except sqlite3.Error:
        return Listed([], [])  # it is found out that it is lost when it is laid


def read_of(
    run: RunRow,
    findings: Findings,
    mark: bytes,
    score: float | None,
    listed: Listed,
    at: int,
    feed: FeedRow,
) -> runs.Read:
    """Return what is recorded of a run that was read."""
    state, reason = _verdict(run, findings, feed)
    counts = dict(findings.counts)
    if findings.churning:
        counts[CHURNING] = 1
    return runs.Read(
        seq=run.seq,
        state=state,
        reason=reason,
        error_code=findings.error_code,
        reading=mark,
        heading=text(findings.heading or {}),
        counts=text(counts),
        remarks=text(findings.remarks),
        score=score,
        rows=findings.rows,
        churning=findings.churning,
        at=at,
        base=feed.current,
        listed=listed.remarks,
        unmapped=listed.unmapped,
        anew=not (findings.error_code or says_nothing(findings.heading)),
    )


def _verdict(run: RunRow, findings: Findings, feed: FeedRow) -> tuple[str, str]:
    if findings.error_code:
        return runs.FAILED, findings.detail
    if findings.held:
        return runs.HELD, findings.held
    told = findings.heading
    if not findings.rows and (says_nothing(told) or feed.current):
        return runs.UNCHANGED, SAME_OBJECTS
    return runs.APPLYING, APPROVED if run.approved else PERMITTED


def repeated(run: RunRow, feed: FeedRow, mark: bytes, at: int) -> runs.Read:
    """Return what is recorded of a run that is, byte for byte, the one in force."""
    return runs.Read(
        seq=run.seq,
        state=runs.UNCHANGED,
        reason=SAME_BYTES,
        error_code="",
        reading=mark,
        heading=text({"version": feed.hsds_version, "profile": feed.profile}),
        counts=feed.counts,
        remarks="{}",
        score=feed.score,
        rows=0,
        churning=bool(feed.churning),
        at=at,
        base=feed.current,
        anew=False,
    )


def refreshed(
    run: RunRow,
    counts: str,
    rate: float | None,
    at: int,
    warnings: tuple[str, ...] = (),
    version: str = "",
) -> DirectoryHappening:
    """Return what is told of a feed that is in force as of `at`, in microseconds."""
    return DirectoryHappening(
        type="feed_refreshed",
        at=moment(at),
        feed=run.feed,
        run=run.seq,
        hsds_version=version,
        counts=counts_of(counts),
        score=rate,
        warnings=warnings,
    )


def says_nothing(heading: DirectoryHeading | None) -> bool:
    """Say whether a package only says that all is as it was."""
    return heading is not None and heading.mode == "unchanged"


def heading_of(text: str) -> DirectoryHeading:
    """Return the heading of a run; that of nothing where there is none."""
    try:
        return _heading(text)
    except msgspec.MsgspecError:
        return DirectoryHeading(version="")


def counts_of(text: str) -> dict[str, int]:
    """Return the counts of a run, or of a feed."""
    return {name: value for name, value in _counts(text).items() if name != CHURNING}


def is_churning(counts: str) -> bool:
    """Say whether the ids of a run were made anew."""
    return bool(_counts(counts).get(CHURNING))


def warnings_of(counts: str, feed: FeedRow) -> tuple[str, ...]:
    """Return what the owner of a feed should hear: that its ids are made anew."""
    return ("ids.churning",) if is_churning(counts) and not feed.churning else ()


def text(value: Mapping[str, Any] | DirectoryHeading) -> str:
    """Return a value as JSON."""
    return msgspec.json.encode(value).decode()
