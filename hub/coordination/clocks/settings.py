"""Settings: from where somebody comes and to where they go, in the hub's words."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from hub.coordination.clocks.rules import data
from hub.coordination.clocks.triggers import values_at

#: Nobody stated a disposition.
UNKNOWN = "unknown"
#: A disposition that the table of its country does not list.
OTHER = "other"


def setting_after(payload: Mapping[str, Any], country: str) -> str:
    """Return the setting to which the discharge in `payload` leads.

    Source: the disposition (PV1-36) and the table of the country in the data files.
    """
    disposition = first_text(payload, "discharge.disposition")
    if not disposition:
        return UNKNOWN
    digits, table = _table(country)
    return table.get(_padded(disposition, digits)[:digits], OTHER)


def setting_before(payload: Mapping[str, Any]) -> str:
    """Return the class of the encounter in `payload`, which says where somebody was."""
    return first_text(payload, "class") or UNKNOWN


def first_text(payload: Mapping[str, Any], path: str) -> str:
    """Return the first value at `path` as text without blanks, "" for none."""
    return next((str(each).strip() for each in values_at(payload, path)), "")


def _padded(disposition: str, digits: int) -> str:
    # Some senders drop the leading zero: 1 is 01.
    return disposition.zfill(digits) if disposition.isdigit() else disposition


@cache
def _table(country: str) -> tuple[int, dict[str, str]]:
    found = data("settings.toml").get(country)
    if not isinstance(found, dict):
        return 0, {}
    settings = found["settings"]
    codes = {code: name for name, listed in settings.items() for code in listed}
    return int(found["digits"]), codes
