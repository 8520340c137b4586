"""Notices as one interchange, with a transaction set for each of them. Pure.

Its time is that of the newest event and not the clock's, so that the same notices
give the same bytes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC

from hub.sdk import Notice, Rendered
from hub_payer.x12.writer import Set, write
from hub_payer.x12_services.ends import EnvelopeOptions
from hub_payer.x12_services.lines import MEDIA_TYPE, Segment


def interchange(
    notices: Sequence[Notice],
    bodies: Iterable[Sequence[Segment]],
    options: EnvelopeOptions,
    *,
    transaction: str,
    version: str,
    group: str,
    kind: str,
) -> Rendered:
    """Return what goes out for `notices`.

    `bodies` are what stands between ST and SE of each, `group` is GS01.
    """
    made = max(each.event.times.emitted for each in notices).astimezone(UTC)
    sets = [Set(transaction, version, list(each)) for each in bodies]
    ends, acknowledge = options.ends(), options.acknowledge
    body = write(ends, made, sets, group=group, acknowledge=acknowledge)
    suffix = f".{transaction}"
    return Rendered(body=body, media_type=MEDIA_TYPE, suffix=suffix, kind=kind)
