"""Entries of panels, as rows of the store, and back. Days are days since 1970."""

from datetime import date
from typing import Any

from hub.coordination.panels import Entry
from hub.store.panel_members import MemberRow

#: A link without a first day holds from the first day of the calendar on, for rows
#: are told apart by it.
EPOCH = date(1970, 1, 1).toordinal()
OPEN = date.min.toordinal() - EPOCH

MEMBER_COLUMNS = (
    *("system", "value", "panel", "version", "patient_id", "valid_from", "programme"),
    *("valid_to", "purpose", "legal_basis", "confirmed_at", "days_after"),
)


def row_of(each: Entry, name: str, version: int, at: int) -> tuple[Any, ...]:
    """Return what is stored of an entry that was confirmed at `at`."""
    return (
        each.system,
        each.value,
        name,
        version,
        each.patient_id,
        OPEN if each.valid_from is None else each.valid_from.toordinal() - EPOCH,
        each.programme,
        None if each.valid_to is None else each.valid_to.toordinal() - EPOCH,
        each.purpose,
        each.legal_basis,
        at,
        None,
    )


def entry_of(row: MemberRow) -> Entry:
    """Return a stored entry as a row of a list."""
    return Entry(
        0,
        "add",
        row.system,
        row.value,
        row.patient_id,
        day_of(row.valid_from),
        day_of(row.valid_to),
        row.programme,
        row.purpose,
        row.legal_basis,
    )


def kept(row: MemberRow, version: int) -> tuple[Any, ...]:
    """Return what is stored of an entry that goes on as it is in another version."""
    return (
        row.system,
        row.value,
        row.panel,
        version,
        row.patient_id,
        row.valid_from,
        row.programme,
        row.valid_to,
        row.purpose,
        row.legal_basis,
        row.confirmed_at,
        None,
    )


def day_of(days: int | None) -> date | None:
    """Return a stored day, None for one that is open."""
    return None if days is None or days == OPEN else date.fromordinal(days + EPOCH)
