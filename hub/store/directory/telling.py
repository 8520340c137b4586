"""What a laid object says happened, as messages of the hub's own feed."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, cast

import msgspec

from hub.coordination.directory.differences import Said
from hub.model.directory_happenings import DirectoryEvent, DirectoryHappening, ObjectRef
from hub.store.directory.objects import ToldRow

_said = msgspec.json.Decoder(Said).decode
_codes = msgspec.json.Decoder(tuple[str, ...]).decode
_record = msgspec.json.Decoder().decode


class Telling(NamedTuple):
    """Of which run, of which feed, and as of when it is told."""

    feed: str
    run: int
    hsds_version: str
    at: datetime


def happenings_of(row: ToldRow, of: Telling) -> Iterator[DirectoryHappening]:
    """Yield what is told of an object: the same whenever it is told again."""
    said = _said(row.said)
    for name in said.events:
        yield DirectoryHappening(
            type=cast("DirectoryEvent", name),
            at=of.at,
            feed=of.feed,
            run=of.run,
            object=ObjectRef(
                type=row.type,
                key=row.key,
                id=row.id,
                stable_key=row.stable,
                organization=row.owner,
            ),
            hsds_version=of.hsds_version,
            before_digest=said.before,
            after_digest=row.digest.hex(),
            changed_fields=said.fields,
            material=said.material,
            record=_record(zlib.decompress(row.record)),
            restricted=_codes(row.restricted),
        )
