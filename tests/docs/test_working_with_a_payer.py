"""The guide to a payer by hand: each block, in its order, with a real SSH server."""

import getpass
import re
import subprocess
import sys
import time

import pytest

from hub.store.books import balance
from hub.store.sqlite import open_reader
from tests.acceptance.openssh import OpenSsh, why_not
from tests.docs.pages import ROOT, blocks
from tests.docs.running import (
    START_SECONDS,
    background,
    free_ports,
    hub_command,
    matches,
    wait_for_text,
)

PAGE = ROOT / "docs/how-to/work-with-a-payer.md"
BLOCKS = blocks(PAGE)
FOLDERS = ("rosters/inbox", "answers/inbox", "answers-x12/inbox")

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "it runs"),
]


class Desk:
    """Where somebody sits who does what the page says, word by word."""

    def __init__(self, folder, server):
        self.folder = folder / "desk"
        self.server = server
        self.mllp, self.admin = free_ports(2)
        self.programs = folder / "programs"
        for each in (self.folder, self.programs, self.folder / "keys"):
            each.mkdir(parents=True)
        for name, source in (
            ("payer-a", server.user_key),
            ("known_hosts", server.known_hosts),
        ):
            (self.folder / "keys" / name).write_bytes(source.read_bytes())
        (self.folder / "send.py").write_bytes(
            (ROOT / "docs/how-to/send.py").read_bytes()
        )
        self._make_programs()

    def _make_programs(self):
        """Let the names of the page lead to what is here."""
        config = self.programs / "ssh_config"
        config.write_text(
            f"Host sftp.payer-a.example\n  HostName 127.0.0.1\n"
            f"  Port {self.server.port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {self.server.user_key}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.server.known_hosts}\n  LogLevel ERROR\n"
        )
        for name, command in {
            "sftp": f"/usr/bin/sftp -q -F {config}",
            "python3": sys.executable,
            "hub": f"{sys.executable} -c 'from hub.cli import main; main()'",
        }.items():
            path = self.programs / name
            path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            path.chmod(0o700)

    def write(self, block):
        """Write a file as the page shows it, with the ports that are free here."""
        text = block.text.replace("2575", str(self.mllp))
        if block.language == "toml":
            text = text.replace(
                'host = "sftp.payer-a.example"\nuser = "carehub"',
                f'host = "127.0.0.1"\nport = {self.server.port}\n'
                f'user = "{getpass.getuser()}"',
            )
            text += f"\n[admin]\nport = {self.admin}\n"
        (self.folder / block.file).write_text(text)

    def run(self, command):
        """Run a line or a script of the page; return what it prints."""
        done = subprocess.run(
            ["/bin/sh", "-euc", command.replace("2575", str(self.mllp))],
            cwd=self.folder,
            env={"PATH": f"{self.programs}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def squeezed(text):
    """Return the lines without what only fills a column."""
    lines = (" ".join(re.sub("─+", "─", line).split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def patiently(shown, ask):
    """Ask until what the page shows is what there is."""
    deadline = time.monotonic() + START_SECONDS
    while not matches(squeezed(shown), real := squeezed(ask())):
        assert time.monotonic() < deadline, real
        time.sleep(0.1)


@pytest.fixture
def server(tmp_path):
    server = OpenSsh(tmp_path).start()
    for each in (*FOLDERS, "notices", "notices-x12"):
        (server.root / each).mkdir(parents=True)
    yield server
    server.stop()


@pytest.fixture
def desk(tmp_path, server):
    return Desk(tmp_path, server)


def notices(desk):
    """Return what the CSV files say, as the page says it."""
    rows = []
    for path in desk.folder.glob("carehub_*.csv"):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        assert head == "member,event,time,id"
        rows += [",".join(line.split(",")[:2]) for line in lines]
    return "\n".join(sorted(rows))


def notification(desk):
    """Return the transaction set about the first member's admission."""
    texts = [path.read_text() for path in desk.folder.glob("*.278")]
    sets = [each for text in texts for each in re.findall(r"ST\*.*?SE\*[^~]*~", text)]
    assert len(sets) == 6
    (found,) = (each for each in sets if "M-2201" in each and "DTP*096" not in each)
    return found.replace("~", "~\n")


def arrived(desk, block):
    """Fetch until all of it is there: the page does not say how long it takes."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            desk.run(block.text)
            if len(notices(desk).splitlines()) == 6:
                return notification(desk)
        except AssertionError:
            assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_payer_drops_a_roster_hears_of_its_members_and_acknowledges(desk):
    """In the order of the page; the number of blocks says that none was left out."""
    todo = iter(BLOCKS)
    desk.write(next(todo))
    log = desk.folder.parent / "log"
    started = next(todo).text.split()[1:]
    with background(hub_command(*started), log, cwd=desk.folder):
        wait_for_text(log, "hub.started")
        desk.write(next(todo))
        desk.run(next(todo).text)
        listed, fetch, response = next(todo), next(todo), next(todo)
        show(desk, listed)
        patiently(response.text, lambda: fetched(desk, fetch))

        for _ in range(2):
            desk.write(next(todo))
        assert desk.run(next(todo).text).count("MSA|AA|") == 8

        told = arrived(desk, next(todo))
        assert next(todo).text.strip() == notices(desk)
        shown = next(todo).text
        assert matches(squeezed(shown), squeezed(told)), told

        desk.run(next(todo).text)
        desk.write(next(todo))
        desk.run(next(todo).text)
        show(desk, next(todo))
        show(desk, next(todo))

    assert not list(todo)
    with open_reader(desk.folder / "var/carehub") as reader:
        assert balance(reader).balanced


def fetched(desk, block):
    desk.run(f"{block.text}\n:" if response_there(desk) else ":")
    path = desk.folder / "response.csv"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def response_there(desk):
    return list((desk.server.root / "rosters").glob("outbox/*.csv"))


def show(desk, block):
    """See that a command prints what the page shows, sooner or later."""
    command, _, shown = block.text.removeprefix("$ ").partition("\n")
    patiently(shown, lambda: desk.run(command))
