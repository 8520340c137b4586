"""A message field by field, for a person who may see it.

Every value that was sent, in order, under its path (``PID-3(2).1``) and the name
that the standard gives it. The second and later segments of a kind are numbered:
``OBX(2)-5``.
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from hub.sdk import HubError, Shown
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.wire import charset
from hub_hl7.wire.er7 import HEADERS, Field, Message, Segment
from hub_hl7.wire.header import read_header

MOST_VALUES = 20_000
MOST_CHARACTERS = 500  # of one value; documents can be in fields
_MOST_FIELDS = 1_000


def outline(body: bytes, profile: Hl7Profile) -> tuple[Shown, ...]:
    """Return the values of a message in order; none where it cannot be read.

    At most `MOST_VALUES`, each of at most `MOST_CHARACTERS`. The instruction to
    delete is shown as it is sent, as two quotation marks.
    """
    header = read_header(body)
    if header is None:
        return ()
    try:
        decoded = charset.decode_message(
            body,
            header,
            default=profile.charset_default,
            policy=profile.charset_policy,
        )
        message = Message(decoded.text, codec=decoded.codec)
    except HubError:
        return ()
    version = message.header.value(12) or ""
    return tuple(islice(_values(message, version), MOST_VALUES))


def _values(message: Message, version: str) -> Iterator[Shown]:
    seen: Counter[str] = Counter()
    for segment in message.segments:
        seen[segment.name] += 1
        place = seen[segment.name]
        prefix = segment.name if place == 1 else f"{segment.name}({place})"
        for path, value in _of_segment(segment, message):
            name = _name(f"{segment.name}{path}", version)
            shown = value if len(value) <= MOST_CHARACTERS else _shortened(value)
            yield Shown(path=f"{prefix}{path}", name=name, value=shown)


def _of_segment(segment: Segment, message: Message) -> Iterator[tuple[str, str]]:
    count = min(segment.raw.count(message.syntax.field) + 1, _MOST_FIELDS)
    for number in range(1, count + 1):
        if number <= 2 and segment.name in HEADERS:  # noqa: PLR2004  the delimiters
            yield f"-{number}", segment.raw_field(number)
            continue
        repetitions = segment.repetitions(number)
        for place, field in enumerate(repetitions, start=1):
            path = f"-{number}" if place == 1 else f"-{number}({place})"
            yield from _of_field(field, path, message)


def _of_field(field: Field, path: str, message: Message) -> Iterator[tuple[str, str]]:
    syntax = message.syntax
    components = message.cutter.split(field.raw, "component")
    if len(components) == 1 and not _cut(field.raw, syntax.subcomponent):
        yield from _filled(path, field.text(), field.raw)
        return
    for number, raw in enumerate(components, start=1):
        inner = f"{path}.{number}"
        if not _cut(raw, syntax.subcomponent):
            yield from _filled(inner, field.component(number), raw)
            continue
        for part in range(1, raw.count(syntax.subcomponent) + 2):
            yield from _filled(f"{inner}.{part}", field.component(number, part), raw)


def _cut(raw: str, separator: str) -> bool:
    return bool(separator) and separator in raw


def _filled(path: str, value: str | None, raw: str) -> Iterator[tuple[str, str]]:
    if value is None:
        yield path, raw
    elif value:
        yield path, value


def _shortened(value: str) -> str:
    return f"{value[:MOST_CHARACTERS]}… ({len(value)} characters)"


@lru_cache(maxsize=8192)
def _name(path: str, version: str) -> str:
    """Return what the standard calls a place, without the path itself."""
    # Loading the tables of names takes a second: not before somebody looks.
    from hub_hl7.learning.structure import describe  # noqa: PLC0415

    return describe(path, version).removeprefix(path).strip()
