"""What happens to directories: told as events without a person.

A happening is a message of the hub's own feed before it is an event, as everything is:
one for each object that changed, and one for each refresh. Records of restricted
objects are masked before they get here. Source: domain 9.2 and 9.3, ``directory``.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from hub.model.message import RawMessage
from hub.model.own_messages import own_message, reads

#: The feed of what happens to directories and what is in them.
DIRECTORIES_FEED = "carehub-directories"
MEDIA_TYPE = "application/vnd.carehub.directory+json"
#: The label of what must not be found: its place is left out everywhere.
RESTRICTED_LABEL = "directory.restricted"

DirectoryEvent = Literal[
    "organization_added",
    "organization_updated",
    "organization_removed",
    "service_added",
    "service_updated",
    "service_closed",
    "service_reopened",
    "service_removed",
    "location_added",
    "location_updated",
    "location_removed",
    "capacity_changed",
    "feed_refreshed",
    "feed_stale",
]


class ObjectRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object of a directory: by the hub's key, its own id, and what stays of it."""

    type: str
    key: str
    id: str = ""
    stable_key: str = ""
    organization: str = ""


class DirectoryHappening(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to an object of a directory, or to all of it.

    `type` is the event's name in its family. `run` is the refresh that found it out.
    `record` is in the shape of HSDS 3.x, `restricted` says why its place is left out.
    A refresh has `counts`, a `score` and `warnings`; where `since` is there, nothing
    has come from then on.
    """

    type: DirectoryEvent
    at: datetime
    feed: str
    run: int = 0
    object: ObjectRef | None = None
    hsds_version: str = ""
    before_digest: str = ""
    after_digest: str = ""
    changed_fields: tuple[str, ...] = ()
    material: bool = False
    record: dict[str, Any] = {}
    restricted: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    score: float | None = None
    warnings: tuple[str, ...] = ()
    since: datetime | None = None


def message_of(happening: DirectoryHappening) -> RawMessage:
    """Return the message that says it: the same whenever it is said again."""
    return own_message(happening, "directory", MEDIA_TYPE)


#: Reads what a message says happened, to None where it says nothing of the kind.
read = reads(DirectoryHappening)
