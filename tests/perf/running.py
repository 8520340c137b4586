"""A hub as it runs, with a journal full of messages: how fast it works them off.

The pipeline has a process of its own there, and works while what it did before is
being committed.
"""

import signal
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

from bench import HUB, cpu_seconds, free_port
from working import settings_of_sites, working

from hub.store.sqlite import DATABASE_NAME

POLL_SECONDS = 0.02
#: The hub starts and finds its caches empty while it works off the first ones.
SKIPPED = 0.2
CONFIG = """
[hub]
data_dir = "{folder}"

[admin]
port = {admin}
"""


def worked_off(folder, now, messages):
    """Return messages a second, and seconds of all processors for 1,000 of them."""
    with working(folder, now) as work:
        work.hear(messages)
    first = len(messages) * (1 - SKIPPED)
    with _hub(folder) as process, closing(_reader(folder)) as reader:
        left = _wait(reader, first)
        started, cpu = time.perf_counter(), cpu_seconds(process)
        _wait(reader, 0)
        seconds = time.perf_counter() - started
        return {
            "rate": left / seconds,
            "cpu_s_per_1000": (cpu_seconds(process) - cpu) / left * 1000,
        }


def _wait(reader, most):
    """Wait until at most so many messages wait; return how many do."""
    query = "SELECT count(*) FROM message WHERE state = 'received'"
    while (left := reader.execute(query).fetchone()[0]) > most:
        time.sleep(POLL_SECONDS)
    return left


def _reader(folder):
    return sqlite3.connect(f"file:{folder / DATABASE_NAME}?mode=ro", uri=True)


@contextmanager
def _hub(folder):
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as scrap:
        config = Path(scrap) / "hub.toml"
        text = CONFIG.format(folder=folder.resolve(), admin=free_port())
        config.write_text(text + settings_of_sites(free_port))
        process = subprocess.Popen(
            [HUB, "run", "--config", str(config)], stderr=subprocess.DEVNULL
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)
