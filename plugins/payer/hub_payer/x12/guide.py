"""Comparing transaction sets with their implementation guides, by pyx12.

pyx12 is slow and may raise anything. It is given one group after the other, as text
that is made while it reads, and no more once the time is up. Of what it found, codes
and places are kept and never the content. (Its own 999 is not used: it fails to write
one for an 835.)
"""

import contextlib
import io
import logging
import time
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

import msgspec
import pyx12.map_index  # type: ignore[import-untyped]
import pyx12.params  # type: ignore[import-untyped]
import pyx12.x12n_document  # type: ignore[import-untyped]

from hub_payer.x12.envelope import read
from hub_payer.x12.events import GroupBegin, InterchangeBegin
from hub_payer.x12.guide_feed import Feed, LateError
from hub_payer.x12.guide_findings import judge
from hub_payer.x12.verdict import GroupVerdict, Survey

#: The groups that are compared (GS01): of others there is no map, or an old one.
_COMPARED = frozenset({"BE", "HP", "HC"})


def check(file: BinaryIO, found: Survey, seconds: float) -> dict[tuple[int, int], str]:
    """Refuse the transaction sets of `found` that are not as their guides say.

    Returns a row code for each group, by interchange and group, that could not be
    compared, or not to its end. `seconds` is how long all of it may take.
    """
    deadline = time.monotonic() + seconds
    unchecked: dict[tuple[int, int], str] = {}
    events = read(file)
    isa = number = None
    for event in events:
        if isinstance(event, InterchangeBegin):
            isa, number = event.isa, event.number
        elif isinstance(event, GroupBegin) and isa and number:
            verdict = found.interchanges[number - 1].groups[event.number - 1]
            if event.kind in _COMPARED and not verdict.faults:
                feed = Feed(events, isa, event, found, number, deadline)
                code = _compare(feed, verdict, found, number)
                if code:
                    unchecked[number, event.number] = code
    return unchecked


def _compare(feed: Feed, verdict: GroupVerdict, found: Survey, number: int) -> str:
    """Compare one group; return "", or the row code of why that was not possible."""
    said = io.StringIO()
    try:
        with _silence():
            if not _has_map(feed):
                return "x12.no_map"
            pyx12.x12n_document.x12n_document(
                pyx12.params.ParamsBase(), feed, None, None, fd_json=said
            )
    except LateError:
        return "x12.guide_time"
    except Exception:  # noqa: BLE001  it raises whatever its author did not think of
        return "x12.guide_failed"
    finally:
        feed.drain()
    try:
        judge(said.getvalue(), feed, verdict, found, number)
    except msgspec.DecodeError:  # an account that is none of what it writes
        return "x12.guide_failed"
    return ""


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let nothing be printed or logged: pyx12 quotes the content in what it says."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def _has_map(feed: Feed) -> bool:
    group = feed.group
    name = _maps().get_filename(feed.isa.version, group.version, group.kind)
    return name is not None


@cache
def _maps() -> pyx12.map_index.map_index:
    return pyx12.map_index.map_index()
