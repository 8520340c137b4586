"""Runs what the pages describe: programs in the background, and a hub."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 20


def free_ports(count):
    """Return ports on loopback that were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def background(command: list[str], log: Path, **options) -> Iterator[subprocess.Popen]:
    """Run `command` for the length of the block; what it prints goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(STOP_SECONDS)


def wait_for_port(port: int, process: subprocess.Popen, log: Path) -> None:
    """Wait until something listens at `port`; fail with `log` where it ends."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=1),
        ):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def wait_for_text(log: Path, words: str) -> str:
    """Wait until `words` stand in `log`; return all of it."""
    deadline = time.monotonic() + START_SECONDS
    while words not in (text := log.read_text()):
        assert time.monotonic() < deadline, text
        time.sleep(0.05)
    return text


def hub_command(*words: str) -> list[str]:
    """Return the command line of a hub command in this environment."""
    return [sys.executable, "-c", "from hub.cli import main; main()", *words]


async def exchange(port: int, body: bytes) -> bytes:
    """Send one message over MLLP and return the acknowledgement."""
    async with asyncio.timeout(START_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0b" + body + b"\x1c\r")
        answer = await reader.readuntil(b"\x1c\r")
        writer.close()
        await writer.wait_closed()
    return answer[1:-2]


def segments(text: str) -> bytes:
    """Return a message that a page shows with one segment to a line."""
    return text.strip("\n").replace("\n", "\r").encode() + b"\r"


def matches(shown: str, real: str) -> bool:
    """Say whether `real` is what a page shows, with ``…`` for what varies."""
    pattern = ".*".join(map(re.escape, shown.split("…")))
    return re.fullmatch(pattern, real, re.DOTALL) is not None


def holds(shown: object, real: object) -> bool:
    """Say whether the JSON value `real` has all that a page shows of it."""
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(
            name in real and holds(value, real[name]) for name, value in shown.items()
        )
    if isinstance(shown, str):
        return isinstance(real, str) and matches(shown, real)
    return shown == real
