"""The hub as a process: started by ``hub run``, stopped by a signal."""

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

import structlog

from hub.app import Hub
from hub.config import HubConfig, load
from hub.errors import HubError
from hub.registry import Registry
from hub.threads import ended, plugin_threads

log = structlog.get_logger()

#: Threads that compute hand the interpreter over this often, sooner than by Python's
#: own measure, because a sender and a recipient wait for the event loop.
SWITCH_SECONDS = 0.002

#: The hub makes hardly any cyclic garbage, and keeps many thousand people and
#: encounters in memory that a collection would look through for nothing.
GARBAGE_THRESHOLDS = (50_000, 20, 100)

#: How long threads that plugins left behind may take to end.
END_SECONDS = 1.0

_FIRST = asyncio.FIRST_COMPLETED


def run(path: Path) -> int:
    """Run the hub that the configuration at `path` describes; return its status.

    Raises HubError, ConfigError among them.
    """
    registry = Registry.discover()
    config = load(path, registry)
    sys.setswitchinterval(SWITCH_SECONDS)
    # What is loaded now stays; looking through it for garbage is wasted time.
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        threads = plugin_threads()
        runner.get_loop().set_default_executor(threads)
        abandoned = runner.run(_serve(config, registry))
        if not ended(threads, END_SECONDS) or abandoned:
            # All is stored and closed, and what is left would never end.
            os._exit(0)
    return 0


def _loop_factory() -> Any:
    """Return uvloop's loop where it is installed, else None for asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415 - it is optional
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(config: HubConfig, registry: Registry) -> list[str]:
    """Run until asked to stop, or until the hub cannot go on.

    Returns the parts that did not end. A second request to stop ends the process
    at once, which loses nothing that was acknowledged.
    """
    stopping = asyncio.Event()

    def ask() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    async with Hub(config, registry) as hub:
        failure = await _until_over(stopping, hub)
        log.info("hub.stopping", hub=config.hub.name)
    if failure is not None:
        raise failure
    return hub.abandoned


async def _until_over(stopping: asyncio.Event, hub: Hub) -> HubError | None:
    """Wait for a request to stop, or for the hub's failure.

    Raises NothingRunsError. The start may take for ever: a source may keep trying.
    """
    starting = asyncio.create_task(_say_when_started(hub))
    failed = asyncio.create_task(hub.failed())
    asked = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({starting, failed, asked}, return_when=_FIRST)
        if starting.done():
            starting.result()
            await asyncio.wait({failed, asked}, return_when=_FIRST)
        return failed.result() if failed.done() else None
    finally:
        for task in (starting, failed, asked):
            task.cancel()
        await asyncio.gather(starting, failed, asked, return_exceptions=True)


async def _say_when_started(hub: Hub) -> None:
    await hub.started()
    log.info("hub.started", hub=hub.config.hub.name)
