"""Notices as a delimited text file: a header, then one row per notice. Pure.

Lines end in CR LF and values are quoted where they must be. Source: RFC 4180.
"""

import csv
import io
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from hub.sdk import Notice, Rendered, Settings
from hub_payer.cells import neutral
from hub_payer.columns import COLUMNS

_SUFFIXES = {",": ".csv", ";": ".csv", "|": ".psv", "\t": ".tsv"}


class NotificationOptions(Settings):
    """Options of ``notification-csv``."""

    separator: Literal[",", ";", "|", "\t"] = Field(
        default=",", description="What stands between two values."
    )
    charset: Literal["utf-8", "utf-8-sig"] = Field(
        default="utf-8",
        description="UTF-8, or UTF-8 with a mark at the start (for spreadsheets).",
    )


def render(notices: Sequence[Notice], options: NotificationOptions) -> Rendered:
    """Return `notices` in their order, each as the row that `COLUMNS` describe."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=options.separator, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(notice) for notice in notices)
    subtype = "tab-separated-values" if options.separator == "\t" else "csv"
    return Rendered(
        body=file.getvalue().encode(options.charset),
        media_type=f"text/{subtype}; charset=utf-8; header=present",
        suffix=_SUFFIXES[options.separator],
    )


def _row(notice: Notice) -> list[str]:
    return [neutral(column(notice)) for column in COLUMNS.values()]
