"""What samples show about the character set of a feed: what is said, what is so.

The bytes decide, not MSH-18: a feed that declares nothing, or the wrong set, is
common (domain 2.4). UTF-8 shows by itself; of single-byte sets the country of the
sender is the only hint, and a person who knows the names must look at them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from hub.sdk import HubError
from hub_hl7.wire import charset
from hub_hl7.wire.charset import codec_of
from hub_hl7.wire.header import Header, read_header, text_of

#: What bytes are: letters of ASCII alone, UTF-8, or something else.
Kind = Literal["ASCII", "UTF-8", "ISO-2022", "other"]

NONE_DECLARED = "none declared"
UNKNOWN = "not in table 0211"
DEFAULT = "UNICODE UTF-8"
WESTERN = "8859/1"
JAPANESE = "ISO IR87"
_WIDE = ("UNICODE UTF-16", "UNICODE UTF-32", "UTF-16", "UTF-32")
_ESCAPES = (b"\x1b$", b"\x1b(J", b"\x1b(I")


class Letters(Struct, frozen=True, kw_only=True):
    """What samples show, and the settings that read them.

    `declared` counts the sets by the name in MSH-18, `kinds` what the bytes are;
    `profile` holds only settings that differ from the defaults. `undeclared` counts
    the messages with other letters than ASCII's that do not say their set, `wrong`
    those that say another than they use, `unreadable` those that remain so.
    `guessed` says that nothing in the samples tells one single-byte set from others.
    """

    declared: Counter[str]
    kinds: Counter[str]
    profile: dict[str, Any]
    undeclared: int
    wrong: int
    unreadable: int
    guessed: bool


class _Seen(Struct, frozen=True):
    body: bytes
    header: Header
    declared: str
    codec: str
    kind: Kind

    @property
    def silent(self) -> bool:
        """Whether the message says nothing that explains its letters."""
        return not self.codec

    @property
    def wrong(self) -> bool:
        """Whether the set that the message declares is not the one it uses."""
        if self.silent or self.kind == "ASCII":
            return False
        if self.kind == "UTF-8":
            return self.codec != "utf-8" and not _decodes_wide(self)
        return _decoded(self.body, self.codec) is None


def letters_of(bodies: Sequence[bytes], usual: str = "") -> Letters:
    """Look at messages; `usual` is the set of the sender's country, or empty."""
    looked = (_look(body) for body in bodies)
    seen = [one for one in looked if one is not None]
    lettered = [one for one in seen if one.kind != "ASCII"]
    silent = [one for one in lettered if one.silent]
    wrong = [one for one in lettered if one.wrong]
    rest = [one for one in (*silent, *wrong) if one.kind != "UTF-8"]
    default = _single_byte(rest, usual) if rest else DEFAULT
    profile = {"charset_default": default} if default != DEFAULT else {}
    if wrong and len(wrong) == sum(not one.silent for one in lettered):
        # Everything that is declared is wrong: the feed knows better.
        kinds = {one.kind == "UTF-8" for one in (*wrong, *silent)}
        if kinds == {default == DEFAULT}:
            profile["charset_policy"] = "feed_first"
    return Letters(
        declared=Counter(_shown(one.declared) for one in seen),
        kinds=Counter(one.kind for one in seen),
        profile=profile,
        undeclared=len(silent),
        wrong=len(wrong),
        unreadable=sum(not _readable(one, profile) for one in seen),
        guessed=bool(rest) and default == WESTERN and not usual,
    )


def _look(body: bytes) -> _Seen | None:
    header = read_header(body)
    if header is None:
        return None  # the letters of what is no message say nothing of the feed
    declared = _declared_in(header)
    return _Seen(body, header, declared, codec_of(declared) or "", _kind(body))


def _declared_in(header: Header) -> str:
    """Return the first repetition of MSH-18, "" where there is none."""
    if header.name != b"MSH":
        return ""
    repetition = header.field(2)[1:2] or b"~"
    return text_of(header.field(18).split(repetition)[0]).strip()


def _kind(body: bytes) -> Kind:
    if body.isascii():
        escaped = any(escape in body for escape in _ESCAPES)
        return "ISO-2022" if escaped else "ASCII"
    return "other" if _decoded(body, "utf-8") is None else "UTF-8"


def _decodes_wide(seen: _Seen) -> bool:
    """Say whether the message declares a set of several bytes that fits as well.

    It is believed then: much of what is UTF-8 can be read as GB 18030 too.
    """
    several = seen.codec not in {"utf-8", "cp1252"} and not seen.codec.startswith("iso")
    return several and _decoded(seen.body, seen.codec) is not None


def _single_byte(rest: Sequence[_Seen], usual: str) -> str:
    """Return the set that reads most of what is neither ASCII nor UTF-8."""
    if all(one.kind == "ISO-2022" for one in rest):
        return JAPANESE
    candidates = dict.fromkeys(filter(None, (usual, WESTERN)))
    return max(candidates, key=lambda name: sum(_reads(one, name) for one in rest))


def _reads(seen: _Seen, name: str) -> bool:
    codec = codec_of(name)
    return bool(codec) and _decoded(seen.body, codec or "") is not None


def _decoded(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _readable(seen: _Seen, profile: dict[str, Any]) -> bool:
    try:
        charset.decode_message(seen.body, seen.header, **settings_of(profile))
    except HubError:
        return False
    return True


def settings_of(profile: dict[str, Any]) -> dict[str, Any]:
    """Return how a message is decoded by a profile that may leave it unsaid."""
    return {
        "default": profile.get("charset_default", DEFAULT),
        "policy": profile.get("charset_policy", "declared_first"),
    }


def _shown(declared: str) -> str:
    """Return a name of table 0211; where fields are shifted it may be anything."""
    if not declared:
        return NONE_DECLARED
    known = codec_of(declared) is not None or declared.upper().startswith(_WIDE)
    return declared.upper() if known else UNKNOWN
