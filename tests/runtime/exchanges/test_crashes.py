"""A hub that ends anywhere while a file takes effect: each row counts once (F67).

All files are made up.
"""

import asyncio
import os
import signal
import sys
from contextlib import closing, suppress
from random import Random

from hub.store.sqlite import open_reader
from tests.runtime.exchanges.files_world import opened, text

ROWS = 5000
FIRST = [f"k{n},{n}" for n in range(0, ROWS, 2)]
SECOND = [f"k{n},{n if n % 4 else n + ROWS}" for n in range(ROWS)]


class Crash(BaseException):
    """Not an error that anything may catch: the hub is gone."""


def crashing(writer, calls, *, committed):
    """Let the hub crash at a call of the writer: before its commit or after it."""
    call, left = writer.call, [calls]

    def instead(apply, payload=None, size=0):
        left[0] -= 1
        if left[0] == 0 and not committed:
            raise Crash
        result = call(apply, payload, size)
        if left[0] <= 0:
            raise Crash
        return result

    writer.call = instead


def check(files):
    """Each change is a message, once; and so is who is held and on the panel."""
    values = {f"k{n}": str(n if n % 4 else n + ROWS) for n in range(ROWS)}
    assert files.held() == values
    assert files.members() == sorted(values.values())
    found = files.messages()
    first = [("set", f"k{n}", str(n), None) for n in range(0, ROWS, 2)]
    assert sorted(found[: len(first)]) == sorted(first)
    changed = sorted(key for _, key, _, _ in found[len(first) :])
    before = {f"k{n}" for n in range(0, ROWS, 2)}
    unchanged = {key for key in before if values[key] == key[1:]}
    assert changed == sorted(set(values) - unchanged)
    assert files.unbalanced() == []


async def finish(folder):
    async with opened(folder) as files:
        await files.done()
        check(files)


async def wait_for(folder, rows):
    """Wait until so many messages are in the store, or the hub has ended."""
    with closing(open_reader(folder)) as reader:
        count = "SELECT count(*) FROM message"
        while reader.execute(count).fetchone()[0] < rows:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)


async def test_a_hub_that_crashes_again_and_again_counts_each_row_once(tmp_path):
    folder, crashes = tmp_path / "data", 0
    draw = Random(1)  # noqa: S311 - reproducible, not secret
    async with opened(folder) as files:
        await files.deliver(text("full", *FIRST), "first.csv")
        await files.deliver(text("full", *SECOND), "second.csv")
    done = False
    while not done:
        with suppress(Crash):
            async with opened(folder) as files:
                calls = draw.randint(1, 60)
                crashing(files.store.writer, calls, committed=draw.random() < 0.5)
                await files.done()
                done = True
        crashes += not done

    assert crashes > 5
    await finish(folder)


SCRIPT = """
import asyncio, sys
from pathlib import Path
from tests.runtime.exchanges.files_world import opened
async def main():
    async with opened(Path(sys.argv[1])) as files:
        await files.done()
asyncio.run(main())
"""


async def test_a_hub_that_is_killed_counts_each_row_once(tmp_path):
    folder, kills = tmp_path / "data", 0
    async with opened(folder) as files:
        await files.deliver(text("full", *FIRST), "first.csv")
        await files.deliver(text("full", *SECOND), "second.csv")
    for rows in (1, 700, 2600, 3800):
        hub = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SCRIPT,
            str(folder),
            stdout=asyncio.subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        waiting = asyncio.create_task(wait_for(folder, rows))
        ended = asyncio.create_task(hub.wait())
        await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not ended.done():
            hub.send_signal(signal.SIGKILL)
        kills += await ended == -signal.SIGKILL

    assert kills
    await finish(folder)
