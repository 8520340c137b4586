"""How the messages of all feeds are read, in a digest."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol

import msgspec

from hub.config.matching import MATCHES_FEED
from hub.config.scoring import SCORES_FEED
from hub.contract import NormaliserSpec
from hub.coordination.identity.decisions import FEED
from hub.model.directory_happenings import DIRECTORIES_FEED
from hub.model.happenings import EXCHANGES_FEED
from hub.model.referrals import REFERRALS_FEED
from hub.settings import Settings

_OWN = frozenset(
    {
        *(FEED, SCORES_FEED, MATCHES_FEED, EXCHANGES_FEED, DIRECTORIES_FEED),
        REFERRALS_FEED,
    }
)


class Reads(Protocol):
    """A source, or a feed: what matters here is how its messages become facts."""

    @property
    def normaliser(self) -> NormaliserSpec:
        """What reads them."""

    @property
    def profile(self) -> Settings:
        """By which settings."""


def digest_of(feeds: Mapping[str, Reads]) -> bytes:
    """Return a digest that is another one where any message may say something else.

    The hub's own feeds, of decisions, scores and files, are always read the same.
    """
    told = {
        name: [each.normaliser.name, each.profile.model_dump(mode="json")]
        for name, each in feeds.items()
        if name not in _OWN
    }
    return sha256(msgspec.json.encode(told, order="sorted")).digest()
