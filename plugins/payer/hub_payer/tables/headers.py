"""Where in a row each column of a profile stands. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from hub_payer.tables.errors import HeaderError
from hub_payer.tables.profile import TableProfile

_NOT_SEEN = re.compile("[\\s\u00a0\u00ad\u200b-\u200f\u2060\ufeff]+")


class Layout(NamedTuple):
    """Where columns stand, from 0, and how many cells a row has.

    `unknown` are the positions, from 1, of columns that the profile does not name.
    """

    places: dict[str, int]
    width: int
    unknown: tuple[int, ...] = ()


def folded(name: str) -> str:
    """Return the name of a column without case, blanks and marks that nobody sees."""
    return _NOT_SEEN.sub("", unicodedata.normalize("NFKC", name)).casefold()


def fixed_layout(profile: TableProfile) -> Layout:
    """Return where the cells are of a row that was cut at `positions`."""
    places = {name: place for place, name in enumerate(profile.positions)}
    return Layout(places, len(places))


def layout_without_header(profile: TableProfile, first: Sequence[str]) -> Layout:
    """Return where columns stand by their positions; the first row has as many.

    Raises HeaderError where that row has fewer, or is a header after all.
    """
    places = {name: int(place) - 1 for name, place in profile.columns.items()}
    if len(first) <= max(places.values()):
        raise HeaderError(f"the first row has {len(first)} cells")
    names = {folded(name.replace("_", "")) for name in profile.kinds()}
    if any(folded(cell.replace("_", "")) in names for cell in first):
        raise HeaderError("there is a header, which the profile does not expect")
    return Layout(places, len(first))


def layout_of_header(profile: TableProfile, header: Sequence[str]) -> Layout:
    """Return where the columns of a header stand. Raises HeaderError.

    What is said of it names columns of the profile, never what stands in the file:
    where the header is missing, that would be somebody's data.
    """
    same = str.strip if profile.exact_header else folded
    cells = [same(cell) for cell in header]
    width = max((n for n, cell in enumerate(header, 1) if cell.strip()), default=0)
    places, missing, twice = {}, [], []
    for name, column in profile.columns.items():
        wanted = column if isinstance(column, int) else same(column)
        found = [n for n, cell in enumerate(cells, 1) if wanted in (n, cell)]
        if found:
            places[name] = found[0] - 1
        elif name not in profile.optional:
            missing.append(name)
        if len(found) > 1:
            twice.append(name)
    _complain(missing, twice)
    # A column that is named by its number may have an empty heading at the end.
    width = max(width, *(place + 1 for place in places.values())) if places else width
    known = {*map(same, profile.ignored)}
    unknown = tuple(
        place
        for place, cell in enumerate(cells[:width], 1)
        if place - 1 not in places.values() and cell and cell not in known
    )
    return Layout(places, width, unknown)


def _complain(missing: Sequence[str], twice: Sequence[str]) -> None:
    if missing:
        raise HeaderError(f"it lacks {', '.join(missing)}")
    if twice:
        raise HeaderError(f"it has more than one {', '.join(twice)}")
