"""What a table says of itself in its last line, and whether it is true. Pure."""

import re
from decimal import Decimal, InvalidOperation

from hub.sdk import RowProblem, Totals
from hub_payer.tables.cells import BadCellError, Decimals
from hub_payer.tables.profile import TableProfile

_MOST_DIGITS = 40
# Separators of empty cells beside a number.
_AROUND = " \t,;|^~\"'"


class Tally:
    """Counts rows, and adds up a column of them."""

    def __init__(self, profile: TableProfile) -> None:
        self.rows = 0
        self.summed = profile.trailer_sum
        self._sum = Decimal(0)
        self._profile = profile
        self._fits = re.compile(profile.trailer).fullmatch if profile.trailer else None
        self._read = Decimals(profile.decimal_mark)

    def add(self, text: str) -> None:
        """Add a value of the summed column, as it stands in the file."""
        value = self._number(text)
        self._sum += Decimal(0) if value is None else value

    def is_trailer(self, line: str) -> bool:
        """Say whether a line is what a file of this feed ends with."""
        return self._fits is not None and self._fits(line.strip()) is not None

    def totals(self, trailer: str | None) -> Totals:
        """Return what the file says at its end; `trailer` is that line, if any."""
        found = self._fits(trailer.strip()) if self._fits and trailer else None
        if found is None:
            missing = self._profile.trailer and self._profile.trailer_required
            problems = (RowProblem("trailer.missing"),) if missing else ()
            return Totals(problems=problems)
        said = found.groupdict()
        problems, stated = (), None
        if said.get("count") is not None:
            count = self._number(said["count"])
            counted = self.rows + self._profile.trailer_extra
            stated = None if count is None else int(count) - self._profile.trailer_extra
            if count != counted:
                problems = (RowProblem("trailer.count"),)
        if self.summed and said.get("sum") is not None:
            total = self._number(said["sum"])
            if total != self._sum:
                problems = (*problems, RowProblem("trailer.sum", self.summed))
        return Totals(stated=stated, problems=problems)

    def _number(self, text: str) -> Decimal | None:
        if len(text) > _MOST_DIGITS:
            return None
        try:
            return Decimal(self._read(text.strip(_AROUND)))
        except (BadCellError, InvalidOperation):
            return None
