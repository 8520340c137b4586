"""Episodes: which keys one stands for, and until when it lasts.

The end of an encounter is looked up now and then for all that is followed, and not
for each event: an episode lasts some days longer than the encounter anyway.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import structlog

from hub.coordination.ids import Keys
from hub.model.encounters import Encounter, EncounterStatus
from hub.model.facts import EncounterKey
from hub.model.times import FuzzyTime
from hub.runtime.kept import encounter_of, stay_of
from hub.store import panel_episodes
from hub.store.acting import ACTING
from hub.store.entity_rows import entity_of
from hub.store.journal import microseconds, moment
from hub.store.panel_episodes import Ending, Episode, Followed, Lasting, followed
from hub.store.panel_rows import EPOCH
from hub.store.panel_views import EpisodeWanted
from hub.store.writer import Writer

log = structlog.get_logger()

#: Encounters that became part of each other: no sender goes on like this.
_MOST_HOPS = 10
_OVER = frozenset({EncounterStatus.FINISHED, EncounterStatus.CANCELLED})


def keys_of(keys: Keys, key: str) -> tuple[str, ...]:
    """Return a key, and those of the stay that it begins and of what follows on it."""
    if key.startswith("enc_"):
        stay = keys.stay(key)
        return key, stay, keys.transition(stay)
    if key.startswith("stay_"):
        return key, keys.transition(key)
    return (key,)


def follow(writer: Writer, keys: Keys, wanted: EpisodeWanted) -> str:
    """Let a subscription follow what is wanted; return the key of that.

    Of a visit that nobody has told of yet, too.
    """
    visit, key = wanted.visit, wanted.entity
    if visit is not None:
        number = EncounterKey(visit.system, visit.scope, visit.value)
        key = keys.encounter(visit.source, number)
    until = wanted.until
    episode = Episode(
        subscription=wanted.subscription,
        keys=keys_of(keys, key),
        patient_id=wanted.patient_id,
        until=until.toordinal() - EPOCH if until else None,
        days_after=None if until else wanted.days_after,
        at=microseconds(datetime.now(UTC)),
        acting=ACTING.get(),
    )
    writer.call(panel_episodes.add, episode)
    log.info("episode.added", subscription=wanted.subscription, entity=key)
    return key


def leave(writer: Writer, keys: Keys, subscription: str, key: str) -> None:
    """Let a subscription follow something no longer. Raises UnknownEpisodeError."""
    ending = Ending(subscription, keys_of(keys, key), ACTING.get())
    writer.call(panel_episodes.end, ending)
    log.info("episode.ended", subscription=subscription, entity=key)


def lasting(reader: sqlite3.Connection, keys: Keys) -> list[Lasting]:
    """Return what lasts until another day than is stored, or has none any more."""
    return [
        Lasting(each.subscription, keys_of(keys, each.key), each.patient_id, until)
        for each, until in _until(reader)
        if until != each.until
    ]


def _until(reader: sqlite3.Connection) -> Iterator[tuple[Followed, int | None]]:
    for each in followed(reader):
        end = _end(reader, each)
        last = end and end + timedelta(days=each.days_after)
        yield each, last.toordinal() - EPOCH if last else None


def _end(reader: sqlite3.Connection, each: Followed) -> date | None:
    """Return when what is followed ended, None while it goes on.

    What nobody has told of yet counts from when it was to be followed. So does what
    had ended before: whoever follows it late has all the days too.
    """
    since = moment(each.since).date()
    row = entity_of(reader, each.key)
    if row is not None and row.kind == "stay":
        stay = stay_of(row).stay
        return _later(stay.end, since) if stay.status == "closed" else None
    for _ in range(_MOST_HOPS):
        if row is None or row.kind != "encounter":
            break
        record = encounter_of(row)
        if not record.into:
            return _end_of(record.encounter, since)
        row = entity_of(reader, record.into)
    return since


def _end_of(encounter: Encounter | None, since: date) -> date | None:
    if encounter is None or encounter.status not in _OVER:
        return None
    return _later(encounter.end, since)


def _later(end: FuzzyTime | None, since: date) -> date:
    return max(end.latest.astimezone(UTC).date(), since) if end else since
