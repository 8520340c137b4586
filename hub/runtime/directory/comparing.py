"""Comparing what a package says with what the hub has: what would become of it.

The guard decides on the whole before any of it is worked out (R-DIR-06, R-DIR-07).
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.coordination.directory.differences import (
    NOTHING,
    Said,
    said_of_changed,
    said_of_new,
    said_of_removed,
    said_of_returned,
    written,
)
from hub.coordination.directory.digests import (
    CONTACTS,
    canonical,
    changed_fields,
    translated,
)
from hub.coordination.directory.guard import Mode, Tally, held_by, mode_of
from hub.coordination.directory.names import hub_key
from hub.runtime.directory.job import Job
from hub.runtime.directory.secrecy import Secrecy
from hub.store.directory.against import Against, Old
from hub.store.directory.stage import (
    Stage,
    StagedHeld,
    StagedReady,
    StagedRow,
    batches,
)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_PORTION = 500
#: Whose people are called: others wait where referrals are open.
_CALLED = frozenset({"organization", "service"})


class Comparing:
    """Compares what is ready, and writes down what is to be laid."""

    def __init__(
        self, job: Job, stage: Stage, against: Against, secrecy: Secrecy, *, whole: bool
    ) -> None:
        self._job = job
        self._stage = stage
        self._against = against
        self._secrecy = secrecy
        self._whole = whole
        self._keys: dict[tuple[str, str], str] | None = None
        self._n = 0
        self.mode: Mode = "by_id"
        self.held = ""
        self.counts: Counter[str] = Counter()

    def judge(self) -> None:
        """Decide how objects are found again, and whether the package must wait."""
        settings = self._job.reading.settings
        self._against.match()
        alike = self._against.alike() if self._job.version else 0
        tally = self._tally(alike)
        self.mode = mode_of(tally, settings)
        if self.mode == "by_name":
            self._against.adopt()
            tally = self._tally(0)
        self.counts.update(alike=alike, gone=tally.gone, before=tally.before)
        self.held = "" if self._job.approved else held_by(tally, settings)
        if self.held:
            self._against.note_why(whole=self._whole)

    def work(self) -> None:
        """Write down what is to be laid."""
        self._set_keys()
        for rows in batches(self._rows(), _PORTION):
            self._stage.put("lay", rows)
        self.counts["rows"] = self._n

    def _tally(self, alike: int) -> Tally:
        found = self._against.tallies() if self._job.version else []
        if not self._whole:
            gone = self._against.said_gone()
            found = [(kind, before, gone.get(kind, 0)) for kind, before, _ in found]
        return Tally(
            before=sum(before for _, before, _ in found),
            there=self._against.there(),
            gone=sum(gone for _, _, gone in found),
            new=self._against.new(),
            alike=alike,
            kinds=tuple((before, gone) for _, before, gone in found),
            whole=self._whole,
            churning=self._job.churning,
        )

    def _set_keys(self) -> None:
        """Give every object that is ready its key: the one it has, or a new one."""
        feed = self._job.feed
        stable = "natural" if self.mode == "by_name" else "id"
        self._against.give_keys(
            stable, lambda kind, stable: hub_key(feed, kind, stable)
        )
        self._against.keys()

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for ready in self._stage.ready(_PORTION):
            row = self._row(ready)
            if row is not None:
                yield self._numbered(row)
        for seq, said in self._against.absent(whole=self._whole):
            old = self._against.old(seq)
            if old is not None:
                yield self._numbered(self._lost(old, said=bool(said)))

    def _numbered(self, row: StagedRow) -> tuple[Any, ...]:
        self._n += 1
        if row.key in self._secrecy.kept:
            self._secrecy.kept.discard(row.key)
            held = StagedHeld(self._n, row.key, "restriction", b"", row.digest)
            self._stage.put("held", [held])
        return (self._n, *row)

    def _row(self, ready: StagedReady) -> StagedRow | None:
        """Return what is laid of an object, None where it is as it was."""
        old = self._against.old(ready.old) if ready.old else None
        if old is None:
            first = not self._job.version
            said = NOTHING if first else said_of_new(ready.type)
            self.counts[f"{ready.type}_added"] += 1
            return self._made(ready, None, said)
        same = old.digest == ready.digest and old.restricted == ready.restricted
        same = same and old.id == ready.id and not (old.missing or old.removed)
        if same and self.mode == "by_id":
            return None
        said, fields = self._said(ready, old)
        if fields or old.removed:
            self.counts[f"{ready.type}_changed"] += 1
        contact = bool(CONTACTS.intersection(fields)) and ready.type in _CALLED
        return self._made(ready, old, said)._replace(
            contact=int(contact and self._job.reading.settings.hold_contacts)
        )

    def _said(self, ready: StagedReady, old: Old) -> tuple[Said, list[str]]:
        before = canonical(_decode(old.text()))
        after = canonical(_decode(zlib.decompress(ready.record)))
        if self.mode == "by_name":
            keys = self._known()
            before = translated(before, keys, ready.type)
            after = translated(after, keys, ready.type)
        fields = changed_fields(before, after)
        if old.removed:
            return said_of_returned(ready.type, old.digest, fields), fields
        return said_of_changed(ready.type, before, after, old.digest), fields

    def _known(self) -> dict[tuple[str, str], str]:
        if self._keys is None:
            self._keys = self._against.known()
        return self._keys

    def _made(self, ready: StagedReady, old: Old | None, said: Said) -> StagedRow:
        places = [
            self._against.key_of("location", each) for each in _decode(ready.places)
        ]
        self.counts[f"{ready.type}_told"] += bool(said.events)
        return StagedRow(
            type=ready.type,
            key=ready.key,
            id=ready.id,
            stable=ready.stable,
            natural=ready.natural,
            name=ready.name,
            owner=self._against.key_of("organization", ready.owner)
            if ready.owner
            else "",
            places=_encode([each for each in places if each]).decode(),
            digest=ready.digest,
            material=ready.material,
            raw=ready.raw,
            record=ready.record,
            restricted=ready.restricted,
            status=ready.status,
            missing=0,
            removed=0,
            first_seen=old.first_seen if old else self._job.at,
            last_seen=self._job.at,
            assured_at=ready.assured_at,
            said=written(said),
            old=ready.old,
        )

    def _lost(self, old: Old, *, said: bool) -> StagedRow:
        """Return what is laid of an object that the package does not have."""
        missing = old.missing + 1
        removed = said or missing >= self._job.reading.settings.missing_runs
        kind, rest = self._against.rest_of(old.seq)
        what = said_of_removed(kind, old.digest) if removed else NOTHING
        self.counts[f"{kind}_removed" if removed else f"{kind}_missing"] += 1
        return rest._replace(
            last_seen=rest.last_seen if old.missing else self._job.refreshed,
            missing=missing,
            removed=int(removed),
            said=written(what),
            old=old.seq,
        )
