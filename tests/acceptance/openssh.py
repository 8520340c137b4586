"""OpenSSH as a payer's server, and the payer at work on it. All files are made up."""

import contextlib
import csv
import getpass
import hashlib
import io
import os
import signal
import socket
import subprocess
from pathlib import Path

import asyncssh
import paramiko

from tests.acceptance.process import eventually

SSHD = Path("/usr/sbin/sshd")
RUN = Path("/run/sshd")
CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {keys}/host_key
AuthorizedKeysFile {keys}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp -d {root}
"""
FOLDERS = ("inbox", "processing", "archive", "error", "outbox")


def why_not():
    """Say why there is no OpenSSH to test with; empty where there is."""
    if not SSHD.exists():
        return f"{SSHD} is not installed (Debian: openssh-server)"
    if os.geteuid() == 0:
        # Debian's start script makes it, and root's sshd does not start without.
        RUN.mkdir(parents=True, exist_ok=True)
    return ""


def free_port():
    """Return a port of loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class OpenSsh:
    """A real server on loopback, always on the same port; `more` is for its config."""

    def __init__(self, path, more=""):
        self.root = path / "payer"
        self.keys = path / "keys"
        self.known_hosts = self.keys / "known_hosts"
        self.user_key = self.keys / "user_key"
        for each in (self.root, self.keys):
            each.mkdir()
        self.port = free_port()
        self._make_keys()
        config = CONFIG.format(port=self.port, keys=self.keys, root=self.root)
        (self.keys / "sshd_config").write_text(f"{config}{more}\n")
        self._server = None

    def _make_keys(self):
        where = f"[127.0.0.1]:{self.port} ".encode()
        for private, public, start in (
            ("host_key", "known_hosts", where),
            ("user_key", "authorized_keys", b""),
        ):
            key = asyncssh.generate_private_key("ssh-ed25519")
            (self.keys / private).write_bytes(key.export_private_key())
            (self.keys / private).chmod(0o600)
            (self.keys / public).write_bytes(start + key.export_public_key())

    @property
    def settings(self):
        """Where and as whom a source or a destination connects."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "private_key": f"file:{self.user_key}",
            "known_hosts": self.known_hosts,
            "connect_timeout_seconds": 10,
        }

    def start(self):
        """Listen."""
        with (self.keys / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", self.keys / "sshd_config"], stderr=log
            )
        eventually(self._listens)
        return self

    def _listens(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def change_host_key(self):
        """Be somebody else from the next start on."""
        key = asyncssh.generate_private_key("ssh-ed25519")
        (self.keys / "host_key").write_bytes(key.export_private_key())

    def kill_sessions(self):
        """End each process that serves somebody, as a crash would."""
        for pid in _descendants(self._server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self):
        """Listen no more, and serve nobody."""
        if self._server is None:
            return
        self._server.kill()
        self.kill_sessions()
        self._server.wait()
        self._server = None

    @contextlib.contextmanager
    def client(self):
        """The payer's own way to its server."""
        with paramiko.SSHClient() as client:
            client.load_host_keys(str(self.known_hosts))
            client.connect(
                "127.0.0.1",
                self.port,
                getpass.getuser(),
                key_filename=str(self.user_key),
                look_for_keys=False,
                allow_agent=False,
            )
            yield client.open_sftp()


def _descendants(pid):
    """Return the processes below one, the nearest first."""
    found = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *_descendants(child)]
    return found


class Dropbox:
    """One folder of the payer with an inbox and what belongs to it."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.root = server.root / name
        (self.root / "inbox").mkdir(parents=True)

    @property
    def settings(self):
        """How a source fetches from here."""
        return {**self.server.settings, "folder": str(self.root / "inbox")}

    def put(self, name, body, final=""):
        """Upload a file; then give it its final name."""
        with self.server.client() as client:
            self._write(client, name, body)
            if final:
                client.posix_rename(*(str(self._inbox(each)) for each in (name, final)))

    def put_in_part(self, name, body):
        """Upload the beginning of a file; then the server dies."""
        with self.server.client() as client:
            self._write(client, name, body)
            self.server.kill_sessions()

    def _write(self, client, name, body):
        with client.open(str(self._inbox(name)), "wb") as file:
            file.write(body)

    def _inbox(self, name):
        return self.root / "inbox" / name

    def names(self, folder):
        """Return the names of all files in a folder and below it."""
        found = (self.root / folder).rglob("*")
        return sorted(each.name for each in found if each.is_file())

    def paths(self):
        """Return where each file is, from the root."""
        found = (each for each in self.root.rglob("*") if each.is_file())
        return sorted(each.relative_to(self.root).as_posix() for each in found)

    def responses(self):
        """Return what the payer reads in its outbox: a `Response` for each file."""
        found = (self.root / "outbox").glob("*.csv")
        return [Response(path.read_bytes()) for path in sorted(found)]


class Response:
    """A response file, as a payer's program reads it."""

    def __init__(self, body):
        self.body = body
        text = body.decode()
        assert text.endswith("\r\n")
        self.lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        self.about = {
            line["item"]: line["text"] for line in self.lines if not line["row"]
        }
        reason = [line for line in self.lines if line["item"] == "reason"]
        (self.code,) = (line["code"] for line in reason)

    @property
    def status(self):
        """What became of the file."""
        return self.about["status"]

    @property
    def counts(self):
        """How many rows were read, taken, refused, and said twice."""
        names = ("read", "accepted", "rejected", "duplicate")
        return tuple(int(self.about[name]) for name in names)

    @property
    def rows(self):
        """The rows that it lists: their numbers and codes."""
        return [(int(line["row"]), line["code"]) for line in self.lines if line["row"]]

    def is_of(self, name, body):
        """Say whether it answers this file."""
        digest = hashlib.sha256(body).hexdigest()
        return (self.about["file"], self.about["sha256"]) == (name, digest)


COLUMNS = "member_id,mrn,family_name,given_name,birth_date,plan"
PROFILE = {
    "semantics": "full",
    "system": "PAYER_A",
    "trailer": "Total: (?P<count>[0-9]+)",
    "time_zone": "Europe/Berlin",
    "columns": {name: name for name in COLUMNS.split(",")},
    "identifiers": {"mrn": {"system": "KLINIK_NORD", "type": "MR"}},
}


def roster(members, plan="A", total=None):
    """Return a roster of members by their numbers. Synthetic."""
    members = list(members)
    rows = [
        f"M{n:06},P{n},Muster{n},Erika,19{n % 90 + 10}-01-{n % 28 + 1:02},{plan}"
        for n in members
    ]
    stated = len(members) if total is None else total
    lines = [COLUMNS, *rows, f"Total: {stated}"]
    return "".join(f"{line}\n" for line in lines).encode()
