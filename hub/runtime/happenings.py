"""Happenings as a feed of the hub's own: from a message to an event about a file."""

from typing import Final

from hub.coordination.ids import Keys
from hub.errors import HubError, Recovery
from hub.model.facts import FactKind
from hub.model.happenings import EXCHANGES_FEED, MEDIA_TYPE, Happening, read
from hub.runtime.own_events import OwnEvents
from hub.store.journal import Waiting

SCHEMA = "careevent/exchange/1.0"
#: What kind of entity a file that was exchanged is.
KIND: Final = "exchange"


class NoHappeningError(HubError):
    """A message of the hub's own feed that says nothing of a file."""

    code = "PIPE-022"
    summary = "A message of the feed `carehub-exchanges` says nothing of a file"
    remedy = "Leave the feed to the hub; report it as a defect if it is the hub's"
    recovery = Recovery.REJECT


def _key_of(keys: Keys, happening: Happening) -> str:
    return keys.exchange(happening.feed, happening.exchange)


def _feed_of(waiting: Waiting, _happening: Happening) -> str:
    return waiting.source


EVENTS = OwnEvents(
    feed=EXCHANGES_FEED,
    family=KIND,
    kind=FactKind.EXCHANGE,
    schema=SCHEMA,
    happening=Happening,
    read=read,
    error=NoHappeningError,
    key_of=_key_of,
    feed_of=_feed_of,
)
normalise, told_of, settle = EVENTS.normalise, EVENTS.told_of, EVENTS.settle
NORMALISER = EVENTS.normaliser(
    "carehub-happening", MEDIA_TYPE, "What happened to a file that was exchanged."
)
