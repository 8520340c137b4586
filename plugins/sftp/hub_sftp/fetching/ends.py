"""Whether the end of a file shows that it is whole.

That a file no longer grows proves nothing: an upload that hangs does not grow either.
What a file is, its first bytes say; names do not count.
"""

import re
import zlib
from typing import BinaryIO

#: How much of a file's end is looked at, in bytes; a zip's comment has room in it.
TAIL = 65_536 + 22
_HEAD = 4096
_PIECE = 1 << 18

_XML_ROOT = re.compile(rb"<(?![?!])([^\s/>]+)")
_XML_END = re.compile(rb"</([^\s>]+)\s*>(?:\s|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_XML_ALONE = re.compile(rb"<[^<>]*/>\s*")
_IEA = rb"IEA%b\d+%b\d+%b\s*"
_ISA_LENGTH = 106
_ARMOUR_END = re.compile(rb"-----END PGP [A-Z ]+-----\s*")
_LINE_ENDS = (b"\n", b"\r", b"\n\x00", b"\x1a")
#: A packet that a PGP message begins with: encrypted session keys, encrypted or
#: compressed data, one-pass signatures. Source: RFC 4880, section 4.3.
_PGP_TAGS = {1, 3, 4, 8, 9, 18}


def ended(file: BinaryIO, size: int, most: int) -> bool:
    """Say whether the `size` bytes of `file` look like all of a file.

    A gzip file is unpacked to find out, up to `most` bytes of it.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return False
    if head.startswith(b"\x1f\x8b"):
        return _gzip_ended(file, most)
    if _is_pgp(head[0]):
        return _pgp_ended(file, size)
    file.seek(max(0, size - TAIL))
    return _text_ended(head, file.read(TAIL), size)


def _text_ended(head: bytes, tail: bytes, size: int) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK"):
        return _zip_ended(tail, size)
    if start.startswith(b"-----BEGIN PGP"):
        return _closes(_ARMOUR_END, tail)
    if start.startswith(b"ISA") and len(start) >= _ISA_LENGTH:
        return _x12_ended(start, tail)
    if start.startswith((b"{", b"[")):
        return tail.rstrip().endswith(b"}" if start.startswith(b"{") else b"]")
    if start.startswith(b"<"):
        return _xml_ended(start, tail)
    return tail.endswith(_LINE_ENDS)


def _closes(pattern: re.Pattern[bytes], tail: bytes) -> bool:
    return any(found.end() == len(tail) for found in pattern.finditer(tail))


def _x12_ended(start: bytes, tail: bytes) -> bool:
    # The separators are where the header of fixed length has them: X12.5, ISA.
    element, segment = re.escape(start[3:4]), re.escape(start[105:106])
    return _closes(re.compile(_IEA % (element, element, segment)), tail)


def _xml_ended(start: bytes, tail: bytes) -> bool:
    root = _XML_ROOT.search(start)
    if root is None:
        return False
    ends = [each for each in _XML_END.finditer(tail) if each.end() == len(tail)]
    alone = _XML_ALONE.fullmatch(start, root.start()) is not None
    return alone or any(each[1] == root[1] for each in ends)


def _zip_ended(tail: bytes, size: int) -> bool:
    at = tail.rfind(b"PK\x05\x06")
    record = tail[at:]
    if at < 0 or len(record) < 22:  # noqa: PLR2004 - the shortest end record
        return False
    comment = int.from_bytes(record[20:22], "little")
    directory = int.from_bytes(record[12:16], "little")
    return len(record) == 22 + comment and directory <= size


def _gzip_ended(file: BinaryIO, most: int) -> bool:
    """Say whether the last member ends with its checksum. Rubbish after it counts."""
    file.seek(0)
    member: zlib._Decompress | None = _member()
    left, unpacked = b"", 0
    while unpacked < most:
        data = left or file.read(_PIECE)
        if not data:
            return member is None
        if member is None and not data.strip(b"\x00"):
            left = b""
            continue
        member = member or _member()
        try:
            unpacked += len(member.decompress(data, _PIECE * 4))
        except zlib.error:
            return True  # whole or not, no waiting makes it better: the gate says so
        left = member.unconsumed_tail or member.unused_data
        if member.eof:
            member = None
    return True


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _is_pgp(first: int) -> bool:
    if not first & 0x80:
        return False
    tag = first & 0x3F if first & 0x40 else first >> 2 & 0x0F
    return tag in _PGP_TAGS


def _pgp_ended(file: BinaryIO, size: int) -> bool:
    """Walk the packets, which say how long they are. Source: RFC 4880, section 4.2."""
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(6)
        after = _after_packet(file, header, at, size)
        if after is None or after > size:
            return False
        at = after
    return True


def _after_packet(file: BinaryIO, header: bytes, at: int, size: int) -> int | None:
    if not header[0] & 0x80:
        return size  # no packet: rubbish at the end, which is for the gate
    if not header[0] & 0x40:
        width = 1 << (header[0] & 3)
        if width == 8:  # noqa: PLR2004 - no length: up to the end of the file
            return size
        return at + 1 + width + int.from_bytes(header[1 : 1 + width], "big")
    return _after_parts(file, at + 1)


def _after_parts(file: BinaryIO, at: int) -> int | None:
    """Return where the last part of a packet ends, None where it is not there."""
    while True:
        file.seek(at)
        length = file.read(5)
        if not length:
            return None
        first = length[0]
        if first < 192:  # noqa: PLR2004 - the ranges of RFC 4880, section 4.2.2
            return at + 1 + first
        if first < 224:  # noqa: PLR2004
            return at + 2 + (first - 192 << 8) + length[1] + 192 if length[1:] else None
        if first == 255:  # noqa: PLR2004
            return at + 5 + int.from_bytes(length[1:], "big")
        at += 1 + (1 << (first & 0x1F))
