"""Taking in what a reader yields: the first of three steps, and the longest.

What an object says in the very same way as before is not looked at again: that is most
of most packages. All else is staged. Nothing that a reader yields is trusted.
"""

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, get_args

import msgspec

from hub.coordination.directory.confidential import reasons, terms_of
from hub.coordination.directory.confidential_words import TERM, is_suspicious
from hub.coordination.directory.names import children
from hub.model.directory import (
    DirectoryGone,
    DirectoryHeading,
    DirectoryItem,
    DirectoryObject,
    DirectoryRemark,
    DirectorySeen,
    ObjectType,
    Severity,
    Unmapped,
)
from hub.runtime.directory.errors import DirectoryReaderError, NoDirectoryHeadingError
from hub.store.directory.against import Against
from hub.store.directory.stage import Stage, StagedItem, StagedRemark

#: No id is longer, in characters, and no record larger, in bytes.
LONGEST_ID = 512
LARGEST_RECORD = 4 * 1024 * 1024
#: So many remarks are written down; all are counted.
MOST_REMARKS = 2_000_000
_PORTION = 500
_TYPES = frozenset(get_args(ObjectType))
_SEVERITIES = frozenset(get_args(Severity))
#: Errors at levels up to this keep an object out (domain 5.5).
BLOCKING = 1
LONGEST_CODE = 64

_encode = msgspec.json.Encoder().encode


class Taking:
    """Takes in what a reader yields, into a stage."""

    def __init__(self, stage: Stage, against: Against) -> None:
        self._stage = stage
        self._against = against
        self._items: list[StagedItem] = []
        self._there: list[tuple[str, str]] = []
        self._remarks: list[StagedRemark] = []
        self._met: set[int] = set()
        self._before = against.as_before()
        self._kept = 0
        #: Terms whose services are hidden, those of the hub and of the package so far:
        #: readers yield them first, and those above others before these.
        self._secret_terms = against.secret_terms()
        self.heading: DirectoryHeading | None = None
        self.remarks: Counter[str] = Counter()
        self.blocked: set[tuple[str, str]] = set()
        self.objects = 0

    def take(self, items: Iterable[DirectoryItem]) -> None:
        """Take in all that a reader yields.

        Raises what it raises, NoDirectoryHeadingError and DirectoryReaderError.
        """
        for item in items:
            if type(item) is DirectoryObject:
                self._take_object(item)
            else:
                self._take_other(item)
            if len(self._items) + len(self._there) >= _PORTION:
                self.flush()
        self.flush()
        if self.heading is None:
            raise NoDirectoryHeadingError
        self._stage.index()
        self._block()

    def flush(self) -> None:
        """Write what was taken in so far."""
        stage = self._stage
        columns = "type, id, raw, record, restricted, owner, places"
        stage.put("item", self._items, columns)
        stage.put("there", self._there)
        room = max(MOST_REMARKS - self._kept, 0)
        kept = self._remarks[:room]
        stage.put("remark", kept, "level, severity, code, type, id, field")
        self._kept += len(kept)
        self._items, self._there, self._remarks = [], [], []

    def tell_of(self, code: str, objects: Iterable[tuple[str, str]]) -> None:
        """Remark what was found out of objects once all of them were taken in."""
        for kind, key in objects:
            self._remark(
                DirectoryRemark(level=2, severity="info", code=code, type=kind, id=key)
            )
        self.flush()

    def _take_other(self, item: object) -> None:
        match item:
            case DirectoryHeading():
                if self.heading is not None:
                    raise DirectoryReaderError("two headings")
                self.heading = item
            case _ if self.heading is None:
                raise NoDirectoryHeadingError
            case DirectoryGone():
                if _is_id(item.type, item.id):
                    self._stage.put("gone", [(item.type, item.id)])
            case DirectorySeen():
                if _is_id(item.type, item.id):
                    self._there.append((item.type, item.id))
            case DirectoryRemark():
                self._remark(item)
            case Unmapped():
                told = (str(item.table), str(item.column), int(item.count))
                self._stage.put("unmapped", [told])
            case _:
                raise DirectoryReaderError(type(item).__name__)

    def _take_object(self, item: DirectoryObject) -> None:
        if self.heading is None:
            raise NoDirectoryHeadingError
        kind, key = item.type, item.id
        if not _is_id(kind, key) or not isinstance(item.record, dict):
            self._refuse("object.unusable", kind, key)
            return
        if not self._first(kind, key):
            self._warn("object.twice", kind, key)
            return
        self.objects += 1
        try:
            body = _encode(item.record)
        except (TypeError, ValueError, RecursionError):
            body = b""
        if not body or len(body) > LARGEST_RECORD:
            self._refuse("record.unusable", kind, key)
            return
        self._there.append((kind, key))
        raw = blake2b(body, digest_size=16).digest()
        if not item.restricted and self._is_as_before(kind, key, raw):
            return
        self._stage_object(item, raw, body)

    def _is_as_before(self, kind: str, key: str, raw: bytes) -> bool:
        if self._before is not None:
            return self._before.get((kind, key)) == raw
        found = self._against.find(kind, key)
        gone = found is not None and (found.missing or found.removed)
        return found is not None and found.raw == raw and not gone

    def _stage_object(self, item: DirectoryObject, raw: bytes, body: bytes) -> None:
        record = item.record
        told = reasons(item.type, record) if is_suspicious(body.decode()) else ()
        why = sorted({*map(str, item.restricted), *told, *self._by(record)})
        if why and item.type == "taxonomy_term":
            self._secret_terms.add(item.id)
        places = _places(item.type, record)
        owner = record.get("organization_id") if item.type == "service" else ""
        self._items.append(
            StagedItem(
                item.type,
                item.id,
                b"" if why else raw,
                body,
                _text(why),
                owner if isinstance(owner, str) else "",
                _text(places),
            )
        )

    def _by(self, record: dict[str, Any]) -> tuple[str, ...]:
        """Return that an object has a term, or is below one, that hides it."""
        secret = self._secret_terms
        return () if not secret or secret.isdisjoint(terms_of(record)) else (TERM,)

    def _first(self, kind: str, key: str) -> bool:
        """Say whether an id comes for the first time."""
        met = hash((kind, key))
        if met in self._met:
            return False
        self._met.add(met)
        return True

    def _remark(self, item: DirectoryRemark) -> None:
        if item.severity not in _SEVERITIES or not isinstance(item.level, int):
            raise DirectoryReaderError("a remark of no known severity")
        code = str(item.code)[:LONGEST_CODE]
        kind, key = str(item.type), str(item.id)[:LONGEST_ID]
        self.remarks[code] += 1
        if item.severity == "error" and item.level <= BLOCKING and key:
            self.blocked.add((kind, key))
        told = (int(item.level), item.severity, code, kind, key, str(item.field))
        self._remarks.append(StagedRemark(*told))

    def _refuse(self, code: str, kind: object, key: object) -> None:
        told = {"type": str(kind), "id": str(key)[:LONGEST_ID]}
        self._remark(DirectoryRemark(level=1, severity="error", code=code, **told))

    def _warn(self, code: str, kind: str, key: str) -> None:
        remark = DirectoryRemark(
            level=2, severity="warning", code=code, type=kind, id=key
        )
        self._remark(remark)

    def _block(self) -> None:
        """Keep out what is not to be used; what was there before stays as it was."""
        for kind, key in sorted(self.blocked):
            known = self._against.find(kind, key) is not None
            self._stage.keep_out(kind, key, there=known)


def _places(kind: str, record: dict[str, Any]) -> list[str]:
    if kind != "service":
        return []
    found: dict[str, None] = {}
    for each in children(record, "service_at_locations"):
        told = each.get("location_id")
        within = each.get("location")
        if not told and isinstance(within, dict):
            told = within.get("id")
        if isinstance(told, str) and told:
            found[told] = None
    return list(found)


def _is_id(kind: object, key: object) -> bool:
    if kind not in _TYPES or not isinstance(key, str):
        return False
    if not key or len(key) > LONGEST_ID or "\0" in key:
        return False
    return key.isascii() or key.isprintable()


def _text(value: Any) -> str:
    return _encode(value).decode()
