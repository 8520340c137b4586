"""The benchmark: ``make bench``.

The load stays on one core; what it is sent to may use all. Each round measures
the bare limit, which stores nothing, the least that stores, and the hub one after the
other, so that what disturbs one disturbs the others; medians of the rounds are
reported. Rates depend on the machine: read the ratios.
"""

import argparse
import json
import os
import platform
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
HUB = str(Path(sys.executable).with_name("hub"))
CONNECTIONS = (1, 8, 32)
MESSAGES = {1: 3_000, 8: 15_000, 32: 30_000}
END_TO_END = 6_000
WARM_UP = 500
SETTLE_SECONDS = 3
TICKS = os.sysconf("SC_CLK_TCK")

CONFIG = """
[hub]
name = "bench"
data_dir = "data"

[admin]
port = {admin}

[sources.bench]
kind = "mllp-listener"
port = {port}
profile = {{ charset_default = "8859/1", time_zone = "Europe/Berlin" }}
"""
WEBHOOK = """
[destinations.webhook]
kind = "webhook"
format = "cloudevents-json"
url = "http://127.0.0.1:{webhook}/"
secret = "env:BENCH_SECRET"
concurrency = 8

[subscriptions.all]
destination = "webhook"
panel = "all"
events = ["encounter.admitted"]
purpose = "care_coordination"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core, arguments):
    """Return the command that runs Python on one core, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    code = (
        "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
    )
    return [sys.executable, "-c", code, str(cores[core % len(cores)]), *arguments]


def start(arguments, **options):
    return subprocess.Popen([sys.executable, *arguments], text=True, **options)


def cpu_seconds(process):
    """Return what a process and those that it started have used, as far as they run."""
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # others come and go
            fields = stat.read_text().rpartition(")")[2].split()
            if process.pid in {int(stat.parent.name), int(fields[1])}:
                used += int(fields[11]) + int(fields[12])
    return used / TICKS


@contextmanager
def measure_of(name):
    """Run what the hub is compared with: ``bare`` or ``least``."""
    process = start([str(HERE / f"{name}.py")], stdout=subprocess.PIPE)
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        process.stdout.close()


@contextmanager
def hub(*, webhook=0):
    admin, port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as folder:
        config = Path(folder) / "hub.toml"
        text = CONFIG.format(admin=admin, port=port)
        config.write_text(text + (WEBHOOK.format(webhook=webhook) if webhook else ""))
        process = start(
            [HUB, "run", "--config", str(config)],
            env=os.environ | {"BENCH_SECRET": "whsec_" + "QUJD" * 8},
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_ready(admin)
            yield process, port, Path(folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def wait_until_ready(admin):
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{admin}/health/ready").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the hub did not become ready")


def load(port, connections, messages, *, first=1, webhook=0):
    command = [str(HERE / "load.py"), "--port", str(port)]
    command += ["--connections", str(connections), "--messages", str(messages)]
    command += ["--first", str(first), "--webhook", str(webhook)]
    done = subprocess.run(
        pinned(1, command), check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def measure(process, port, connections, first):
    """Return one measurement, after a warm-up that is over and done with."""
    load(port, connections, max(500, connections * 20), first=first)
    time.sleep(SETTLE_SECONDS)
    before = cpu_seconds(process)
    count = MESSAGES[connections]
    report = load(port, connections, count, first=first + 1_000_000)
    report["cpu_s_per_1000"] = (cpu_seconds(process) - before) / count * 1000
    return report


def acknowledgements(rounds):
    """Compare both measures and the hub, alternating, for numbers of connections."""
    table = {}
    for connections in CONNECTIONS:
        reports = {"bare": [], "least": [], "hub": []}
        for _ in range(rounds):
            for name in ("bare", "least"):
                with measure_of(name) as (process, port):
                    reports[name].append(measure(process, port, connections, 1))
            with hub() as (process, port, _):
                reports["hub"].append(measure(process, port, connections, 1))
        table[connections] = {
            name: {key: median(each[key] for each in runs) for key in runs[0]}
            for name, runs in reports.items()
        }
    return table


def end_to_end(rounds):
    """Return messages per second until the last event is at the webhook.

    After a warm-up: a pipeline in a process of its own is not there at once.
    """
    rates, cpu = [], []
    for _ in range(rounds):
        webhook = free_port()
        with hub(webhook=webhook) as (process, port, _):
            load(port, 8, WARM_UP, webhook=webhook)
            before = cpu_seconds(process)
            first = WARM_UP + 1
            report = load(port, 8, END_TO_END, first=first, webhook=webhook)
            rates.append(report["end_to_end"])
            cpu.append((cpu_seconds(process) - before) / END_TO_END * 1000)
    return {"rate": median(rates), "cpu_s_per_1000": median(cpu)}


def show(table, total):
    lines = [
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "ACK after commit with synchronous=FULL",
        "connections        ACK/s   p50 ms   p99 ms   CPU s/1000   of bare  of least",
    ]
    for connections, each in table.items():
        for name, one in each.items():
            shares = [one["rate"] / each[of]["rate"] for of in ("bare", "least")]
            lines.append(
                f"{connections:>6} {name:<8}{one['rate']:>9.0f}{one['p50_ms']:>9.2f}"
                f"{one['p99_ms']:>9.2f}{one['cpu_s_per_1000']:>13.3f}"
                f"{shares[0]:>10.0%}{shares[1]:>10.0%}"
            )
    lines.append(
        f"end to end to one webhook: {total['rate']:.0f} messages/s, "
        f"{total['cpu_s_per_1000']:.2f} CPU s per 1,000"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    acks, total = acknowledgements(options.rounds), end_to_end(options.rounds)
    if options.json:
        print(json.dumps({"acknowledged": acks, "end_to_end": total}))  # noqa: T201
    else:
        print(show(acks, total))  # noqa: T201
