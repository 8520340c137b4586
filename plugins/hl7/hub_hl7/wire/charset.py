"""From bytes to text: the character set of a message (R-HL7-05).

Decoding is strict. What a message declares in MSH-18 is a claim: bytes that are
UTF-8 with multi-byte sequences are never anything else by chance, so UTF-8 wins
over a declared single-byte set, with a warning. The whole message is decoded before
it is split, because the second byte of a GB 18030 or Big5 character can be a
delimiter. Sets that can only be reached by escape sequences of ISO 2022 stand in
later repetitions of MSH-18. Source: HL7 v2.5.1, table 0211; v2.9, MSH-18.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from hub_hl7.facts.errors import CharsetError, WideCharsetError
from hub_hl7.wire.header import Header, text_of

Policy = Literal["declared_first", "feed_first", "sniff"]

#: Codec of each name of table 0211 and of names often seen in its place.
#: 8859/1 is read as cp1252, which has the quotation marks and the euro sign that
#: are typed on Windows where 8859/1 has control characters.
CODECS = {
    "ASCII": "",
    "US-ASCII": "",
    "8859/1": "cp1252",
    "ISO-8859-1": "cp1252",
    "ISO_8859-1": "cp1252",
    "ISO8859-1": "cp1252",
    "LATIN1": "cp1252",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    **{
        name.format(part): f"iso8859_{part}"
        for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)
        for name in ("8859/{}", "ISO-8859-{}", "ISO8859-{}")
    },
    **{f"WINDOWS-{page}": f"cp{page}" for page in (1250, 1251, 1253, 1254, 1257)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "ISO IR192": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "BIG-5": "big5",
    "BIG5": "big5",
    "KS X 1001": "euc_kr",
    "EUC-KR": "euc_kr",
    "ISO IR6": "",
    "ISO IR14": "iso2022_jp",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "JIS X 0202": "iso2022_jp",
    "ISO-2022-JP": "iso2022_jp",
    "SHIFT_JIS": "cp932",
    "SHIFT-JIS": "cp932",
}
#: Sets with more characters of the same kind, tried where the set itself fails.
_WIDER = {
    "big5": ("cp950",),
    "euc_kr": ("cp949",),
    "iso2022_jp": ("iso2022_jp_2", "iso2022_jp_ext"),
    "iso2022_jp_1": ("iso2022_jp_ext",),
}
_MULTI_BYTE = frozenset(
    {"utf-8", "gb18030", "big5", "euc_kr", "cp932", "iso2022_jp", "iso2022_jp_1"}
)
_ESC = b"\x1b"
_BOM = b"\xef\xbb\xbf"
_MARK = re.compile(rb"[ \t\r\n\0\x0b]{0,60}\xef\xbb\xbf")
_LONGEST_MARK = 64
_WIDE = re.compile(rb"\xff\xfe|\xfe\xff|\0{0,3}[MFB]\0{1,3}[SH]\0")
#: JIS X 0201 has a yen sign where ASCII, and so MSH-2, has the backslash.
_ROMAN, _ASCII = b"\x1b(J", b"\x1b(B"
_MOST_SETS = 200  # bytes of MSH-18


class Decoded(Struct, frozen=True):
    """The text of a message, the codec that gave it, and what was odd about it.

    `mark` is the byte order mark with what stands before it.
    """

    text: str
    codec: str
    warnings: tuple[str, ...] = ()
    mark: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes that were decoded.

        They are other bytes of the same meaning only where a set has several ways
        to write a character, which the warning ``charset.inexact`` tells.
        """
        return self.mark + self.text.encode(self.codec)


@lru_cache(maxsize=512)
def codec_of(name: str) -> str | None:
    """Return the codec for a name of table 0211; "" for ASCII, None if unknown."""
    words = " ".join(name.upper().split())
    return CODECS.get(words.replace("ISO_IR ", "ISO IR").replace("ISO IR ", "ISO IR"))


def is_wide(body: bytes) -> bool:
    """Say whether `body` is UTF-16 or UTF-32, in which no HL7 header is found."""
    return _WIDE.match(body) is not None


def decode_message(
    body: bytes, header: Header, *, default: str, policy: Policy = "declared_first"
) -> Decoded:
    """Return the text of a message by what its header declares in MSH-18.

    Raises what `decode` raises.
    """
    sets = _sets(header)
    return decode(body, sets[0], others=sets[1:], default=default, policy=policy)


def decode(
    body: bytes,
    declared: str,
    *,
    default: str,
    policy: Policy = "declared_first",
    others: Sequence[str] = (),
) -> Decoded:
    """Return the text of `body`.

    `declared` is the first repetition of MSH-18, `others` are the later ones and
    `default` is the feed's own set. Raises WideCharsetError, and CharsetError where
    no rule decodes the bytes.
    """
    plan = _plan(declared, default, policy)
    if plan.wide or is_wide(body):
        raise WideCharsetError
    mark, body = _without_mark(body)
    order, expected = plan.order, plan.expected
    if body.isascii():
        if _ESC not in body:
            return Decoded(body.decode(), plan.usual, plan.warnings, mark)
        switched = _switched((*order, *map(codec_of, others)))
        order, expected = (*switched, *order), next(iter(switched), expected)
    elif mark or order[0] not in _MULTI_BYTE:
        order = ("utf-8", *order)
    for name in order:
        for used in (name, *_WIDER.get(name, ())):
            text = _strictly(body, used)
            if text is not None:
                odd = (*_surprise(name, expected), *_changed(body, text, used))
                return Decoded(text, used, (*plan.warnings, *odd), mark)
    raise CharsetError


def _sets(header: Header) -> Sequence[str]:
    """Return the repetitions of MSH-18, at least one.

    In a header with letters of two bytes a second byte can be a field separator, and
    MSH-18 then stands further to the right.
    """
    if header.name != b"MSH":
        return ("",)
    by = header.field(2)[1:2] or b"~"
    declared = _names(header.field(18), by)
    if codec_of(declared[0]):
        return declared
    first = b"".join(header.elements)
    if first.isascii() and _ESC not in first:
        return declared
    *near, rest = header.elements[17:] or [b""]
    for field in (*near, *rest.split(header.separator, _MOST_SETS)):
        names = _names(field, by)
        if any(codec_of(name) in _MULTI_BYTE for name in names):
            return names
    return declared


def _names(field: bytes, by: bytes) -> Sequence[str]:
    return _read_names(field[:_MOST_SETS], by)


@lru_cache(maxsize=512)
def _read_names(field: bytes, by: bytes) -> Sequence[str]:
    return tuple(map(text_of, field.split(by)))


def _names_wide(name: str) -> bool:
    words = name.strip().upper().removeprefix("UNICODE ")
    return words.startswith(("UTF-16", "UTF-32"))


def _without_mark(body: bytes) -> tuple[bytes, bytes]:
    if _BOM not in body[:_LONGEST_MARK]:
        return b"", body
    match = _MARK.match(body)
    return (match.group(), body[match.end() :]) if match else (b"", body)


class _Plan(Struct, frozen=True):
    """How the messages of a feed that declare the same set are decoded."""

    wide: bool
    usual: str
    expected: str
    order: tuple[str, ...]
    warnings: tuple[str, ...]


@lru_cache(maxsize=512)
def _plan(declared: str, default: str, policy: Policy) -> _Plan:
    feed, claimed = codec_of(default) or "utf-8", codec_of(declared)
    usual = claimed or feed
    order = {
        "declared_first": (claimed, feed),
        "feed_first": (feed, claimed),
        "sniff": ("utf-8", claimed, feed),
    }[policy]
    return _Plan(
        wide=_names_wide(declared),
        usual=usual,
        expected=feed if policy == "feed_first" else usual,
        order=tuple(codec for codec in order if codec),
        warnings=("charset.unknown",) if declared.strip() and claimed is None else (),
    )


def _switched(codecs: Sequence[str | None]) -> tuple[str, ...]:
    """Return the first set that bytes of ASCII and ESC can belong to."""
    return tuple(codec for codec in codecs if codec and codec.startswith("iso2022"))[:1]


def _strictly(body: bytes, codec: str) -> str | None:
    if codec.startswith("iso2022"):
        body = body.replace(_ROMAN, _ASCII)
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _surprise(codec: str, expected: str) -> tuple[str, ...]:
    if codec == expected:
        return ()
    return ("charset.mismatch",) if codec == "utf-8" else ("charset.fallback",)


def _changed(body: bytes, text: str, codec: str) -> tuple[str, ...]:
    switched = ("charset.switched",) if "\x1b" in text else ()
    if codec == "utf-8" or codec.startswith(("iso8859", "cp12")):
        return switched
    same = text.encode(codec, "backslashreplace") == body
    return switched if same else (*switched, "charset.inexact")
