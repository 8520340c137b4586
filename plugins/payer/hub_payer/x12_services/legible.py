"""Characters that no value may have, such as NUL, are marked and said so. Pure.

What a sender wrote there is not known; the mark of Unicode for such a character stands
in its place, so that nothing else is taken for the value. Bad input 3.2, number 22.
"""

from collections.abc import Iterator

import msgspec

from hub.sdk import Item, Row, RowProblem
from hub_payer.x12.handlers import Handler, Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment

#: What stands in the place of a character that is none.
MARK = "\ufffd"
_MARK_BYTES = MARK.encode()
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], MARK)


def legible(handler: Handler) -> Handler:
    """Return a handler that gets marked values, and warns of rows that hold any."""

    def read(
        segments: Iterator[Segment], profile: X12Profile, place: Place
    ) -> Iterator[Item]:
        for item in handler(map(_marked, segments), profile, place):
            if isinstance(item, Row) and _MARK_BYTES in item.body:
                warnings = (*item.warnings, RowProblem("x12.charset"))
                yield msgspec.structs.replace(item, warnings=warnings)
            else:
                yield item

    return read


def _marked(segment: Segment) -> Segment:
    if all(map(str.isprintable, segment.elements)):
        return segment
    elements = [each.translate(_CONTROLS) for each in segment.elements]
    return msgspec.structs.replace(segment, elements=elements)
