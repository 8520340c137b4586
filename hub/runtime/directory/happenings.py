"""Happenings of directories as a feed of the hub's own: from a message to an event."""

from typing import Final

from hub.coordination.ids import Keys
from hub.errors import HubError, Recovery
from hub.model.directory_happenings import (
    DIRECTORIES_FEED,
    MEDIA_TYPE,
    RESTRICTED_LABEL,
    DirectoryHappening,
    read,
)
from hub.model.facts import FactKind
from hub.model.labels import Labels
from hub.runtime.own_events import OwnEvents
from hub.store.journal import Waiting

SCHEMA = "careevent/directory/1.0"
#: What kind of entity an object of a directory is, and a directory.
KIND: Final = "directory"


class NoDirectoryHappeningError(HubError):
    """A message of the hub's own feed that says nothing of a directory."""

    code = "DIR-001"
    summary = "A message of the feed `carehub-directories` says nothing of a directory"
    remedy = "Leave the feed to the hub; report it as a defect if it is the hub's"
    recovery = Recovery.REJECT


def _key_of(keys: Keys, happening: DirectoryHappening) -> str:
    if happening.object:
        return happening.object.key
    return keys.exchange(KIND, happening.feed)


def _feed_of(_waiting: Waiting, happening: DirectoryHappening) -> str:
    return happening.feed


def _labels_of(happening: DirectoryHappening) -> Labels:
    if not happening.restricted:
        return Labels()
    return Labels(
        confidentiality="R",
        handling=(RESTRICTED_LABEL,),
        derived_by=happening.restricted,
    )


EVENTS = OwnEvents(
    feed=DIRECTORIES_FEED,
    family=KIND,
    kind=FactKind.DIRECTORY,
    schema=SCHEMA,
    happening=DirectoryHappening,
    read=read,
    error=NoDirectoryHappeningError,
    key_of=_key_of,
    feed_of=_feed_of,
    labels_of=_labels_of,
)
normalise, told_of, settle = EVENTS.normalise, EVENTS.told_of, EVENTS.settle
NORMALISER = EVENTS.normaliser(
    "carehub-directory", MEDIA_TYPE, "What happened to a directory of services."
)
