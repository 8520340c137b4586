"""How much of the plain rate the listener keeps with TLS: ``tests/perf/tls.py``.

The plugin's listener with an inbox that stores at once, in a process of its own on
one core, and senders with one message in flight each on the other, through TLS 1.3
with client certificates and without. Each round measures both, one after the other.
Ends with status 1 where the median ratio is below the floor.
"""

import argparse
import asyncio
import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import uvloop
from load import Sender

from hub.sdk import Stored
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings

FLOOR = 0.5
CONNECTIONS = 8
MESSAGES = 30_000
WARM_UP = 1_000
HOST = "127.0.0.1"
REQUEST = [
    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "365", "-subj", "/CN=perf",
    "-addext", f"subjectAltName=IP:{HOST}", "-keyout", "perf.key", "-out", "perf.pem",
]  # fmt: skip


class Inbox:
    """Stores at once, and nothing."""

    feed = "perf"

    def __init__(self):
        self._loop = asyncio.get_running_loop()
        self._stored = Stored(id="perf")

    def submit(self, message, on_stored, on_processed=None):
        del message, on_processed
        self._loop.call_soon(on_stored, self._stored)

    def report_ready(self, address):
        print(address, flush=True)  # noqa: T201  the parent waits for it


async def listen(folder):
    files = {}
    if folder:
        certificate = Path(folder) / "perf.pem"
        files = {"tls_certificate": certificate, "tls_client_ca": certificate}
        files["tls_key"] = Path(folder) / "perf.key"
    settings = ListenerSettings(kind="mllp-listener", port=0, mode="original", **files)
    await MllpListener(settings).run(Inbox())


async def send(port, folder, count, first):
    """Send `count` messages; return how many are acknowledged in a second."""
    context = None
    if folder:
        context = ssl.create_default_context(cafile=Path(folder) / "perf.pem")
        context.load_cert_chain(Path(folder) / "perf.pem", Path(folder) / "perf.key")
    loop = asyncio.get_running_loop()
    numbers, latencies = iter(range(first, first + count)), []
    events = [asyncio.Event() for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for event in events:
        await loop.create_connection(
            lambda event=event: Sender(numbers, latencies, event),
            HOST, port, ssl=context,
        )  # fmt: skip
    await asyncio.gather(*(event.wait() for event in events))
    return len(latencies) / (time.perf_counter() - started)


async def load(port, folder):
    await send(port, folder, WARM_UP, 1)
    print(json.dumps(await send(port, folder, MESSAGES, 1_000_000)))  # noqa: T201


def pinned(core):
    cores = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {cores[core % len(cores)]})


def command(*arguments):
    return [sys.executable, __file__, *map(str, arguments)]


@contextmanager
def listener(folder):
    process = subprocess.Popen(
        command("--listen", "--folder", folder),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(0),  # noqa: PLW1509  there are no threads here
    )
    try:
        yield int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def cpu_seconds():
    """Return what all processes that have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(folder):
    """Return the rate, and the listener's processor time for 1,000 messages."""
    with listener(folder) as port:
        done = subprocess.run(
            command("--port", port, "--folder", folder),
            check=True,
            capture_output=True,
            text=True,
            preexec_fn=pinned(1),
        )
        before = cpu_seconds()
    thousands = (MESSAGES + WARM_UP) / 1000
    return json.loads(done.stdout), (cpu_seconds() - before) / thousands


def compare(rounds):
    """Return one line of text and the median ratio of TLS to plain."""
    with tempfile.TemporaryDirectory(prefix="carehub-tls-") as folder:
        subprocess.run(REQUEST, check=True, capture_output=True, cwd=folder)
        both = [(measure(""), measure(folder)) for _ in range(rounds)]
    ratio = median(tls[0] / plain[0] for plain, tls in both)
    rates = [median(pair[n][0] for pair in both) for n in (0, 1)]
    cpu = [median(pair[n][1] for pair in both) for n in (0, 1)]
    return (
        f"MLLP listener, {CONNECTIONS} connections: plain {rates[0]:.0f} ACK/s "
        f"({cpu[0]:.3f} CPU s per 1,000), TLS 1.3 {rates[1]:.0f} ACK/s "
        f"({cpu[1]:.3f}), TLS/plain {ratio:.0%} (floor {FLOOR:.0%})"
    ), ratio


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--listen", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", default="")
    options = parser.parse_args()
    if options.listen:
        uvloop.run(listen(options.folder))
    elif options.port:
        uvloop.run(load(options.port, options.folder))
    else:
        text, ratio = compare(options.rounds)
        print(text)  # noqa: T201  this is what it is for
        sys.exit(ratio < FLOOR)


if __name__ == "__main__":
    main()
