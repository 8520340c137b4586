"""Resolving what was staged: masked, in the one way to write it, with its digests."""

import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from hub.coordination.directory.digests import canonical, digest, material_digest, text
from hub.coordination.directory.names import natural, postcode_of
from hub.runtime.directory.secrecy import Secrecy
from hub.store.directory.against import Against
from hub.store.directory.stage import Stage, StagedItem, StagedReady, batches

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_LEVEL = 1
# Not of `hub.store.journal`: it loads much, and this runs in a process per package.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PORTION = 500
_LONGEST_NAME = 200
_MOST_REMEMBERED = 300_000
_ASSURED = ("assured_date", "last_assured", "assured_at")


class Resolving:
    """Makes what is ready of what was staged."""

    def __init__(self, stage: Stage, against: Against, secrecy: Secrecy) -> None:
        self._stage = stage
        self._against = against
        self._secrecy = secrecy
        #: Names of organisations, which come before their services too.
        self._names: dict[str, str] = {}
        #: Of locations that were resolved: they come before who is there.
        self._postcodes: dict[str, str] = {}

    def work(self) -> None:
        """Go through all that was staged, in its order."""
        for rows in batches(self._ready(), _PORTION):
            self._stage.put("ready", rows)
        self._stage.index_ready()

    def _ready(self) -> Iterator[StagedReady]:
        for n, item in self._stage.items(_PORTION):
            yield self._resolved(n, item)

    def _resolved(self, n: int, item: StagedItem) -> StagedReady:
        kind, key, owner, places = item.type, item.id, item.owner, item.places
        record: dict[str, Any] = _decode(item.record)
        why = self._secrecy.why(kind, key, _decode(item.restricted))
        record = self._secrecy.mask(kind, key, record, why)
        if kind == "location" and len(self._postcodes) < _MOST_REMEMBERED:
            self._postcodes[key] = "" if why else postcode_of(record)
        said = canonical(record)
        return StagedReady(
            n=n,
            type=kind,
            id=key,
            raw=b"" if why else item.raw,
            record=zlib.compress(_encode(record), _LEVEL),
            restricted=_encode(why).decode() if why else "[]",
            owner=owner,
            places=places,
            natural=natural(kind, record, self._name_of(owner), self._postcode(places)),
            name=_name(record),
            digest=digest(said),
            material=material_digest(kind, said),
            status=_status(record),
            assured_at=_assured(record),
        )

    def _name_of(self, owner: str) -> str:
        """Return the name of an organisation."""
        if not owner:
            return ""
        known = self._names.get(owner)
        if known is None:
            if len(self._names) >= _MOST_REMEMBERED:
                self._names.clear()
            known = self._names[owner] = self._read_name(owner)
        return known

    def _read_name(self, owner: str) -> str:
        found = self._stage.record_of("organization", owner)
        name = _decode(found).get("name") if found else None
        told = name if isinstance(name, str) else ""
        return told or self._against.name_of("organization", owner)

    def _postcode(self, places: str) -> str:
        """Return the postcode of where a service is, "" where that is secret."""
        found = set()
        for location in _decode(places) if places != "[]" else ():
            known = self._postcodes.get(location)
            if known is not None:
                found.add(known)
                continue
            if self._secrecy.why("location", location, []):
                continue
            body = self._stage.record_of("location", location)
            body = body or self._against.record_of("location", location)
            if body:
                found.add(postcode_of(_decode(body)))
        return min(found - {""}, default="")


def _name(record: dict[str, Any]) -> str:
    name = record.get("name")
    return text(name)[:_LONGEST_NAME] if isinstance(name, str) else ""


def _status(record: dict[str, Any]) -> str:
    status = record.get("status")
    return status.strip().casefold()[:40] if isinstance(status, str) else ""


def _assured(record: dict[str, Any]) -> int | None:
    """Return when a record was last assured, None where nobody says."""
    for name in _ASSURED:
        told = record.get(name)
        if not isinstance(told, str):
            continue
        try:
            found = datetime.combine(date.fromisoformat(told[:10]), datetime.min.time())
        except ValueError:
            continue
        return (found.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    return None
