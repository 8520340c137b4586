"""Sources run by themselves: one that fails stops no other."""

import asyncio

import pytest
from structlog.testing import capture_logs

from hub.errors import HubError, Recovery
from hub.runtime import supervisor
from hub.runtime.conditions import Conditions
from hub.runtime.errors import NothingRunsError
from hub.runtime.supervisor import supervise
from hub.testing.inbox import MemoryInbox
from tests.plugins import hostile_sources


class NoCableError(HubError):
    """Made up."""

    code = "RTTEST-010"
    summary = "There is no cable"
    remedy = "Plug it in"
    recovery = Recovery.RETRY


class NoSocketError(HubError):
    """Made up."""

    code = "RTTEST-011"
    summary = "There is no socket"
    remedy = "Build one"
    recovery = Recovery.STOP


class Follows:
    """A source that fails as it is told, then receives until cancelled."""

    def __init__(self, *errors):
        self._errors = list(errors)
        self.runs = 0

    async def run(self, inbox):
        self.runs += 1
        if self._errors:
            raise self._errors.pop(0)
        inbox.report_ready("somewhere")
        await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", (0.001, 0.001))


class Inbox(MemoryInbox):
    def __init__(self, name, conditions):
        super().__init__(name)
        self._conditions = conditions

    def report_ready(self, address):
        self._conditions.source_ready(self.feed, address)


@pytest.fixture
async def start():
    """Return what supervises a source for a test."""
    tasks = []

    def start(name, source, conditions):
        inbox = Inbox(name, conditions)
        tasks.append(asyncio.create_task(supervise(name, source, inbox, conditions)))
        return tasks[-1]

    yield start
    for _ in range(3):  # some ignore the first request
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what is watched has no event
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    "error",
    [NoCableError(), RuntimeError("broken"), SystemExit(3), asyncio.CancelledError()],
)
async def test_starts_a_source_again_that_fails(start, error):
    conditions = Conditions(["one"])
    source = Follows(error, error, error)

    start("one", source, conditions)
    await until(lambda: conditions["one"].state == "running")

    assert source.runs == 4
    assert conditions.complaints() == []


class FailsInAGroup(Follows):
    """Before Python 3.13 such a task counts as cancelled from then on."""

    async def run(self, inbox):
        async with asyncio.TaskGroup() as group:
            group.create_task(super().run(inbox))
            group.create_task(asyncio.sleep(0))


async def test_starts_a_source_again_whose_task_group_fails(start):
    conditions = Conditions(["one"])
    source = FailsInAGroup(NoCableError(), NoCableError())

    start("one", source, conditions)
    await until(lambda: conditions["one"].state == "running")

    assert source.runs == 3


class NoPlugError(NoCableError):
    """Made up."""

    code = "RTTEST-012"


class LeaveAloneError(NoCableError):
    """Made up."""

    code = "RTTEST-013"
    retry_after_seconds = 900.0


async def test_the_same_fault_is_an_error_once_and_another_one_is_another(start):
    conditions = Conditions(["one"])
    cable, plug = NoCableError(), NoPlugError()

    with capture_logs() as logs:
        start("one", Follows(cable, cable, cable, plug, cable), conditions)
        await until(lambda: conditions["one"].state == "running")

    said = [
        (each["log_level"], each["error_code"])
        for each in logs
        if each["event"] == "source.failed"
    ]
    assert said == [
        ("error", cable.code),
        ("debug", cable.code),
        ("debug", cable.code),
        ("error", plug.code),
        ("error", cable.code),
    ]


async def test_a_fault_after_a_good_run_is_an_error_again(start, monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", (0.001, -1.0))
    conditions = Conditions(["one"])

    with capture_logs() as logs:
        start("one", Follows(NoCableError(), NoCableError()), conditions)
        await until(lambda: conditions["one"].state == "running")

    levels = [each["log_level"] for each in logs if each["event"] == "source.failed"]
    assert levels == ["error", "error"]


async def test_a_source_that_asks_to_be_left_alone_waits_and_says_so(
    start, monkeypatch
):
    waits, real = [], asyncio.sleep

    async def sleep(seconds):
        waits.append((seconds, conditions["one"].state))
        await real(0)

    conditions = Conditions(["one"])
    source = Follows(LeaveAloneError(), NoCableError())
    monkeypatch.setattr(supervisor.asyncio, "sleep", sleep)
    task = start("one", source, conditions)
    while source.runs < 3:
        await real(0.001)
    monkeypatch.undo()

    assert not task.done()
    assert waits[0] == (900.0, "waiting")
    assert waits[1][0] < 1


async def test_starts_a_source_again_that_ends_by_itself(start):
    conditions = Conditions(["one"])
    start("one", hostile_sources.Returns(None), conditions)

    await until(lambda: conditions["one"].last_error_code == "HUB-002")


async def test_leaves_a_source_alone_that_cannot_work_and_runs_the_others(start):
    conditions = Conditions(["one", "two"])
    broken = Follows(NoSocketError())

    task = start("one", broken, conditions)
    start("two", Follows(), conditions)
    await task
    async with asyncio.timeout(10):
        await conditions.started()

    assert broken.runs == 1
    assert conditions.complaints() == ["source one is failed RTTEST-011"]
    assert conditions["two"].state == "running"


async def test_says_so_where_no_source_can_work(start):
    conditions = Conditions(["one", "two"])
    for name in ("one", "two"):
        start(name, Follows(NoSocketError()), conditions)

    async with asyncio.timeout(10):
        with pytest.raises(NothingRunsError, match="RTTEST-011"):
            await conditions.started()


async def test_a_hub_without_sources_has_started():
    async with asyncio.timeout(1):
        await Conditions([]).started()


async def test_a_source_that_never_comes_up_does_not_delay_the_start_of_the_hub(start):
    conditions = Conditions(["one", "two"])
    start("one", hostile_sources.Crashes(None), conditions)
    start("two", Follows(), conditions)

    async with asyncio.timeout(5):
        await conditions.started()


async def test_a_source_that_puts_junk_fails_by_itself(start):
    conditions = Conditions(["one"])
    start("one", hostile_sources.PutsJunk(None), conditions)

    await until(lambda: conditions["one"].last_error_code == "HUB-002")


async def test_a_source_that_ignores_being_cancelled_is_not_started_again(
    start, monkeypatch
):
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", (1e6, 1e6))
    conditions = Conditions(["one"])
    task = start("one", hostile_sources.IgnoresStop(None), conditions)
    await until(lambda: conditions["one"].state == "running")

    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=3)

    assert done
