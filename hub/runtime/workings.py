"""What a pipeline works with: made from the configuration, wherever it works."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from hub.config import HubConfig, load
from hub.config.matching import MATCHES_FEED
from hub.config.scoring import SCORES_FEED
from hub.coordination.identity.decisions import FEED
from hub.coordination.ids import Keys
from hub.model.directory_happenings import DIRECTORIES_FEED
from hub.model.happenings import EXCHANGES_FEED
from hub.model.referrals import REFERRALS_FEED
from hub.registry import Registry
from hub.runtime import core, happenings, matches, scores
from hub.runtime.decisions import NORMALISER
from hub.runtime.directory import happenings as directories
from hub.runtime.entities import Entities
from hub.runtime.interpreting import Feed
from hub.runtime.processing import Processor
from hub.runtime.rechecking import Rechecker
from hub.runtime.referrals import stating
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.wiring import (
    programmes,
    recipients,
    referring,
    relations,
    subscriptions,
)
from hub.settings import Settings
from hub.store.sqlite import open_reader
from hub.store.store import secret_of
from hub.telemetry import configure_logging


class Workings(NamedTuple):
    """What a pipeline works with. Who has it closes the `reader`."""

    reader: sqlite3.Connection
    feeds: dict[str, Feed]
    processor: Processor


class LogSettings(NamedTuple):
    """How a process logs; see `configure_logging`."""

    json: bool | None = None
    level: str = "info"


def workings(
    config: HubConfig,
    related: Relations,
    reader: sqlite3.Connection,
) -> Workings:
    """Return what a pipeline works with on the store that `reader` reads."""
    processor = core.processor(
        reader,
        secret_of(reader),
        router_of(config),
        related,
        rules=config.stays.rules,
        programmes=programmes(config.stays),
        identity=config.identity,
        site=config.policy.site(),
        referring=referring(config),
    )
    feeds = {
        name: Feed(each.normaliser, each.profile)
        for name, each in config.sources.items()
    }
    feeds[FEED] = Feed(NORMALISER, Settings())
    feeds[SCORES_FEED] = Feed(scores.NORMALISER, Settings())
    feeds[MATCHES_FEED] = Feed(matches.NORMALISER, Settings())
    feeds[EXCHANGES_FEED] = Feed(happenings.NORMALISER, Settings())
    feeds[DIRECTORIES_FEED] = Feed(directories.NORMALISER, Settings())
    feeds[REFERRALS_FEED] = Feed(stating.NORMALISER, Settings())
    return Workings(reader, feeds, processor)


def rechecker_of(
    config: HubConfig, related: Relations, reader: sqlite3.Connection
) -> Rechecker:
    """Return what decides anew before an attempt, on the store that `reader` reads."""
    keys = Keys(secret_of(reader))
    entities = Entities(reader, keys.person, config.identity.trust)
    return Rechecker(reader, entities, router_of(config), related)


def router_of(config: HubConfig) -> Router:
    """Return what decides who is told."""
    return Router(subscriptions(config), recipients(config), config.policy.regime())


def load_workings(path: Path, settings: LogSettings) -> Workings:
    """Load plugins and configuration for a pipeline in a process of its own.

    The store must have been opened by the hub. Raises ConfigError.
    """
    configure_logging(json=settings.json, level=settings.level)
    config = load(path, Registry.discover())
    reader = open_reader(config.hub.data_dir)
    return workings(config, relations(config, reader), reader)
