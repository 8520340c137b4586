"""Plays the demonstration: peers, hub, weeks of messages, and the verdict."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hub.app import Hub
from hub.config_load import load
from hub.demo.expectation import compare
from hub.demo.hospital import Hospital
from hub.demo.observe import arrivals, take_snapshot
from hub.demo.pathways import SentMessage
from hub.demo.result import Decisions, DemoResult, Messages, notices, summarise
from hub.demo.scenario import Scenario
from hub.demo.setting import DATA
from hub.demo.stage import Stage, set_stage
from hub.demo.view import REDRAWS_PER_SECOND, View
from hub.errors import HubError
from hub.registry import Registry
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME

REST_SECONDS = 120  # how long everything may take to be delivered after the last ACK
WATCHED_RATE = 20.0  # messages per second and hospital when somebody looks on
INTERRUPTED = 130  # the exit status of a command ended with Ctrl-C


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the command line asks for.

    `data_dir` None means a new folder among the temporary ones. `rate` is in
    messages per second and hospital: 0 sends as fast as is answered, None does
    so with `exit` and is slow enough to be watched without.
    """

    data_dir: Path | None = None
    people: int = 200
    seed: int = 1
    exit: bool = False
    json: bool = False
    rate: float | None = None

    @property
    def pace(self) -> float:
        """Messages per second and hospital; 0: no limit."""
        if self.rate is not None:
            return self.rate
        return 0 if self.exit else WATCHED_RATE


def main(options: DemoOptions) -> int:
    """Play the demonstration and return the exit status: 0 if all is well.

    Raises HubError where it cannot be played at all.
    """
    try:
        result = asyncio.run(run(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0 if result.succeeded else 1


async def run(options: DemoOptions) -> DemoResult:
    """Play the demonstration, say what came of it, and return that too.

    Without `exit` the hub and its peers stay until they are interrupted.
    """
    folder = options.data_dir or Path(tempfile.mkdtemp(prefix="carehub-demo-"))
    scenario = Scenario.make(options.people, options.seed)
    async with (
        set_stage(folder.absolute(), scenario, rate=options.pace) as stage,
        _open_hub(stage) as hub,
    ):
        result = await _play(hub, stage, scenario, options)
        _report(result, stage, options)
        if not options.exit:
            await _interruption()
    return result
