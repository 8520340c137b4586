"""Which changed contacts must wait, before what was staged is laid.

Asked of those only whose contacts changed, and done in the staging file: what waits is
laid with the contacts that are known, so that nobody calls a number that nobody saw.
"""

import sqlite3
import zlib
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from hub.coordination.directory.confidential import without_words
from hub.coordination.directory.differences import said_of_changed, written
from hub.coordination.directory.digests import (
    CONTACTS,
    canonical,
    digest,
    material_digest,
)
from hub.store.directory import holding
from hub.store.directory.holding import APPROVED, CONTACT, RESTRICTION, NewHeld
from hub.store.directory.reading_now import record_of, services_of
from hub.store.directory.runs import RunRow
from hub.store.directory.stage import Stage, StagedRow

#: Says which of these objects, by the hub's keys, have open referrals.
OpenReferrals = Callable[[Collection[str]], Collection[str]]

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def nobody(_keys: Collection[str]) -> Collection[str]:
    """Say that no object has open referrals: there are none."""
    return ()


def hold(
    stage: Stage,
    reader: sqlite3.Connection,
    run: RunRow,
    at: int,
    open_referrals: OpenReferrals,
) -> list[NewHeld]:
    """Return what waits of a run, and lay what is known instead of it.

    Doing it again changes nothing: what was replaced has nothing left that waits.
    """
    found = [
        NewHeld(
            run.feed, each.key, RESTRICTION, run.seq, "waiting", b"", each.digest, at
        )
        for each in stage.held()
        if each.kind == RESTRICTION
    ]
    changed = stage.contacts()
    for n, row in changed:
        if not _is_referred_to(reader, row, open_referrals):
            continue
        held = _hold(stage, reader, run, at, n, row)
        if held is not None:
            found.append(held)
    return found


def _is_referred_to(
    reader: sqlite3.Connection, row: StagedRow, open_referrals: OpenReferrals
) -> bool:
    """Say whether somebody is referred to an object, or to a service of it."""
    keys = [row.key]
    if row.type == "organization":
        keys += services_of(reader, row.key)
    elif row.owner:
        keys.append(row.owner)
    return not set(open_referrals(keys)).isdisjoint(keys)


def _hold(
    stage: Stage,
    reader: sqlite3.Connection,
    run: RunRow,
    at: int,
    n: int,
    row: StagedRow,
) -> NewHeld | None:
    known = record_of(reader, row.old)
    if known is None:
        return None
    record: dict[str, Any] = _decode(zlib.decompress(row.record))
    before: dict[str, Any] = _decode(known)
    names = sorted(each for each in CONTACTS if before.get(each) != record.get(each))
    change, mark = holding.packed({name: record.get(name) for name in names})
    last = holding.last(reader, row.key, CONTACT, mark)
    if last is not None and last.state == APPROVED:
        return None
    kept = holding.with_contacts(record, {name: before.get(name) for name in names})
    if row.restricted != "[]":  # before it was, nobody masked what is known
        kept = without_words(row.type, kept)
    stage.replace(n, _kept(row, before, kept))
    if last is not None and last.state == holding.REJECTED:
        return None
    return NewHeld(run.feed, row.key, CONTACT, run.seq, "waiting", change, mark, at)


def _kept(row: StagedRow, before: dict[str, Any], kept: dict[str, Any]) -> StagedRow:
    """Return a row as it is laid with the contacts that are known."""
    was, after = canonical(before), canonical(kept)
    said = said_of_changed(row.type, was, after, digest(was))
    return row._replace(
        record=zlib.compress(_encode(kept), 1),
        digest=digest(after),
        material=material_digest(row.type, after),
        raw=b"",
        said=written(said),
    )
