"""Files on an SFTP server."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager

from hub.sdk import HubError
from hub_sftp.client import Line, Proof, Session
from hub_sftp.connecting import ConnectionSettings
from hub_sftp.errors import SizeDiffersError
from hub_sftp.fetching import wire
from hub_sftp.fetching.errors import (
    FileGoneError,
    MoveDeniedError,
    NotAFileError,
    NotSftpError,
    ReadDeniedError,
    ReadFailedError,
)
from hub_sftp.fetching.names import as_bytes, as_text
from hub_sftp.fetching.shelf import Entry, Sink, TakenError
from hub_sftp.reading import PIECE, AnswerOddError, Pipeline

#: What one call takes from the connection at most: all of a channel's window, since
#: taking a part of what has come means to move the rest.
_RECEIVE = 4 << 20
#: From this size on, in bytes, a server is asked how much it gives at once.
_LARGE = 1 << 20


class RemoteShelf:
    """Implements `Shelf` over one SSH connection."""

    def __init__(self, settings: ConnectionSettings, proof: Proof) -> None:
        self._session = Session(settings, proof)

    @property
    def address(self) -> str:
        """Host and port."""
        return self._session.server

    def open(self) -> None:
        """Connect and sign in, unless that is done. Raises SFTP-001 to 016."""
        try:
            self._session.open()
        except HubError:
            self._session.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def abort(self) -> None:
        """End the connection from another thread."""
        self._session.abort()

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield the entries by pages, as the server gives them."""
        with self._talk() as talk:
            handle = wire.handle(
                talk.ask(wire.OPENDIR, as_bytes(folder), wanted=wire.HANDLE)
            )
            yield from self._pages(talk, handle)
            talk.ask(wire.CLOSE, handle)

    def look(self, path: str) -> Entry | None:
        """Return what the server's lstat says."""
        with self._talk() as talk:
            try:
                answer = talk.ask(wire.LSTAT, as_bytes(path), wanted=wire.ATTRS)
            except FileGoneError:
                return None
            return _entry(path.rpartition("/")[2], wire.attributes(answer))

    def read(self, path: str, start: int, end: int, sink: Sink) -> int:
        """Read with many requests under way."""
        with self._talk() as talk:
            number = talk.next_number()
            handle = wire.handle(
                talk.exchange(wire.open_to_read(number, as_bytes(path)), wire.HANDLE)
            )
            attributes = wire.attributes(
                talk.ask(wire.FSTAT, handle, wanted=wire.ATTRS)
            )
            if attributes.mode is not None and not stat.S_ISREG(attributes.mode):
                talk.ask(wire.CLOSE, handle)
                raise NotAFileError
            piece = _most_read(talk) if end - start >= _LARGE else PIECE
            reached = _pump(talk, handle, Pipeline(start, end, piece=piece), sink)
            talk.ask(wire.CLOSE, handle)
            return reached

    def move(self, old: str, new: str) -> None:
        """Rename, and find out by looking where the server's answer says nothing."""
        if self.look(new) is not None:
            raise TakenError
        try:
            with self._talk() as talk:
                talk.ask(wire.RENAME, as_bytes(old), as_bytes(new))
        except (FileGoneError, ReadDeniedError, ReadFailedError) as error:
            # Some servers rename, then fail: look at both names (F62).
            if self.look(old) is None and self.look(new) is not None:
                return
            if isinstance(error, FileGoneError):
                raise
            raise MoveDeniedError(self.address) from error

    def make(self, folder: str) -> None:
        """Create a folder, unless something has its name."""
        if self.look(folder) is not None:
            return
        try:
            with self._talk() as talk:
                number = talk.next_number()
                talk.exchange(wire.make_folder(number, as_bytes(folder)))
        except (FileGoneError, ReadDeniedError, ReadFailedError) as error:
            if self.look(folder) is None:
                raise MoveDeniedError("a folder cannot be made") from error

    def write(self, path: str, body: bytes) -> None:
        """Upload, and compare the size."""
        self._session.upload(path, body)
        there = self._session.size(path)
        if there != len(body):
            raise SizeDiffersError(f"{self.address}, {there} of {len(body)} bytes")

    def remove(self, path: str) -> None:
        """Delete a file, if the server lets us."""
        self._session.remove(path)

    @contextmanager
    def _talk(self) -> Iterator["_Talk"]:
        """Connect where that is needed; never leave answers that nobody waits for."""
        self.open()
        talk = _Talk()
        try:
            with self._session.line() as line:
                talk.line = line
                yield talk
        except (wire.WireError, AnswerOddError) as error:
            raise NotSftpError(str(error)) from error
        finally:
            if not talk.over:
                self._session.close()

    def _pages(self, talk: "_Talk", handle: bytes) -> Iterator[Entry]:
        """Ask for one page after the other: not every server takes several requests."""
        while True:
            talk.send(wire.request(wire.READDIR, talk.next_number(), handle))
            packet, *others = talk.receive()
            if others:
                raise wire.WireError("an answer that nobody waits for")
            if _is_end(packet):
                return
            yield from _named(packet)


class _Talk:
    """Requests and their answers; `due` are those that were not answered yet."""

    line: Line

    def __init__(self) -> None:
        self._packets = wire.Packets()
        self._numbers = 0
        self.due = 0

    @property
    def over(self) -> bool:
        """Whether each request has its answer."""
        return not self.due and self._packets.rests

    def next_number(self) -> int:
        """Return the number of the next request."""
        self._numbers += 1
        return self._numbers

    def send(self, data: bytes, requests: int = 1) -> None:
        """Send some requests at once."""
        self.due += requests
        self.line.sendall(data)

    def receive(self) -> list[wire.Packet]:
        """Return at least one answer."""
        while True:
            data = self.line.recv(_RECEIVE)
            if not data:
                raise EOFError
            if packets := self._packets.receive_data(data):
                self.due -= len(packets)
                return packets

    def ask(self, kind: int, *strings: bytes, wanted: int = wire.STATUS) -> wire.Packet:
        """Send one request and return its answer."""
        return self.exchange(wire.request(kind, self.next_number(), *strings), wanted)

    def exchange(self, sent: bytes, wanted: int = wire.STATUS) -> wire.Packet:
        """Send one request, the last that was numbered, and return its answer.

        Raises FileGoneError, ReadDeniedError, ReadFailedError.
        """
        self.send(sent)
        packet, *others = self.receive()
        if others or packet.number != self._numbers:
            raise wire.WireError("an answer that nobody waits for")
        if packet.kind == wire.STATUS:
            code = wire.status(packet)
            if code != wire.OK or wanted != wire.STATUS:
                raise _refusal(code)
        return packet


def _pump(talk: _Talk, handle: bytes, pipeline: Pipeline, sink: Sink) -> int:
    """Move bytes until the pipeline is finished; return its position."""
    before = talk.next_number()
    while not pipeline.finished:
        asks = pipeline.asks()
        sent = (wire.read(before + n, handle, at, size) for n, at, size in asks)
        talk.send(b"".join(sent), len(asks))
        for packet in talk.receive():
            number = packet.number - before
            if _is_end(packet):
                pipeline.receive_end(number)
                continue
            for piece in pipeline.receive_data(number, wire.data(packet)):
                sink(piece)
    return pipeline.position


def _most_read(talk: _Talk) -> int:
    """Return how much the server gives at once. Those that do not know must say so."""
    try:
        packet = talk.ask(wire.EXTENDED, wire.LIMITS, wanted=wire.EXTENDED_REPLY)
    except (FileGoneError, ReadDeniedError, ReadFailedError):
        return PIECE
    return max(PIECE, wire.most_read(packet))


def _is_end(packet: wire.Packet) -> bool:
    if packet.kind != wire.STATUS:
        return False
    if wire.status(packet) != wire.END:
        raise _refusal(wire.status(packet))
    return True


def _named(packet: wire.Packet) -> Iterator[Entry]:
    for name, attributes in wire.names(packet):
        if name not in {b".", b".."}:
            yield _entry(as_text(name), attributes)


def _entry(name: str, attributes: wire.Attributes) -> Entry:
    """Return an entry; a size of -1 says that the server told too little."""
    size, mode, modified = attributes
    if size is None or mode is None or modified is None:
        return Entry(name, "file", -1, modified or 0)
    if stat.S_ISDIR(mode):
        return Entry(name, "folder", size, modified)
    return Entry(name, "file" if stat.S_ISREG(mode) else "other", size, modified)


def _refusal(code: int) -> HubError:
    if code == wire.NO_SUCH_FILE:
        return FileGoneError()
    if code == wire.DENIED:
        return ReadDeniedError()
    return ReadFailedError(f"status {code}")
