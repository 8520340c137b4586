"""What is said about a directory while it is read, kept within bounds."""

from collections import Counter
from typing import Any, Final

from hub.sdk import DirectoryRemark, Severity, Unmapped
from hub_community.hsds.scratch import Scratch

#: Of how many objects the same small thing is said one by one.
_MOST_ALIKE: Final = 1000
_LONGEST_COLUMN: Final = 64
_SEVERITIES: Final[dict[str, tuple[int, Severity]]] = {
    "hsds.bad_line": (0, "error"),
    "hsds.datapackage_differs": (1, "warning"),
    "hsds.datapackage_unreadable": (0, "warning"),
    "hsds.dangling": (2, "warning"),
    "hsds.date": (1, "warning"),
    "hsds.duplicate_id": (1, "warning"),
    "hsds.empty": (0, "warning"),
    "hsds.encoding": (0, "warning"),
    "hsds.header_repeated": (0, "warning"),
    "hsds.id_unusable": (1, "warning"),
    "hsds.no_id": (1, "error"),
    "hsds.not_complete": (0, "warning"),
    "hsds.nul_bytes": (0, "warning"),
    "hsds.number": (1, "warning"),
    "hsds.orphan": (2, "warning"),
    "hsds.ragged_row": (0, "error"),
    "hsds.status_assumed": (1, "warning"),
    "hsds.table_missing": (1, "warning"),
    "hsds.taxonomy_cycle": (2, "warning"),
    "hsds.truncated": (0, "error"),
    "hsds.type": (1, "warning"),
    "hsds.unclosed_quote": (0, "error"),
    "hsds.unknown_shape": (1, "error"),
}
_ELSE: Final[tuple[int, Severity]] = (1, "info")


class Notes:
    """Remarks and unmapped columns of one reading."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._alike: Counter[tuple[str, str, str]] = Counter()
        self._unmapped: Counter[tuple[str, str]] = Counter()

    def add(self, code: str, kind: str = "", key: str = "", field: str = "") -> None:
        """Remark something, with the level and severity of its code."""
        found = self.made(code, kind, key, field)
        if found:
            self._scratch.remark(found)

    def made(
        self, code: str, kind: str = "", key: str = "", field: str = ""
    ) -> DirectoryRemark | None:
        """Return a remark; None where the same was said often enough."""
        level, severity = _SEVERITIES.get(code, _ELSE)
        alike = (code, kind, field)
        self._alike[alike] += 1
        if severity != "error" and self._alike[alike] > _MOST_ALIKE:
            return None
        return DirectoryRemark(
            level=level, severity=severity, code=code, type=kind, id=key, field=field
        )

    def unmapped(self, table: str, column: Any, count: int = 1) -> None:
        """Count what has no place in the internal shape."""
        name = str(column)
        if len(name) > _LONGEST_COLUMN or not name.isprintable():
            name = "(no name)"
        self._unmapped[table, name] += count

    def columns(self) -> list[Unmapped]:
        """Return the report of unmapped columns."""
        return [
            Unmapped(table=table, column=column, count=count)
            for (table, column), count in sorted(self._unmapped.items())
        ]
