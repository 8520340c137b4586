"""Rows as the bytes of a delimited text file. Pure. Source: RFC 4180."""

import csv
import io
from collections.abc import Iterable

from hub.sdk import Rendered
from hub_payer.layout import FileOptions

_SUFFIXES = {",": ".csv", ";": ".csv", "|": ".psv", "\t": ".tsv"}


def file_of(
    header: Iterable[str],
    rows: Iterable[Iterable[str]],
    options: FileOptions,
    kind: str,
) -> Rendered:
    """Return a file: lines end in CR LF and values are quoted where they must be."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=options.separator, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    subtype = "tab-separated-values" if options.separator == "\t" else "csv"
    return Rendered(
        body=file.getvalue().encode(options.charset),
        media_type=f"text/{subtype}; charset=utf-8; header=present",
        suffix=_SUFFIXES[options.separator],
        kind=kind,
    )
