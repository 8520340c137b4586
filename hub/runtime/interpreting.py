"""Interpreting: one stored message becomes what is to be stored of it.

What a normaliser does wrong ends here: its annotations do not bind it.
"""

import hashlib
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from hub.contract import NormaliserSpec
from hub.errors import HubError
from hub.model.directory_happenings import DIRECTORIES_FEED
from hub.model.facts import Document, Fact, FactKind, Normalised, Part, Problem
from hub.model.happenings import EXCHANGES_FEED
from hub.model.message import MessageState
from hub.runtime.errors import (
    FeedGoneError,
    ForeignVisitError,
    NormaliserFailedError,
    NormaliserResultError,
    NotProcessedError,
)
from hub.runtime.processing import Processor, parked
from hub.runtime.referring import is_about_a_referral
from hub.runtime.shadow_errors import ElsewhereError, RepairError
from hub.runtime.soundness import sound
from hub.settings import Settings
from hub.store import journal
from hub.store.directory.arrivals import DirectoryArrival
from hub.store.errors import DamagedMessageError
from hub.store.journal import Waiting, microseconds
from hub.store.shadow_amending import REREAD, Again
from hub.store.shadow_errors import OtherProfilesError
from hub.store.shadow_profiles import digest_of
from hub.store.state import Settlement
from hub.store.timers import Ringing

log = structlog.get_logger()

#: What only the hub itself can state, each kind by a feed of its own.
_OWN = {
    EXCHANGES_FEED: FactKind.EXCHANGE,
    DIRECTORIES_FEED: FactKind.DIRECTORY,
}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Normalised).decode


class Feed(NamedTuple):
    """How the messages of one source become facts."""

    normaliser: NormaliserSpec
    profile: Settings


class Interpreter:
    """Works out messages, one at a time, by the normaliser of their feed."""

    def __init__(self, feeds: Mapping[str, Feed], processor: Processor) -> None:
        self._feeds = feeds
        self._processor = processor
        self._profiles = digest_of(feeds)

    def read(self, waiting: Waiting, now: datetime) -> Normalised | Settlement:
        """Return what a message states, or what becomes of it if that is nothing."""
        if waiting.damaged:
            return parked(waiting, DamagedMessageError(), now)
        if self._is_directory(waiting):
            return _for_the_keeper(waiting, now)
        return self._read(waiting, now)

    def _read(self, waiting: Waiting, now: datetime) -> Normalised | Settlement:
        try:
            normalised = self._normalise(waiting)
            if normalised.problem:
                return _with_problem(waiting, normalised, normalised.problem, now)
            if normalised.parts:
                return self._split(waiting, normalised, now)
        except HubError as error:
            return parked(waiting, error, now)
        if normalised.facts:
            return normalised
        return Settlement(
            waiting.seq,
            MessageState.UNMAPPED,
            microseconds(now),
            reason=normalised.unmapped or "no facts",
            warnings=(*normalised.warnings, *_reused(waiting)),
        )

    def concerns(
        self,
        batch: Sequence[Waiting],
        read: Sequence[Normalised | Settlement],
        people: Collection[str],
    ) -> bool:
        """Say whether messages that were read are about any of `people`, by key."""
        return self._processor.concerns(_stating(batch, read), people)

    def settle(
        self,
        batch: Sequence[Waiting],
        read: Sequence[Normalised | Settlement],
        now: datetime,
    ) -> list[Settlement]:
        """Work out messages that were read, one after the other.

        Raises NotProcessedError where the core failed on one, and HubError where
        nothing can be worked out now.
        """
        self._processor.expect(_stating(batch, read))
        return [
            self._process(waiting, each, now) if isinstance(each, Normalised) else each
            for waiting, each in zip(batch, read, strict=True)
        ]

    def ring(self, ringing: Ringing, now: datetime) -> Settlement:
        """Work out what a timer leads to. Raises NotProcessedError and HubError."""
        try:
            if ringing.kind == REREAD:
                return self._read_again(ringing, now)
            return self._processor.ring(ringing, now)
        except (HubError, sqlite3.Error):
            raise
        except Exception as error:  # what is wrong with one person stops nobody else
            log.exception("timer.failed", kind=ringing.kind, message_id=ringing.message)
            raise NotProcessedError(type(error).__name__) from None

    def _read_again(self, ringing: Ringing, now: datetime) -> Settlement:
        """Let a message that was processed be read by the profile of today."""
        cleared = ((ringing.kind, ringing.key),)
        nothing = Settlement(ringing.seq, None, microseconds(now), cleared=cleared)
        wanted = self._processor.wanted(ringing)
        if wanted is None:
            return nothing

        def left(why: str) -> Settlement:
            return nothing._replace(again=Again(wanted.amendment, "left", why))

        if wanted.profiles != self._profiles:
            return left(OtherProfilesError.code)
        read = self.read(wanted.waiting, now)
        if isinstance(read, Settlement):
            return left(read.error_code or (read.state or MessageState.UNMAPPED).value)
        try:
            reused = _reused(wanted.waiting)
            again = self._processor.read_again(wanted, read, reused, now)
        except (ElsewhereError, RepairError, ForeignVisitError) as error:
            return left(error.code)
        return again._replace(cleared=cleared) if again else nothing

    def _split(
        self,
        waiting: Waiting,
        normalised: Normalised,
        now: datetime,
    ) -> Settlement:
        """Let each message inside `waiting` be stored, and wait in its turn.

        Raises NormaliserResultError for a part that has parts, or it might never
        come to an end.
        """
        if waiting.part:
            raise NormaliserResultError("parts within a part")
        media_type = self._feeds[waiting.source].normaliser.media_type
        return Settlement(
            waiting.seq,
            MessageState.SPLIT,
            microseconds(now),
            reason=f"parts.{len(normalised.parts)}",
            warnings=(*normalised.warnings, *_reused(waiting)),
            parts=tuple(
                journal.part_row(waiting, place, media_type, part)
                for place, part in enumerate(normalised.parts)
            ),
        )

    def _process(
        self, waiting: Waiting, normalised: Normalised, now: datetime
    ) -> Settlement:
        """Let the core work. Where it fails, what it remembers is half done.

        The round is done again then, without the message that it fails on.
        """
        try:
            warnings = _reused(waiting)
            return self._processor.process(waiting, normalised, warnings, now)
        except NotProcessedError:
            raise
        except HubError as error:
            return parked(waiting, error, now)
        except sqlite3.Error:
            raise
        except Exception as error:  # a fact may be anything: the feed must go on
            log.exception("processing.failed", message_id=waiting.id)
            raise NotProcessedError(type(error).__name__) from None

    def _is_directory(self, waiting: Waiting) -> bool:
        feed = self._feeds.get(waiting.source)
        return feed is not None and feed.normaliser.directory is not None

    def _normalise(self, waiting: Waiting) -> Normalised:
        feed = self._feeds.get(waiting.source)
        if feed is None:
            raise FeedGoneError(waiting.source)
        try:
            normalised = feed.normaliser.normalise(waiting.body, feed.profile)
        except (Exception, SystemExit) as error:  # a plugin's mistake ends no feed
            log.exception("normaliser.failed", normaliser=feed.normaliser.name)
            raise NormaliserFailedError(type(error).__name__) from None
        return _checked(normalised, own=_OWN.get(waiting.source))


def _stating(
    batch: Sequence[Waiting], read: Sequence[Normalised | Settlement]
) -> list[tuple[Waiting, Normalised]]:
    """Return the messages that state something, each with what that is."""
    pairs = zip(batch, read, strict=True)
    return [(waiting, each) for waiting, each in pairs if isinstance(each, Normalised)]


def _checked(normalised: object, *, own: FactKind | None = None) -> Normalised:
    """Return what a normaliser made as the store would give it back.

    Its annotations do not bind a plugin, and what cannot be read again would stop
    everything about the same person later. Only of a feed of the hub's `own` a fact
    may be about files or directories, and about nobody. Raises NormaliserResultError.
    """
    if not isinstance(normalised, Normalised):
        raise NormaliserResultError(type(normalised).__name__)
    # Bytes stay as they are: there may be many of them.
    parts, documents = normalised.parts, normalised.documents
    if parts or documents:
        _check_bytes(parts, documents)
        if any(_digest(each.content) != each.digest for each in documents):
            raise NormaliserResultError("a digest that is not that of the content")
        normalised = replace(normalised, parts=(), documents=())
    try:
        checked = _decode(_encode(normalised))
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise NormaliserResultError(type(error).__name__) from None
    kinds = {fact.kind for fact in checked.facts}
    if kinds & set(_OWN.values()) - {own}:
        raise NormaliserResultError("a fact that only the hub can state")
    if not own and any(_is_about_nobody(fact) for fact in checked.facts):
        raise NormaliserResultError("a fact about nobody")
    if parts or documents:
        return replace(checked, parts=parts, documents=documents)
    return checked


def _is_about_nobody(fact: Fact) -> bool:
    """Say whether nobody knows whom a fact is about; a referral has its person."""
    return not fact.subject.identifiers and not is_about_a_referral(fact)


def _check_bytes(parts: object, documents: object) -> None:
    """Raise NormaliserResultError for what are no parts and documents."""
    for values, kind in ((parts, Part), (documents, Document)):
        if not isinstance(values, tuple):
            raise NormaliserResultError(type(values).__name__)
        if not all(sound(value, kind) for value in values):
            raise NormaliserResultError(f"no {kind.__name__.lower()}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _for_the_keeper(waiting: Waiting, now: datetime) -> Settlement:
    """Let a whole directory be worked out beside the pipeline (ADR 26)."""
    arrived = DirectoryArrival(
        waiting.seq,
        waiting.source,
        hashlib.sha256(waiting.body).digest(),
        microseconds(waiting.received_at),
    )
    return Settlement(
        waiting.seq,
        MessageState.PROCESSED,
        microseconds(now),
        warnings=_reused(waiting),
        directory=arrived,
    )


def _reused(waiting: Waiting) -> tuple[str, ...]:
    return ("control_id.reused",) if waiting.reused else ()


def _with_problem(
    waiting: Waiting, normalised: Normalised, problem: Problem, now: datetime
) -> Settlement:
    return Settlement(
        waiting.seq,
        MessageState.PARKED,
        microseconds(now),
        reason=problem.detail,
        error_code=problem.code,
        warnings=normalised.warnings,
    )
