"""The rows of a version of a panel, from what a list says and what was in force."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from hub.coordination.panels import Entry, changed
from hub.store import panel_rows
from hub.store.panel_members import MemberRow
from hub.store.panel_staging import Rows


def whole(
    keys: Iterable[Rows], name: str, version: int, at: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a version that is all that a list says, in their order."""
    for _, rows in keys:
        for each in changed((), rows) if len(rows) > 1 else rows:
            yield panel_rows.row_of(each, name, version, at)


def merged(
    old: Iterable[MemberRow], keys: Iterable[Rows], name: str, version: int, at: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a version that follows on another one, in their order.

    What nobody said anything of stays as it was confirmed.
    """
    before = groupby(old, key=lambda row: (row.system, row.value, row.patient_id))
    held, held_rows = next(before, _END)
    for key, rows in keys:
        while held is not None and held < key:
            yield from (panel_rows.kept(each, version) for each in held_rows)
            held, held_rows = next(before, _END)
        known: dict[Entry, int] = {}
        if held == key:
            known = {panel_rows.entry_of(each): each.confirmed_at for each in held_rows}
            held, held_rows = next(before, _END)
        for each in changed(known, rows):
            yield panel_rows.row_of(each, name, version, known.get(each, at))
    while held is not None:
        yield from (panel_rows.kept(each, version) for each in held_rows)
        held, held_rows = next(before, _END)


_END: tuple[None, tuple[()]] = (None, ())


def chunks(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield `rows` as lists of `size`, of which the last may have fewer."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk
