"""SFTP version 3 as bytes: the requests that fetching files takes, and their answers.

Source: draft-ietf-secsh-filexfer-02. A packet is ``uint32 length, byte type, uint32
request, ...``; a string is ``uint32 length, bytes``. Names are bytes: a server may
send some that are no UTF-8.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

OPEN, CLOSE, READ, LSTAT, FSTAT = 3, 4, 5, 7, 8
OPENDIR, READDIR, REMOVE, MKDIR, RENAME = 11, 12, 13, 14, 18
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
EXTENDED, EXTENDED_REPLY = 200, 201

OK, END, NO_SUCH_FILE, DENIED = 0, 1, 2, 3

#: Asks how much a server gives at once. Source: OpenSSH's PROTOCOL, section 4.8.
LIMITS = b"limits@openssh.com"

#: The longest packet that is taken, in bytes. Servers keep to 256 KiB.
LONGEST = 1 << 20

_SIZE, _OWNER, _MODE, _TIMES, _MORE = 1, 2, 4, 8, 1 << 31
_HEAD = struct.Struct(">IBI")
_READ = struct.Struct(">QI")
_LIMITS = struct.Struct(">QQ")


class WireError(ValueError):
    """The bytes are no SFTP."""


class Packet(NamedTuple):
    """One answer: its type, the request that it answers, and a view of the rest."""

    kind: int
    number: int
    rest: memoryview


class Attributes(NamedTuple):
    """What a server says of a file; None where it says nothing."""

    size: int | None
    mode: int | None
    modified: int | None


class Named(NamedTuple):
    """An entry of a folder."""

    name: bytes
    attributes: Attributes


def request(kind: int, number: int, *strings: bytes, rest: bytes = b"") -> bytes:
    """Return a request with `strings` and what follows them."""
    body = b"".join(struct.pack(">I", len(each)) + each for each in strings) + rest
    return _HEAD.pack(len(body) + 5, kind, number) + body


def open_to_read(number: int, path: bytes) -> bytes:
    """Return the request for a handle from which `path` is read."""
    return request(OPEN, number, path, rest=struct.pack(">II", 1, 0))


def make_folder(number: int, path: bytes) -> bytes:
    """Return the request to make a folder with the server's default rights."""
    return request(MKDIR, number, path, rest=struct.pack(">I", 0))


def read(number: int, handle: bytes, offset: int, length: int) -> bytes:
    """Return the request for `length` bytes from `offset`."""
    return request(READ, number, handle, rest=_READ.pack(offset, length))


class Packets:
    """Cuts what arrives into packets. Raises WireError."""

    def __init__(self) -> None:
        self._left = b""

    def receive_data(self, data: bytes) -> list[Packet]:
        """Return the packets that are complete now."""
        data = self._left + data if self._left else data
        view, found, at = memoryview(data), [], 0
        while len(data) - at >= _HEAD.size:
            length, kind, number = _HEAD.unpack_from(data, at)
            if not _HEAD.size - 4 <= length <= LONGEST:
                raise WireError("the length of a packet")
            if len(data) - at - 4 < length:
                break
            end = at + 4 + length
            found.append(Packet(kind, number, view[at + _HEAD.size : end]))
            at = end
        self._left = data[at:]
        return found

    @property
    def rests(self) -> bool:
        """Say whether no part of a packet is left over."""
        return not self._left


def status(packet: Packet) -> int:
    """Return the code of a status."""
    return _Cursor(_of_type(packet, STATUS)).number()


def handle(packet: Packet) -> bytes:
    """Return the handle that a server gave."""
    return _Cursor(_of_type(packet, HANDLE)).string()


def data(packet: Packet) -> memoryview:
    """Return the bytes of a file, a view of all that came with them."""
    return _Cursor(_of_type(packet, DATA)).view()


def most_read(packet: Packet) -> int:
    """Return how many bytes a server says that it gives at once; 0: it says nothing."""
    rest = _of_type(packet, EXTENDED_REPLY)
    if len(rest) < _LIMITS.size:
        raise WireError("a packet that ends too early")
    _packet, most = _LIMITS.unpack_from(rest)
    return int(most)


def attributes(packet: Packet) -> Attributes:
    """Return what a server says of a file."""
    return _Cursor(_of_type(packet, ATTRS)).attributes()


def names(packet: Packet) -> Iterator[Named]:
    """Yield the entries of a folder in one answer."""
    cursor = _Cursor(_of_type(packet, NAME))
    for _ in range(cursor.number()):
        name, _shown = cursor.string(), cursor.string()
        yield Named(name, cursor.attributes())


def _of_type(packet: Packet, kind: int) -> memoryview:
    if packet.kind != kind:
        raise WireError("an answer of another type")
    return packet.rest


class _Cursor:
    def __init__(self, rest: memoryview) -> None:
        self._rest = rest
        self._at = 0

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self._take(size), "big")

    def string(self) -> bytes:
        return bytes(self.view())

    def view(self) -> memoryview:
        return self._take(self.number())

    def attributes(self) -> Attributes:
        flags = self.number()
        size = self.number(8) if flags & _SIZE else None
        if flags & _OWNER:
            self._take(8)
        mode = self.number() if flags & _MODE else None
        times = self.number(8) if flags & _TIMES else None
        for _ in range(self.number() if flags & _MORE else 0):
            self.string(), self.string()
        modified = None if times is None else times & 0xFFFFFFFF
        return Attributes(size, mode, modified)

    def _take(self, size: int) -> memoryview:
        taken = self._rest[self._at : self._at + size]
        if len(taken) != size:
            raise WireError("a packet that ends too early")
        self._at += size
        return taken
