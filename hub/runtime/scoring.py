"""Scoring: people are scored when it is time, and what is new is put into the journal.

A score is told where what it rests on has changed since the last one of the same
scorer. One person at a time is read and scored, so that nothing else waits for it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime

import structlog
from msgspec import Struct

from hub.config.scoring import ScorerConfig
from hub.contract import Inbox
from hub.errors import HubError
from hub.model.message import Stored
from hub.model.scoring import Score, ScoreInputs
from hub.runtime.scores import ScorerFailedError, inputs_hash, message_of
from hub.store.context_views import ScoringView
from hub.store.entity_queries import EntityReader
from hub.threads import in_thread

log = structlog.get_logger()

#: People are read so many keys at a time.
PAGE = 200
#: How often it is looked whether it is time.
LOOK_SECONDS = 30.0


class Run(Struct, frozen=True, kw_only=True):
    """What came of a run: how many were scored, and of how many a score was new."""

    scorer: str
    started_at: datetime
    ended_at: datetime
    people: int
    told: int
    failed: int


class Scoring:
    """Runs the scorers of a hub: regularly, and where somebody asks for it."""

    def __init__(
        self,
        scorers: Mapping[str, ScorerConfig],
        entities: EntityReader,
        inbox: Inbox,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._scorers = scorers
        self._entities = entities
        self._inbox = inbox
        self._clock = clock
        self._asked: dict[str, None] = {}
        self._bell = asyncio.Event()
        self.runs: dict[str, Run] = {}

    def ask(self, name: str) -> None:
        """Have everybody scored, after what was asked for before.

        Raises KeyError where there is no such scorer.
        """
        self._asked[self._scorers[name].name] = None
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        due = {name: self._due(each) for name, each in self._scorers.items()}
        while True:
            self._bell.clear()
            while self._asked:
                await self._run(self._scorers[next(iter(self._asked))])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._bell.wait()
            for name, at in due.items():
                if at and at <= self._clock():
                    due[name] = self._due(self._scorers[name])
                    self.ask(name)

    async def score(self, name: str, person: str) -> Stored | None:
        """Score one person; None where what is known of them has not changed.

        Raises KeyError where there is no such scorer, UnknownIdError,
        ScorerFailedError, and what `Inbox.put` raises.
        """
        scorer = self._scorers[name]
        known = await in_thread(self._entities.to_score, name, person, self._clock())
        if inputs_hash(scorer, known.inputs) == known.last_hash:
            return None
        score = await in_thread(_score, scorer, known.inputs)
        message = message_of(scorer, known.person, known.number, known.inputs, score)
        return await self._inbox.put(message)

    def views(self) -> list[ScoringView]:
        """Return the scorers, and what came of their last runs."""
        return [self._view(each) for each in self._scorers.values()]

    def _view(self, scorer: ScorerConfig) -> ScoringView:
        run = self.runs.get(scorer.name)
        return ScoringView(
            name=scorer.name,
            kind=scorer.spec.name,
            version=scorer.spec.version,
            cadence=str(scorer.cadence) if scorer.cadence else "",
            inputs=list(scorer.spec.inputs),
            waiting=scorer.name in self._asked,
            ended_at=run.ended_at if run else None,
            people=run.people if run else 0,
            told=run.told if run else 0,
            failed=run.failed if run else 0,
        )

    async def _run(self, scorer: ScorerConfig) -> None:
        """Score everybody; until it is done it is known that it is asked for."""
        started, people, told, failed = self._clock(), 0, 0, 0
        async for person in self._people():
            people += 1
            try:
                told += await self.score(scorer.name, person) is not None
            except HubError as error:
                failed += 1
                log.warning("person.not_scored", error_code=error.code)
        self._asked.pop(scorer.name, None)
        self.runs[scorer.name] = Run(
            scorer=scorer.name,
            started_at=started,
            ended_at=self._clock(),
            people=people,
            told=told,
            failed=failed,
        )
        log.info(
            "people.scored",
            scorer=scorer.name,
            model=scorer.spec.name,
            version=scorer.spec.version,
            people=people,
            told=told,
            failed=failed,
            inputs=list(scorer.spec.inputs),
            race_was_input=False,
            ethnicity_was_input=False,
            sex_was_input=False,
        )

    async def _people(self) -> AsyncIterator[str]:
        cursor: str | None = None
        while True:
            page = await in_thread(self._entities.persons, limit=PAGE, cursor=cursor)
            for each in page.items:
                yield each.key
            cursor = page.next
            if cursor is None:
                return

    def _due(self, scorer: ScorerConfig) -> datetime | None:
        return scorer.cadence.due(self._clock()) if scorer.cadence else None


def _score(scorer: ScorerConfig, inputs: ScoreInputs) -> Score:
    try:
        return scorer.spec.score(inputs, scorer.settings)
    except Exception as error:  # a plugin's mistake ends no run
        log.exception("scorer.failed", scorer=scorer.name)
        raise ScorerFailedError(type(error).__name__) from None
