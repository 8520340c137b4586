"""Which objects that are new or changed look like some of other feeds (R-DIR-08)."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from hub.coordination.directory.names import postcode_of
from hub.coordination.directory.same_as import (
    LINKED,
    Features,
    features,
    likeness,
    tokens,
)
from hub.store.directory.against import Against, Other
from hub.store.directory.stage import Stage, StagedLink

_decode = msgspec.json.Decoder().decode
#: Of what is as common as this, nothing is looked up: it tells nobody apart.
_MOST_ALIKE = 50
_COMPARED = frozenset({"organization", "service"})


class Index:
    """Objects of other feeds, to be found by what they share with another."""

    def __init__(self) -> None:
        self._by_token: dict[int, list[Features]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._by_token)

    def note(self, one: Features) -> None:
        """Let an object be found."""
        for token in tokens(one):
            found = self._by_token[hash(token)]
            if len(found) <= _MOST_ALIKE:
                found.append(one)

    def like(self, one: Features) -> Iterable[Features]:
        """Return what may be the same as an object."""
        found: dict[str, Features] = {}
        for token in tokens(one):
            alike = self._by_token.get(hash(token), [])
            if len(alike) <= _MOST_ALIKE:
                found.update((each.key, each) for each in alike)
        return found.values()


class Likening:
    """Finds likely pairs for what is laid. Only where other feeds have something."""

    def __init__(self, stage: Stage, against: Against) -> None:
        self._stage = stage
        self._against = against
        self._index = Index()

    def work(self) -> None:
        """Write down the links of all that is laid."""
        if not self._against.has_others():
            return
        self._stage.index_laid()
        for other in self._against.others():
            if other.type in _COMPARED:
                self._index.note(features_of(other))
        for n, row in self._against.laid():
            if row.type in _COMPARED:
                self._stage.put("link", list(self._links(n, features_of(row))))

    def _links(self, n: int, one: Features) -> Iterator[StagedLink]:
        for other in self._index.like(one):
            found = likeness(one, other)
            if found.score >= LINKED:
                first, second = sorted((one.key, other.key))
                why = msgspec.json.encode(found.why).decode()
                yield StagedLink(n, first, second, one.kind, found.score, why)


def features_of(row: Other) -> Features:
    """Return what of an object, and of its locations, is compared."""
    record: dict[str, Any] = _decode(zlib.decompress(row.record))
    places = [_decode(zlib.decompress(body)) for body in row.places]
    codes = [postcode_of(each) for each in (record, *places)]
    return features(row.feed, row.type, row.key, record, codes)
