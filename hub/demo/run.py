"""Plays the demonstration: peers, hub, weeks of messages, and the verdict."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from hub.app import Hub
from hub.config import load
from hub.demo import consents
from hub.demo.closing_loops import LoopPlayers
from hub.demo.exchanging import Clerk, rosters
from hub.demo.expectation import Difference, account_for_links, compare, excuse
from hub.demo.helping import Helpers
from hub.demo.hospital import Hospital
from hub.demo.observe import (
    amended,
    arrivals,
    take_audit,
    take_denials,
    take_directory,
    take_exchanged,
    take_known,
    take_received,
    take_referrals,
    take_snapshot,
    unacknowledged,
    withdrawn,
)
from hub.demo.pathways import SPAN, SentMessage
from hub.demo.played_hub import PlayedHub
from hub.demo.result import Decisions, DemoResult, Messages, notices, summarise
from hub.demo.scenario import Scenario
from hub.demo.setting import DATA, REFERRER
from hub.demo.stage import Stage, set_stage
from hub.demo.view import REDRAWS_PER_SECOND, View
from hub.errors import HubError
from hub.registry import Registry
from hub.store.books import balance
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.telemetry import configure_logging

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
    # Normal traffic is in the view; what needs attention still shows.
    configure_logging(level="warning")
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
    scenario = Scenario.make(options.people, options.seed, _weeks_ago())
    async with (
        set_stage(folder.absolute(), scenario, rate=options.pace) as stage,
        _open_hub(stage) as hub,
    ):
        result = await _play(hub, stage, scenario, options)
        _report(result, stage, options)
        if not options.exit:
            await _interruption()
    return result


async def _play(
    hub: PlayedHub, stage: Stage, scenario: Scenario, options: DemoOptions
) -> DemoResult:
    reader = _reader(stage)
    with View(wanted=not options.json) as view:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(view, reader, stage))
            taken = await consents.tell(
                stage.admin_url, scenario.consents, scenario.first_day
            )
            group.create_task(_look_around(stage, scenario))
            clerk = Clerk(stage.peers.payer)
            roster, *doubtful = rosters(scenario.roster())
            problems = await clerk.drop([roster])
            problems += await _rest(hub)
            problems += await _send_everything(stage, scenario, clerk.drop(doubtful))
            problems += await _rest(hub)
            posted, unclosed = await _close_loops(hub, stage, scenario)
            problems += unclosed + await _let_time_pass(hub)
            hub.let_a_day_pass()
            problems += await _rest(hub)
            problems += await clerk.acknowledge()
            problems += await _rest(hub)
            watching.cancel()
        await _draw(view, reader, stage)
    taken += posted
    return await asyncio.to_thread(_judge, hub, stage, scenario, taken, problems)


async def _watch(view: View, reader: Reader, stage: Stage) -> None:
    while view.wanted:
        await _draw(view, reader, stage)
        await asyncio.sleep(1 / REDRAWS_PER_SECOND)


async def _draw(view: View, reader: Reader, stage: Stage) -> None:
    # A picture that comes too late must not end the demonstration.
    with suppress(HubError):
        taken = asyncio.to_thread(take_snapshot, reader, stage.peers, _store(stage))
        view.draw(await taken)


async def _send_everything(
    stage: Stage, scenario: Scenario, meanwhile: Coroutine[None, None, list[str]]
) -> list[str]:
    """Let all hospitals send at once, and the payer too; return what went wrong."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(meanwhile)]
        tasks += [
            group.create_task(_send(each, scenario.messages_of(each.name)))
            for each in stage.peers.hospitals
        ]
    return [problem for task in tasks for problem in task.result()]


async def _send(hospital: Hospital, messages: list[SentMessage]) -> list[str]:
    try:
        await hospital.send(messages)
    except HubError as error:
        return [str(error)]
    return [
        f"{count} messages of {hospital.name} were answered with {code}"
        for code, count in hospital.count.rejected.items()
    ]


async def _rest(hub: Hub) -> list[str]:
    """Wait until the hub has nothing more to do."""
    try:
        async with asyncio.timeout(REST_SECONDS):
            await hub.idle()
    except TimeoutError:
        return [f"the hub was still busy {REST_SECONDS} seconds after the last message"]
    return []


async def _let_time_pass(hub: PlayedHub) -> list[str]:
    """Let the hub tell of stays, which it does when all has been quiet for a while."""
    try:
        async with asyncio.timeout(REST_SECONDS):
            await hub.let_time_pass()
    except TimeoutError:
        return [f"the hub looked at stays for more than {REST_SECONDS} seconds"]
    return await _rest(hub)


async def _look_around(stage: Stage, scenario: Scenario) -> None:
    """Let somebody ask for services while the hub has little else to do."""
    async with Helpers(stage.admin_url) as helpers:
        for person in scenario.hungry().people[:1]:
            await helpers.look_around(person.address.postcode)


async def _close_loops(
    hub: PlayedHub, stage: Stage, scenario: Scenario
) -> tuple[int, list[str]]:
    """Let two people be referred; return how many bodies were posted, and problems."""
    hospital = next(e for e in stage.peers.hospitals if e.name == REFERRER)
    rest = partial(_rest, hub)
    players = LoopPlayers(hospital, stage.referrals, stage.admin_url, rest)
    return await players.play(scenario.hungry())


def _weeks_ago() -> datetime:
    """Return the first day of a story that ends a little while ago."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - SPAN


def _judge(
    hub: Hub, stage: Stage, scenario: Scenario, taken: int, problems: list[str]
) -> DemoResult:
    counts = _reader(stage).counts()
    known = take_known(_reader(stage), _store(stage))
    missing, unexpected = notices(_differences(stage, scenario))
    referred = take_referrals(_reader(stage))
    if left := unacknowledged(_reader(stage)):
        problems = [*problems, f"the payer did not acknowledge {left} files"]
    return DemoResult(
        **msgspec.structs.asdict(known.tally),
        review_queue=known.open_reviews,
        messages=Messages(
            received=take_received(_reader(stage), stage.peers.feeds()),
            acknowledged=stage.peers.acknowledged() + taken,
        ),
        events=counts.events,
        decisions=Decisions(**counts.decisions),
        denied=take_denials(_store(stage)),
        audit=take_audit(stage.folder / DATA),
        deliveries=counts.deliveries,
        exchanges=take_exchanged(_reader(stage)),
        directory=take_directory(_reader(stage)),
        referrals=referred.states,
        loops_closed=referred.closed,
        books_balance=_balanced(hub),
        missing=missing,
        unexpected=unexpected,
        problems=tuple(problems),
    )


def _differences(stage: Stage, scenario: Scenario) -> Difference:
    """Return what is wrong with what the peers received."""
    difference = compare(scenario.expected(), arrivals(stage.peers, _reader(stage)))
    difference = excuse(difference, withdrawn(_reader(stage)))
    visits = scenario.simulation.visits
    return account_for_links(difference, amended(stage.peers, _reader(stage)), visits)


def _balanced(hub: Hub) -> bool:
    with closing(hub.store.reader()) as connection:
        return balance(connection).balanced


def _reader(stage: Stage) -> Reader:
    return Reader(_store(stage))


def _store(stage: Stage) -> Path:
    return stage.folder / DATA / DATABASE_NAME


def _report(result: DemoResult, stage: Stage, options: DemoOptions) -> None:
    text = summarise(result, stage.folder, stage.admin_url)
    sys.stdout.write(f"{result.to_json()}\n" if options.json else text)
    sys.stdout.flush()


async def _interruption() -> None:
    """Wait for Ctrl-C or a request to terminate."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, asked.set)
    sys.stderr.write("The hub is still running; Ctrl-C ends it.\n")
    try:
        await asked.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _open_hub(stage: Stage) -> AsyncIterator[PlayedHub]:
    registry = Registry.discover()
    async with PlayedHub(load(stage.config, registry), registry) as hub:
        await hub.started()
        yield hub
