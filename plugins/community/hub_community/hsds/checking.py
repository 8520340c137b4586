"""Where each record is checked before it leaves the reader."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.sdk import DirectoryRemark, ObjectType
from hub_community.hsds.profile import HsdsProfile


def remarks_for(
    _type: ObjectType, _record: Mapping[str, Any], _profile: HsdsProfile
) -> Iterable[DirectoryRemark]:
    """Return what is wrong with one record, by the levels of domain 5.5."""
    return ()
