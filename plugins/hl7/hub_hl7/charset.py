"""From bytes to text: the character set of a message (R-HL7-05).

Decoding is strict. What a message declares in MSH-18 is a claim: bytes that are
UTF-8 with multi-byte sequences are never anything else by chance, so UTF-8 wins
over a declared single-byte set, with a warning. The whole message is decoded before
it is split, because the second byte of a GB 18030 or Big5 character can be a
delimiter. Source: HL7 v2.5.1, table 0211.
"""

from typing import Literal

from msgspec import Struct

from hub_hl7.errors import CharsetError, WideCharsetError

Policy = Literal["declared_first", "feed_first", "sniff"]

#: Codec of each name of table 0211 and of names often seen in its place.
#: 8859/1 is read as cp1252, which has the quotation marks and the euro sign that
#: are typed on Windows where 8859/1 has control characters.
CODECS = {
    "ASCII": "",
    "8859/1": "cp1252",
    "ISO-8859-1": "cp1252",
    "ISO_8859-1": "cp1252",
    "ISO8859-1": "cp1252",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    **{f"8859/{part}": f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
    "ISO IR6": "",
    "ISO IR14": "iso2022_jp",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
}
_MULTI_BYTE = frozenset(
    {"utf-8", "gb18030", "big5", "euc_kr", "iso2022_jp", "iso2022_jp_1"}
)
_BOM = b"\xef\xbb\xbf"
_ESC = b"\x1b"


class Decoded(Struct, frozen=True):
    """The text of a message, the codec that gave it, and what was odd about it."""

    text: str
    codec: str
    warnings: tuple[str, ...] = ()


def codec_of(name: str) -> str | None:
    """Return the codec for a name of table 0211; "" for ASCII, None if unknown."""
    return CODECS.get(name.strip().upper())


def decode(
    body: bytes, declared: str, *, default: str, policy: Policy = "declared_first"
) -> Decoded:
    """Return the text of `body`.

    `declared` is the first repetition of MSH-18, `default` the feed's own set.
    Raises WideCharsetError, and CharsetError where no rule decodes the bytes.
    """
    name = declared.strip().upper()
    if name.startswith(("UNICODE UTF-16", "UNICODE UTF-32", "UTF-16", "UTF-32")):
        raise WideCharsetError
    body = body.removeprefix(_BOM)
    feed = codec_of(default) or "utf-8"
    claimed = codec_of(name)
    warnings = ("charset.unknown",) if name and claimed is None else ()
    if body.isascii() and _ESC not in body:
        return Decoded(body.decode("ascii"), claimed or feed, warnings)
    order = _order(claimed or "", feed, policy)
    expected = feed if policy == "feed_first" else claimed or feed
    if order[0] not in _MULTI_BYTE:
        order = ("utf-8", *order)
    for codec in order:
        text = _strictly(body, codec)
        if text is not None:
            return Decoded(text, codec, (*warnings, *_surprise(codec, expected)))
    raise CharsetError


def _order(claimed: str, feed: str, policy: Policy) -> tuple[str, ...]:
    order = {
        "declared_first": (claimed, feed),
        "feed_first": (feed, claimed),
        "sniff": ("utf-8", claimed, feed),
    }[policy]
    return tuple(codec for codec in order if codec)


def _strictly(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _surprise(codec: str, expected: str) -> tuple[str, ...]:
    if codec == expected:
        return ()
    return ("charset.mismatch",) if codec == "utf-8" else ("charset.fallback",)
