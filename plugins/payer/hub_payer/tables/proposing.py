"""The profile that a sample of a table suggests, and what is left to ask. Pure.

No finding holds what stands in a cell.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hub.sdk import Finding
from hub_payer.tables.codes import ROSTER_CODES
from hub_payer.tables.cutting import Cut
from hub_payer.tables.profile import Stating, TableProfile
from hub_payer.tables.sniffing import (
    Written,
    bare_name,
    is_record_number,
    meaning_of,
)
from hub_payer.tables.surveying import days_of, keys_of, numbers_in, trailer_of

QUESTION = "question"
_PARTNER = "PARTNER"
_SEPARATORS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
#: Columns that can tell two rows of one member apart, the likeliest first.
_FURTHER = ("plan", "contract", "programme", "provider", "period", "since", "due")
_MOST_LISTED = 12
_SEMANTICS = (
    "What does it mean that somebody is not in a file? `full`: they are gone;"
    " `cumulative`: settled; `delta`, `append`: nothing. Until you know it, `audit`"
    " lists them and ends nothing"
)


class Proposal:
    """Gathers the settings that samples prove, and the questions that are left."""

    def __init__(self, kind: type[TableProfile]) -> None:
        self.profile: dict[str, Any] = {}
        self.findings: list[Finding] = []
        self._kind = kind
        self._known = kind.known
        self._columns: dict[str, str | int] = {}

    def tell(self, topic: str, value: str, count: int, remark: str = "") -> None:
        """Add a finding."""
        self.findings.append(
            Finding(topic=topic, value=value, count=count, remark=remark)
        )

    def ask(self, setting: str, count: int, remark: str) -> None:
        """Add a question about a setting."""
        self.tell(QUESTION, setting, count, remark)

    def least(self) -> dict[str, int]:
        """Return a place for each column that has to have one."""
        return {name: place for place, name in enumerate(self._kind.needed, 1)}

    def look(self, written: Written) -> None:
        """Say how a table is written, and what its columns hold."""
        self._form(written)
        places = self._named(written)
        rows = self._without_trailer(written)
        cells = [
            {
                name: row.cells[place].strip()
                for name, place in places.items()
                if place < len(row.cells)
            }
            for row in rows
        ]
        self.tell("rows", "in all", len(rows))
        self._days(cells)
        self._numbers(cells)
        self._keys(cells)

    def finish(self) -> None:
        """Add what every profile of this kind has to say."""
        if not self._columns:
            self.profile["header"] = False
        self.profile["columns"] = dict(self._columns) or self.least()
        if issubclass(self._kind, Stating):
            self.profile |= {"semantics": "audit", "system": _PARTNER}
            self.ask("semantics", 1, _SEMANTICS)
            self.ask("system", 1, "Who assigned the numbers in `member_id`?")

    def _form(self, written: Written) -> None:
        separator = _SEPARATORS.get(written.separator, written.separator)
        self.tell("separator", separator, written.width, "cells in a row")
        self.tell("charset", written.charset, 1)
        defaults = {"charset": "utf-8", "separator": ",", "quote": '"'}
        for name, default in defaults.items():
            value = getattr(written, name)
            if value != default:
                self.profile[name] = value
        if written.charset == "utf-8-sig":
            del self.profile["charset"]  # the mark at the start says so itself
        if written.skipped:
            self.profile["skip_lines"] = written.skipped

    def _named(self, written: Written) -> dict[str, int]:
        """Return where each column is, by the names that we know."""
        if written.header is None:
            return self._unnamed(written)
        places: dict[str, int] = {}
        unknown, own = [], []
        for place, name in enumerate(written.header):
            means = [each for each in meaning_of(name) if each in self._known]
            means = [each for each in means if each not in places]
            if means:
                places[means[0]] = place
                self._columns[means[0]] = name.strip()
            elif is_record_number(name):
                own.append(place + 1)
            elif bare_name(name):
                unknown.append(place + 1)
        for column in self._columns:
            self.tell("column", column, 1)
        self._ask_columns(unknown, own)
        missing = [each for each in self._kind.needed if each not in places]
        if missing:
            self.ask("columns", len(missing), f"Which column is {', '.join(missing)}?")
            taken = {*places.values()}
            free = (n for n in range(len(written.header) + 9) if n not in taken)
            places |= {name: next(free) for name in missing}
            self._columns |= {name: places[name] + 1 for name in missing}
        return places

    def _ask_columns(self, unknown: list[int], own: list[int]) -> None:
        if own:
            self.ask(
                "identifiers",
                len(own),
                f"Whose are the numbers in column {_listed(own)}? With a system of"
                " their own they find the person in the feed of a hospital",
            )
        if unknown:
            self.ask(
                "ignored",
                len(unknown),
                f"What does column {_listed(unknown)} mean? Name it in `columns`, or"
                " in `ignored`",
            )

    def _unnamed(self, written: Written) -> dict[str, int]:
        """Return where the columns are that a table has to have, in their order."""
        least = self.least()
        self._columns = {**least}
        self.profile["header"] = False
        self.ask(
            "columns",
            written.width,
            f"What does each of the {written.width} columns hold? There is no header",
        )
        return {name: place - 1 for name, place in least.items()}

    def _without_trailer(self, written: Written) -> Sequence[Cut]:
        rows = written.rows
        pattern = trailer_of(rows[-1].line) if rows else ""
        if not pattern:
            return rows
        self.profile["trailer"] = pattern
        self.tell("trailer", "last line", 1, "it is no row")
        return rows[:-1]

    def _days(self, cells: Sequence[dict[str, str]]) -> None:
        formats: dict[str, str] = {}
        for name in self._columns:
            if self._known[name] != "day":
                continue
            values = [row.get(name, "") for row in cells]
            found = days_of(values)
            if found.serials:
                self.profile["excel_serials"] = True
            elif found.instead:
                self.ask(
                    f"column_date_formats.{name}",
                    len(values),
                    f"Is it {found.format} or {found.instead}? All days can be both",
                )
            elif found.format:
                formats[name] = found.format
            elif any(values):
                self.ask(f"column_date_formats.{name}", len(values), "How are days?")
        self._propose_formats(formats)

    def _propose_formats(self, formats: dict[str, str]) -> None:
        usual = Counter(formats.values()).most_common(1)
        if not usual:
            return
        most = usual[0][0]
        self.tell("days", most, usual[0][1])
        if most != "YYYY-MM-DD":
            self.profile["date_formats"] = [most]
        others = {name: [each] for name, each in formats.items() if each != most}
        if others:
            self.profile["column_date_formats"] = others

    def _numbers(self, cells: Sequence[dict[str, str]]) -> None:
        for name in self._columns:
            if self._known[name] != "id":
                continue
            found = numbers_in(row.get(name, "") for row in cells)
            if found is None:
                continue
            if found.rewritten:
                self.tell(
                    "anomaly",
                    "id.scientific",
                    found.rewritten,
                    _remark("id.scientific"),
                )
            if found.digits and found.zeros:
                self.tell("leading_zeros", name, found.zeros, "they are kept")
            if found.digits and found.shortest < found.longest:
                self.ask(
                    f"leading_zeros.{name}",
                    1,
                    f"Were zeros lost? Numbers have {found.shortest} to"
                    f" {found.longest} digits",
                )

    def _keys(self, cells: Sequence[dict[str, str]]) -> None:
        needed = list(self._kind.needed)
        further = [name for name in _FURTHER if name in self._columns]
        keys = keys_of(cells, needed, further)
        if keys != needed:
            self.profile["keys"] = keys
            self.tell("keys", ", ".join(keys), len(cells), "they tell rows apart")


def _listed(places: Sequence[int]) -> str:
    listed = ", ".join(map(str, places[:_MOST_LISTED]))
    more = len(places) - _MOST_LISTED
    return f"{listed} and {more} others" if more > 0 else listed


def _remark(code: str) -> str:
    return ". ".join(ROSTER_CODES[code])
