"""The hub as a process: started by ``hub run``, stopped by a signal."""

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from hub.app import Hub
from hub.config import load
from hub.errors import HubError
from hub.registry import Registry
from hub.runtime.memory import give_back_large_blocks, spare_what_is_loaded
from hub.runtime.workings import LogSettings, load_workings
from hub.threads import ended, plugin_threads

log = structlog.get_logger()

#: Threads that compute hand the interpreter over this often, sooner than by Python's
#: own measure, because a sender and a recipient wait for the event loop.
SWITCH_SECONDS = 0.002

#: How long threads that plugins left behind may take to end.
END_SECONDS = 1.0

_FIRST = asyncio.FIRST_COMPLETED


def run(path: Path, log_settings: LogSettings) -> int:
    """Run the hub that the configuration at `path` describes; return its status.

    A process that it starts logs by the same settings.
    Raises HubError, ConfigError among them.
    """
    registry = Registry.discover()
    config = load(path, registry)
    sys.setswitchinterval(SWITCH_SECONDS)
    spare_what_is_loaded()
    give_back_large_blocks()
    prepare = partial(load_workings, path.absolute(), log_settings)
    apart = config.hub.pipeline == "process"
    hub = Hub(config, registry, prepare if apart else None)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        threads = plugin_threads()
        runner.get_loop().set_default_executor(threads)
        abandoned = runner.run(_serve(hub))
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


async def _serve(hub: Hub) -> list[str]:
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
    async with hub:
        failure = await _until_over(stopping, hub)
        log.info("hub.stopping", hub=hub.config.hub.name)
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
