"""How fast files are fetched, and what that does to a hospital's acknowledgements.

``tests/perf/sftp.py`` runs OpenSSH's server on loopback and measures, by turns,
paramiko's own `get` at its best, one download by the hub's process, and three at once;
then the time to an acknowledgement over MLLP while nothing is fetched, and while four
large files are. There the server stands for another machine, at the lowest priority.
Ends with status 1 where a floor is not reached.
"""

import argparse
import asyncio
import getpass
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles

import paramiko
import uvloop
from bench import HUB, free_port, wait_until_ready
from load import Sender

from hub_sftp.fetching.downloading import Downloader
from hub_sftp.fetching.downloading_child import NICENESS
from hub_sftp.fetching.pacing import Pace
from hub_sftp.fetching.settings import SftpPollerSettings
from hub_sftp.fetching.spooling import Job

SSHD = Path("/usr/sbin/sshd")
#: Of the speed of paramiko's best `get`; of one download, three together; of the time
#: to an acknowledgement.
SINGLE_FLOOR, PARALLEL_FLOOR, LATENCY_CEILING = 0.8, 1.0, 2.0
PARALLEL, DOWNLOADS = 3, 4
MESSAGES_PER_SECOND, CONNECTIONS, WARM_UP = 200, 8, 400
MEBIBYTE = 1 << 20
GCM = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")

KEYGEN = ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f"]

SERVER = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 50
Subsystem sftp internal-sftp
"""
CONFIG = """
[hub]
data_dir = "data"

[admin]
port = {admin}

[sources.bench]
kind = "mllp-listener"
port = {mllp}
profile = {{ charset_default = "8859/1", time_zone = "Europe/Berlin" }}

[sources.files]
kind = "sftp-poller"
host = "127.0.0.1"
port = {port}
user = "{user}"
private_key = "file:{folder}/user_key"
known_hosts = "{folder}/known_hosts"
folder = "{inbox}"
concurrency = {downloads}
poll_seconds = 1
claim = "record"
profile = {{ semantics = "audit", system = "BENCH", columns = {{ member_id = "id" }} }}
"""


@contextmanager
def sshd(folder, priority):
    """Run a server; give its port."""
    port = free_port()
    for name in ("host_key", "user_key"):
        if not (folder / name).exists():
            subprocess.run([*KEYGEN, folder / name], check=True)
    key = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    config = folder / "sshd_config"
    config.write_text(SERVER.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen(
        ["/usr/bin/nice", "-n", str(priority), SSHD, "-D", "-f", config],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port):
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    sys.exit("the server did not start")


def settings(folder, port):
    return SftpPollerSettings(
        kind="sftp-poller",
        host="127.0.0.1",
        port=port,
        user=getpass.getuser(),
        private_key=f"file:{folder}/user_key",
        known_hosts=folder / "known_hosts",
    )


def by_paramiko(folder, port, source, *, gcm):
    """Return MB/s of one `get`, with the cipher that it likes or the fastest one."""

    def transport(sock, **rest):
        made = paramiko.Transport(sock, **rest)
        options = made.get_security_options()
        if gcm:
            options.ciphers = (*GCM, *(c for c in options.ciphers if c not in GCM))
        return made

    with paramiko.SSHClient() as client:
        client.load_host_keys(str(folder / "known_hosts"))
        client.connect(
            "127.0.0.1",
            port,
            getpass.getuser(),
            key_filename=str(folder / "user_key"),
            allow_agent=False,
            transport_factory=transport,
        )
        sftp = client.open_sftp()
        started = time.perf_counter()
        sftp.get(str(source), str(folder / "got"))
        return rate(source, started)


def got(folder, port, *, gcm):
    """Return what `by_paramiko` does in a process of the downloads' priority."""
    command = [sys.executable, __file__, "--get", folder, "--port", str(port)]
    command += ["--gcm"] if gcm else []
    behind = ["/usr/bin/nice", "-n", str(NICENESS)]
    done = subprocess.run(
        [*behind, *command], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def rate(source, started, copies=1):
    seconds = time.perf_counter() - started
    return source.stat().st_size * copies / 1e6 / seconds


async def by_hub(folder, port, source, copies):
    """Return MB/s of some downloads at once, by processes that are connected."""
    downloaders = [
        Downloader(settings(folder, port), Pace(lambda: False)) for _ in range(copies)
    ]
    size = source.stat().st_size

    async def fetch(number, length):
        spool = folder / f"spool-{number}"
        spool.unlink(missing_ok=True)
        job = Job(path=str(source), spool=str(spool), offset=0, size=length)
        await downloaders[number].fetch(job)

    try:
        os.truncate(folder / "small", 1)
        small = Job(
            path=str(folder / "small"), spool=str(folder / "s"), offset=0, size=1
        )
        for downloader in downloaders:
            await downloader.fetch(small)
        started = time.perf_counter()
        await asyncio.gather(*(fetch(number, size) for number in range(copies)))
        return rate(source, started, copies)
    finally:
        for downloader in downloaders:
            await downloader.close()


def throughput(folder, port, source, rounds):
    """Return the medians of all ways, measured by turns."""
    (folder / "small").touch()
    found = {"get": [], "get, aes-gcm": [], "hub": [], f"hub, {PARALLEL} at once": []}
    for _ in range(rounds):
        found["get"].append(got(folder, port, gcm=False))
        found["get, aes-gcm"].append(got(folder, port, gcm=True))
        found["hub"].append(uvloop.run(by_hub(folder, port, source, 1)))
        parallel = uvloop.run(by_hub(folder, port, source, PARALLEL))
        found[f"hub, {PARALLEL} at once"].append(parallel)
    return {name: median(each) for name, each in found.items()}


class PacedSender(Sender):
    """Sends at a steady rate, as a hospital does, and waits for each answer."""

    def _next(self):
        loop = asyncio.get_running_loop()
        self.due = getattr(self, "due", loop.time()) + CONNECTIONS / MESSAGES_PER_SECOND
        loop.call_at(self.due, super()._next)


async def latencies(port, count, first):
    """Return the times to acknowledgements in milliseconds."""
    numbers, seconds = iter(range(first, first + count)), []
    events = [asyncio.Event() for _ in range(CONNECTIONS)]
    loop = asyncio.get_running_loop()
    for event in events:
        await loop.create_connection(
            lambda event=event: PacedSender(numbers, seconds, event), "127.0.0.1", port
        )
    await asyncio.gather(*(event.wait() for event in events))
    return [each * 1000 for each in seconds]


@contextmanager
def hub(folder, port, inbox):
    admin, mllp = free_port(), free_port()
    config = folder / "hub.toml"
    config.write_text(
        CONFIG.format(
            admin=admin, mllp=mllp, port=port, user=getpass.getuser(),
            folder=folder, inbox=inbox, downloads=DOWNLOADS,
        )
    )  # fmt: skip
    process = subprocess.Popen(
        [HUB, "run", "--config", str(config)], stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(admin)
        yield mllp
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def spooled(folder):
    """Return how many bytes of files the hub is fetching, None where it is not."""
    spool = folder / "data" / "exchange" / "spool"
    sizes = []
    for each in spool.iterdir():
        with suppress(FileNotFoundError):
            sizes.append(each.stat().st_size)
    return sum(sizes) if sizes else None


def kept(folder):
    """Return how many bytes of files the hub holds."""
    originals = (folder / "data" / "exchange" / "files").rglob("xch_*")
    return sum(each.stat().st_size for each in originals) + (spooled(folder) or 0)


@contextmanager
def downloads(folder, source, turn):
    """Let the hub fetch more files than it can, for the length of the block."""
    inbox = folder / "inbox"
    for number in range(DOWNLOADS * 8):
        name = inbox / f"{turn}-{number}.csv"
        os.link(source, name.with_suffix(".part"))
        name.with_suffix(".part").rename(name)
    while (spooled(folder) or 0) < MEBIBYTE:
        time.sleep(0.05)
    yield
    if spooled(folder) is None:
        sys.exit("all files were fetched too soon: make them larger")
    for each in inbox.iterdir():
        each.unlink()
    while spooled(folder) is not None:
        time.sleep(0.05)


def beside_downloads(folder, port, source, seconds, turns):
    """Measure without and with downloads by turns, since the machine has its moods.

    Returns for each turn p99 in ms without and with them, and MB/s of them meanwhile.
    """
    inbox = folder / "inbox"
    inbox.mkdir()
    count, found = int(MESSAGES_PER_SECOND * seconds), []
    firsts = iter(range(1_000_000, 10**9, 1_000_000))
    with hub(folder, port, inbox) as mllp:
        uvloop.run(latencies(mllp, WARM_UP, 1))
        for turn in range(turns):
            quiet = uvloop.run(latencies(mllp, count, next(firsts)))
            with downloads(folder, source, turn):
                before, started = kept(folder), time.perf_counter()
                busy = uvloop.run(latencies(mllp, count, next(firsts)))
                speed = (kept(folder) - before) / 1e6 / (time.perf_counter() - started)
            found.append((p99(quiet), p99(busy), speed))
    return found


def p99(values):
    return quantiles(values, n=100)[98]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mebibytes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--get", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--gcm", action="store_true")
    options = parser.parse_args()
    if options.get:
        source = options.get / "source"
        print(by_paramiko(options.get, options.port, source, gcm=options.gcm))  # noqa: T201
        return
    if not SSHD.exists():
        sys.exit(f"{SSHD} is not installed")
    with tempfile.TemporaryDirectory(prefix="carehub-sftp-") as name:
        folder = Path(name)
        source = folder / "source"
        source.write_bytes(os.urandom(options.mebibytes * MEBIBYTE))
        with sshd(folder, 0) as port:
            speeds = throughput(folder, port, source, options.rounds)
        with sshd(folder, 19) as port:
            turns = beside_downloads(
                folder, port, source, options.seconds, options.turns
            )
    best = max(speeds["get"], speeds["get, aes-gcm"])
    single = speeds["hub"] / best
    parallel = speeds[f"hub, {PARALLEL} at once"] / speeds["hub"]
    shown = ", ".join(f"{name} {speed:.0f}" for name, speed in speeds.items())
    quiet, busy, meanwhile = (median(each) for each in zip(*turns, strict=True))
    pairs = ", ".join(f"{each[0]:.1f}/{each[1]:.1f}" for each in turns)
    print(f"SFTP downloads, MB/s: {shown}")  # noqa: T201
    print(  # noqa: T201
        f"hub/best get {single:.0%} (floor {SINGLE_FLOOR:.0%}), {PARALLEL} at once/one "
        f"{parallel:.0%} (floor {PARALLEL_FLOOR:.0%})\n"
        f"MLLP at {MESSAGES_PER_SECOND}/s: p99 {quiet:.2f} ms, with {DOWNLOADS} "
        f"downloads ({meanwhile:.0f} MB/s) {busy:.2f} ms, {busy / quiet:.2f} times "
        f"(ceiling {LATENCY_CEILING}; by turns, in ms: {pairs})"
    )
    reached = single >= SINGLE_FLOOR and parallel >= PARALLEL_FLOOR
    sys.exit(not (reached and busy <= LATENCY_CEILING * quiet))


if __name__ == "__main__":
    main()
