"""Real peers on loopback, in threads of their own: a web server, an SSH server."""

import asyncio
import json
import os
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import asyncssh

from tests.acceptance.process import PATIENCE_SECONDS


@dataclass(frozen=True)
class Request:
    """A request as it arrived: the key that makes it unique, and what it says.

    `head` is all before the body: the address and the headers.
    """

    key: str
    at: float
    body: bytes
    head: str = ""

    @property
    def event(self):
        """The type of the care event and its version."""
        data = json.loads(self.body)["data"]
        return data["type"], data["entity"]["version"]


class Receiver:
    """A receiver of webhooks that answers with what is in `answers`, then 202.

    An answer is a status, a pair of status and headers, or `SILENCE`: then it
    keeps the request and answers nothing before it is closed.
    """

    SILENCE = "silence"

    def __init__(self):
        self.requests = []
        self.answers = []
        self.always = 202
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = PATIENCE_SECONDS

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                key, head = (
                    self.headers["Idempotency-Key"],
                    f"{self.path}\n{self.headers}",
                )
                answer = receiver.receive(key, body, head)
                if answer == receiver.SILENCE:
                    receiver.wait_until_closed()
                    self.close_connection = True
                    return
                status, headers = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Say nothing: the test asks what it wants to know."""

        return Handler

    def receive(self, key, body, head=""):
        """Keep a request and return how to answer it."""
        with self._news:
            self.requests.append(Request(key, time.monotonic(), body, head))
            answer = self.answers.pop(0) if self.answers else self.always
            self._news.notify_all()
        return (answer, {}) if isinstance(answer, int) else answer

    def wait_until_closed(self):
        """Keep a request waiting."""
        self._closing.wait()

    def wait_for(self, count):
        """Wait until `count` requests arrived, and return them."""
        with self._news:
            arrived = self._news.wait_for(
                lambda: len(self.requests) >= count, PATIENCE_SECONDS
            )
        assert arrived, f"{len(self.requests)} of {count} requests"
        return self.requests

    @property
    def keys(self):
        """The idempotency keys in the order in which they arrived."""
        return [request.key for request in self.requests]

    def close(self):
        """Stop listening."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Door(asyncssh.SSHServer):
    """Remembers the connections that there are."""

    def __init__(self, connections):
        self._connections = connections

    def connection_made(self, conn):
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc):  # noqa: ARG002  asyncssh passes it
        self._connections.discard(self._connection)


class _Files(asyncssh.SFTPServer):
    """The payer's files; `before_write` may do harm."""

    def __init__(self, chan, payer):
        self._payer = payer
        self._connection = chan.get_connection()
        super().__init__(chan, chroot=os.fsencode(payer.root))

    def write(self, file_obj, offset, data):
        if self._payer.cuts:
            self._payer.cuts -= 1
            written = super().write(file_obj, offset, data[: len(data) // 2])
            file_obj.flush()
            self._connection.abort()
            return written
        if self._payer.full:
            raise asyncssh.SFTPFailure("no space left")
        return super().write(file_obj, offset, data)


class Payer:
    """A payer's SFTP server. `cuts` uploads break halfway, all fail while `full`."""

    def __init__(self, path):
        self.root = path / "payer"
        self.root.mkdir()
        self.keys = path / "keys"
        self.keys.mkdir()
        self.known_hosts = self.keys / "known_hosts"
        self.user_key = self.keys / "user"
        self.connections = set()
        self.cuts = 0
        self.full = False
        self.port = 0
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        user = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key.write_bytes(user.export_private_key())
        (self.keys / "authorized").write_bytes(user.export_public_key())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = None

    def start(self, host_key=None):
        """Listen, always on the same port."""
        self._run(self._start(host_key or self.host_key))

    def stop(self):
        """Stop listening and break all connections."""
        if self._server is not None:
            self._run(self._stop())

    def close(self):
        """End for good."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def pin(self):
        """Let the hub know the server's key."""
        line = f"[127.0.0.1]:{self.port} ".encode() + self.host_key.export_public_key()
        self.known_hosts.write_bytes(line)

    def names(self, *, partial=False):
        """Return the names of the files that are whole, or of those that are not."""
        found = sorted(each.name for each in self.root.iterdir())
        return [name for name in found if name.endswith(".part") is partial]

    def _run(self, work):
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(PATIENCE_SECONDS)

    async def _start(self, host_key):
        self._server = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            reuse_address=True,
            server_host_keys=[host_key],
            authorized_client_keys=str(self.keys / "authorized"),
            server_factory=lambda: _Door(self.connections),
            sftp_factory=lambda chan: _Files(chan, self),
        )
        self.port = self._server.get_port()
        self.pin()

    async def _stop(self):
        self._server.close()
        for connection in set(self.connections):
            connection.abort()
        await self._server.wait_closed()
        self._server = None
