"""Verifying the audit: what was changed, removed, put in order anew, or cut off.

Reads the whole audit in one view of the store, beside a running hub or without one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from hub.store.audit import HASHED, START, following
from hub.store.audit_checkpoints import (
    CHECKPOINTS_FILE,
    PUBLIC_FILE,
    Checkpoint,
    end_of,
    is_signed,
    read_checkpoints,
    read_public_key,
)
from hub.store.audit_digests import (
    OPENED,
    decided_on,
    digest_of,
    digest_up_to,
    rechecks_of,
)
from hub.store.audit_keys import AuditKeys, read_keys
from hub.store.audit_records import DECIDED_ON, RECHECKED
from hub.store.audit_tables import audit
from hub.store.policy_tables import asked, recheck
from hub.store.reading import open_read_only
from hub.store.rulesets import id_of
from hub.store.schema import decision, event
from hub.store.sqlite import DATABASE_NAME
from hub.store.statements import Statement

#: More problems than this say nothing new.
MOST_PROBLEMS = 20

_ALL = Statement(
    sa.select(*(audit.c[name] for name in (*HASHED, "hash"))).order_by(audit.c.n)
)
_EVENT = Statement(
    sa.select(event.c.unrelated, event.c.ruleset).where(
        event.c.id == sa.bindparam("key")
    )
)
_DECISIONS = Statement(sa.select(sa.func.count()).select_from(decision))
_RECHECKS = Statement(sa.select(sa.func.count()).select_from(recheck))
_UNRECORDED = Statement(
    sa.select(decision.c.event)
    .where(
        decision.c.seq > sa.bindparam("upto"),
        ~sa.exists().where(
            audit.c.object == decision.c.event, audit.c.action == DECIDED_ON
        ),
    )
    .limit(1)
)
_ASKED = Statement(
    sa.select(*asked.columns).order_by(
        asked.c.ruleset, asked.c.type, asked.c.subscription
    )
)


class Problem(Struct, frozen=True):
    """Something that is not as it was written. `n` is the record, 0 for none."""

    n: int
    what: str


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether the audit is whole. `first_bad` is the record where it is not first.

    `problems` are in the order of the records, and no more than twenty.
    """

    verified: bool
    records: int
    checkpoints: int
    decisions: int
    first_bad: int | None
    problems: list[Problem]


@dataclass
class _Found:
    """What a run through the records found so far."""

    problems: list[Problem] = field(default_factory=list)
    records: int = 0
    decisions: int = 0
    rechecks: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    upto: int = 0

    def note(self, n: int, what: str) -> None:
        self.problems.append(Problem(n, what))


def verify_folder(
    folder: Path, checkpoints: Path | None = None, public_key: Path | None = None
) -> Verdict:
    """Verify the audit of the store in `folder`, also by checkpoints kept elsewhere.

    Raises StoreUnreadableError, AuditKeyError, CheckpointsUnreadableError.
    """
    # First what the records must reach, then the records: more may come meanwhile.
    keys = read_keys(folder)
    written = list(read_checkpoints(checkpoints or folder / CHECKPOINTS_FILE))
    public = read_public_key(public_key or folder / PUBLIC_FILE) if written else None
    connection = open_read_only(folder / DATABASE_NAME)
    try:
        return verify(connection, keys, written, public)
    finally:
        connection.close()


def verify(
    connection: sqlite3.Connection,
    keys: AuditKeys,
    checkpoints: Sequence[Checkpoint] = (),
    public_key: Ed25519PublicKey | None = None,
) -> Verdict:
    """Verify the audit in one view of the store, and each checkpoint by the key."""
    connection.execute("BEGIN")
    try:
        found = _Found()
        signed = list(_signed(checkpoints, public_key, found))
        _run_through(connection, keys, {each.n: each for each in signed}, found)
        _reach(connection, signed, found)
        _compare_counts(connection, found)
        _compare_rulesets(connection, found)
    finally:
        connection.execute("ROLLBACK")
    problems = sorted(found.problems, key=lambda each: each.n or found.records + 1)
    return Verdict(
        verified=not problems,
        records=found.records,
        checkpoints=len(checkpoints),
        decisions=found.decisions,
        first_bad=next((each.n for each in problems if each.n), None),
        problems=problems[:MOST_PROBLEMS],
    )


def _signed(
    checkpoints: Sequence[Checkpoint], key: Ed25519PublicKey | None, found: _Found
) -> Iterator[Checkpoint]:
    """Yield the checkpoints whose signatures are good."""
    before = 0
    for each in checkpoints:
        if key is None or not is_signed(each, key):
            found.note(max(each.n, 0), "a checkpoint is not signed with the key")
            continue
        if each.n <= before or each.count != each.n - before:
            found.note(each.n, "checkpoints are missing, or not in order")
        before = each.n
        yield each


def _run_through(
    connection: sqlite3.Connection,
    keys: AuditKeys,
    checkpoints: dict[int, Checkpoint],
    found: _Found,
) -> None:
    before, last = 0, START
    for *values, stored in _ALL(connection):
        n = values[0]
        if n != before + 1:
            found.note(before + 1, "records are missing")
        elif not compare_digest(following(keys.chain, last, values), bytes(stored)):
            found.note(n, "the record is not what was written")
        elif n == 1 and values[5] != OPENED:
            found.note(n, "the audit does not begin where it was opened")
        _compare_checkpoint(checkpoints.get(n), stored, found)
        _compare(connection, dict(zip(HASHED, values, strict=True)), found)
        before, last = n, bytes(stored)
        found.records += 1


def _compare_checkpoint(each: Checkpoint | None, stored: bytes, found: _Found) -> None:
    if each is not None and each.hash != bytes(stored).hex():
        found.note(each.n, "the record is not the one that a checkpoint was signed for")


def _compare(
    connection: sqlite3.Connection, record: dict[str, Any], found: _Found
) -> None:
    """Compare what a record says was decided with what the store has of it."""
    n, action = record["n"], record["action"]
    if action not in {DECIDED_ON, RECHECKED, OPENED}:
        return
    try:
        detail: dict[str, Any] = msgspec.json.decode(record["detail"])
        if action == DECIDED_ON:
            _compare_decided(connection, n, record["object"], detail, found)
        elif action == RECHECKED:
            rechecks = found.rechecks.setdefault(record["object"], [])
            rechecks.append((n, detail["decision"]))
        else:
            _compare_opened(connection, n, detail, found)
    except (msgspec.MsgspecError, KeyError, TypeError):
        found.note(n, "the record cannot be read")


def _compare_decided(
    connection: sqlite3.Connection,
    n: int,
    key: str,
    detail: dict[str, Any],
    found: _Found,
) -> None:
    rows = [row for row in decided_on(connection, key) if row[1] in detail["of"]]
    follows = (0, 0)
    if not detail.get("later"):
        follows = _EVENT(connection, key=key).fetchone() or (0, 0)
    found.decisions += len(detail["of"])
    if digest_of(key, *follows, rows) != detail["decisions"]:
        found.note(n, "the decisions are not those that were made")


def _compare_opened(
    connection: sqlite3.Connection, n: int, detail: dict[str, Any], found: _Found
) -> None:
    found.upto = detail["upto"]
    found.decisions += detail["decisions"]
    now = digest_up_to(connection, found.upto)
    if now["digest"] != detail["digest"]:
        found.note(n, "decisions from before the audit are not those that were made")


def _reach(
    connection: sqlite3.Connection, signed: Sequence[Checkpoint], found: _Found
) -> None:
    end = end_of(connection)
    furthest = max((each.n for each in signed), default=0)
    if furthest > end.n:
        found.note(end.n + 1, f"records up to {furthest} were cut off")
    if not end.n:
        found.note(1, "there is no record")


def _compare_counts(connection: sqlite3.Connection, found: _Found) -> None:
    [(decisions,)] = _DECISIONS(connection)
    if decisions != found.decisions:
        row = _UNRECORDED(connection, upto=found.upto).fetchone()
        of = f", such as of {row[0]}" if row else ""
        found.note(0, f"{decisions} decisions, and {found.decisions} recorded{of}")
    [(rechecks,)] = _RECHECKS(connection)
    recorded = 0
    for key, expected in found.rechecks.items():
        recorded += len(expected)
        stored = rechecks_of(connection, key)
        for place, (n, digest) in enumerate(expected):
            if place >= len(stored) or stored[place] != digest:
                found.note(n, "a decision taken anew is not the one that was made")
    if rechecks != recorded:
        found.note(0, f"{rechecks} decisions taken anew, and {recorded} recorded")


def _compare_rulesets(connection: sqlite3.Connection, found: _Found) -> None:
    rows = _ASKED(connection).fetchall()
    for ruleset, group in groupby(rows, lambda row: row[0]):
        if id_of([tuple(row[1:]) for row in group]) != ruleset:
            found.note(0, f"ruleset {ruleset} is not what it was")
