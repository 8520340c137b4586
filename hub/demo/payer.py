"""A payer's SFTP server: real SSH on loopback, with keys and folders of its own.

The only module that imports asyncssh, and only when a server is wanted.
"""

import asyncio
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from hub.demo.errors import AsyncsshMissingError
from hub.demo.x12 import Interchange, read_interchanges

#: Folders: tables and interchanges for the payer; files from it, and their answers.
NOTICES, INTERCHANGES, INBOX, OUTBOX = "notifications", "x12", "inbox", "outbox"
USER = "carehub"
HOST = "127.0.0.1"
CLOSING_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of a notification file says; `file` is its name.

    `corrects` is the id of the event that it corrects, "" for none.
    """

    file: str
    event_id: str
    event_type: str
    patient_id: str
    visit: str
    corrects: str = ""


class Payer:
    """Serves ``folder/payer-sftp`` to one client key, from `start` to `stop`.

    Writes into ``folder/keys`` what the hub needs to come in: `private_key` and
    `known_hosts`. `notices` is where notification files land, and `inbox` where the
    payer drops files for the hub.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "payer-sftp"
        self.notices = self.root / NOTICES
        self.inbox = self.root / INBOX
        self.private_key = folder / "keys" / "payer-client"
        self.known_hosts = folder / "keys" / "payer-known-hosts"
        self._folder = folder
        self._server: Any = None
        self.port = 0

    async def __aenter__(self) -> Self:
        asyncssh = _asyncssh()
        for each in (NOTICES, INTERCHANGES, INBOX, OUTBOX):
            (self.root / each).mkdir(parents=True, exist_ok=True)
        self.private_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        host_key, client = await asyncio.to_thread(self._make_keys, asyncssh)
        self._server = await asyncssh.listen(
            HOST,
            0,
            server_host_keys=[host_key],
            authorized_client_keys=_authorise(asyncssh, client),
            sftp_factory=lambda channel: asyncssh.SFTPServer(
                channel, chroot=str(self.root)
            ),
            allow_scp=False,
            password_auth=False,
            kbdint_auth=False,
            agent_forwarding=False,
        )
        self.port = self._server.get_port()
        host = host_key.export_public_key().decode().strip()
        _write_private(self.known_hosts, f"[{HOST}]:{self.port} {host}\n".encode())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        async with asyncio.timeout(CLOSING_SECONDS):
            await self._server.wait_closed()

    def read(self) -> list[Row]:
        """Return every row of every complete file, in no particular order."""
        return [row for name in self.tables() for row in read_rows(self.notices / name)]

    def tables(self) -> list[str]:
        """Return the names of the complete notification files."""
        return sorted(file.name for file in self.notices.glob("*.csv"))

    def interchanges(self) -> list[str]:
        """Return the names of the complete files of 278 notifications."""
        return sorted(file.name for file in (self.root / INTERCHANGES).glob("*.278"))

    def read_interchanges(self, name: str) -> list[Interchange]:
        """Return what is in one of those files. Raises ValueError."""
        text = (self.root / INTERCHANGES / name).read_text(encoding="ascii")
        return read_interchanges(text)

    def responses(self) -> list[bytes]:
        """Return the answers of the hub to the payer's files."""
        return [file.read_bytes() for file in (self.root / OUTBOX).glob("*.csv")]

    def drop(self, name: str, body: bytes) -> None:
        """Put a file for the hub there: under another name until it is whole."""
        part = self.inbox / f"{name}.tmp"
        part.write_bytes(body)
        part.rename(self.inbox / name)

    def _make_keys(self, asyncssh: ModuleType) -> tuple[Any, Any]:
        host, client = (
            asyncssh.generate_private_key("ssh-ed25519", comment=comment)
            for comment in ("carehub-demo-payer", "carehub-demo-hub")
        )
        keys = self.private_key.parent
        _write_private(keys / "payer-host", host.export_private_key())
        _write_private(self.private_key, client.export_private_key())
        return host, client


def _asyncssh() -> ModuleType:
    try:
        import asyncssh  # noqa: PLC0415  # only the demonstration needs it
    except ImportError as error:
        raise AsyncsshMissingError from error
    return asyncssh


def _authorise(asyncssh: ModuleType, client: Any) -> Any:
    return asyncssh.import_authorized_keys(client.export_public_key().decode())


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def read_rows(file: Path) -> list[Row]:
    """Return the rows of a notification file."""
    text = file.read_text(encoding="utf-8-sig")
    return [
        Row(
            file=file.name,
            event_id=line["EventID"],
            event_type=line["EventType"],
            patient_id=line["SubscriberPatientID"],
            visit=line["VisitNumber"],
            corrects=line.get("CorrectionOf") or "",
        )
        for line in csv.DictReader(io.StringIO(text, newline=""))
    ]
