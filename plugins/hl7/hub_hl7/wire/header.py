"""The header of a message, read from its bytes without splitting the rest.

What the listener needs before anything is understood: whom to answer, under which
name, and in which delimiters. Bytes stay bytes, so that they can be echoed exactly.
"""

import re
from functools import lru_cache

from msgspec import Struct

_NOISE = b" \t\r\n\0\xef\xbb\xbf"
_HEADERS = frozenset({b"MSH", b"FHS", b"BHS"})
_LINE_END = re.compile(rb"[\r\n]")
#: Anything beyond these is not needed to answer.
_MOST_FIELDS = 20
_LONGEST = 1 << 14
_MOST_NAME = 1000
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{2}")


class Header(Struct, frozen=True):
    """The first segment of a message, at most 16 KiB of it.

    `elements` is that segment cut at the field separator: element n is field n+1.
    `replies` says whether the message is itself an answer, by its type or because
    its second segment is MSA.
    """

    name: bytes
    separator: bytes
    elements: list[bytes]
    replies: bool

    def field(self, number: int) -> bytes:
        """Return MSH-`number` (from 2 on) as it was sent, empty where it is not."""
        place = number - 1
        return self.elements[place] if place < len(self.elements) else b""

    @property
    def component_separator(self) -> bytes:
        """The first character of MSH-2, or the usual one where there is none."""
        return self.field(2)[:1] or b"^"

    @property
    def control_id(self) -> bytes:
        """MSH-10, or the control id of a batch (FHS-11, BHS-11)."""
        return self.field(10 if self.name == b"MSH" else 11)

    @property
    def message_type(self) -> str:
        """What an operator would call the message: ``ADT^A01``, ``FHS``, ``?``."""
        if self.name != b"MSH":
            return self.name.decode()
        return _type_text(self.field(9)[:64], self.component_separator)


def read_header(body: bytes) -> Header | None:
    """Return the header of `body`, None where it is not HL7 v2 in delimited form."""
    if body[:3] not in _HEADERS:
        body = body[: 1 << 16].lstrip(_NOISE)
    name, separator = body[:3].upper(), body[3:4]
    if name not in _HEADERS or not _separates(separator):
        return None
    end = body.find(b"\r")
    if body.find(b"\n", 0, end if end >= 0 else len(body)) >= 0 or end < 0:
        match = _LINE_END.search(body)
        end = match.start() if match else len(body)
    elements = body[: min(end, _LONGEST)].split(separator, _MOST_FIELDS)
    answer = body[end : end + 6].lstrip(b"\r\n")[:3] == b"MSA"
    answer = answer or (len(elements) > 8 and elements[8][:3] in {b"ACK", b"MCF"})  # noqa: PLR2004  MSH-9
    return Header(name, separator, elements, answer)


def is_bare_answer(body: bytes) -> bool:
    """Say whether `body`, which has no header, is an answer: it begins with MSA.

    To answer it would be to begin a loop.
    """
    start = body[:64].lstrip(_NOISE)[:4]
    return start[:3].upper() == b"MSA" and not start[3:].isalnum()


@lru_cache(maxsize=512)
def _type_text(raw: bytes, separator: bytes) -> str:
    codes = [part.decode("ascii", "replace") for part in raw.split(separator)[:2]]
    # Only codes: where fields are shifted, MSH-9 may hold a name.
    return "^".join(code.upper() for code in codes if _CODE.fullmatch(code)) or "?"


def text_of(raw: bytes) -> str:
    """Return a name from the header as text, at most 1,000 characters of it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text[:_MOST_NAME]


def _separates(separator: bytes) -> bool:
    mark = separator.isascii() and separator > b" " and separator != b"\x7f"
    return mark and not separator.isalnum()
