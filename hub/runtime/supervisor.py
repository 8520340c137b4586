"""Supervision: each source runs by itself, and one that fails stops no other."""

import asyncio
from typing import Protocol

import structlog

from hub.contract import Inbox, Source
from hub.errors import HubError, Recovery
from hub.runtime.backoff import Backoff
from hub.runtime.errors import SourceFailedError
from hub.runtime.tasks import apart, asked_to_end

log = structlog.get_logger()

#: Between two starts of a source that failed: at first, and at most.
RESTART_SECONDS = (0.5, 60.0)


class Watch(Protocol):
    """Who is told when a source changes its condition."""

    def source_changed(self, name: str, state: str, error_code: str) -> None:
        """Hear that the source is ``starting``, ``waiting`` or ``failed``."""


async def supervise(name: str, source: Source, inbox: Inbox, watch: Watch) -> None:
    """Run a source until cancelled, or until it says that it cannot work."""
    structlog.contextvars.bind_contextvars(connector=name)
    backoff, attempt, known = Backoff(*RESTART_SECONDS), 0, ""
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        watch.source_changed(name, "starting", "")
        error = await _run(source, inbox)
        if asked_to_end():
            return
        # What ran for so long was well: a fault a day later is a first one again.
        ran_well = loop.time() - started > RESTART_SECONDS[1]
        # A folder that is missing all night is one fault, not one for each restart.
        if ran_well or error.code != known:
            log.error("source.failed", error=error, error_code=error.code)
        else:
            log.debug("source.failed", error=error, error_code=error.code)
        known = error.code
        if error.recovery is Recovery.STOP:
            watch.source_changed(name, "failed", error.code)
            return
        watch.source_changed(name, "waiting", error.code)
        attempt = 1 if ran_well else attempt + 1
        await asyncio.sleep(max(backoff.seconds(attempt), _asked_seconds(error)))


def _asked_seconds(error: HubError) -> float:
    """Return how long an error asks to be left alone, as its `retry_after_seconds`."""
    asked = getattr(error, "retry_after_seconds", None)
    return asked if isinstance(asked, int | float) else 0.0


async def _run(source: Source, inbox: Inbox) -> HubError:
    try:
        await apart(source.run, inbox)
    except HubError as error:
        return error
    except asyncio.CancelledError:
        if asked_to_end():
            raise
        return SourceFailedError("it cancelled itself")
    except (Exception, SystemExit) as error:  # a plugin's mistake ends no hub
        log.exception("source.raised")
        return SourceFailedError(type(error).__name__)
    return SourceFailedError("it ended by itself")
