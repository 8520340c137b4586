"""What was found wrong with one record, each thing once."""

from typing import Final

from hub.sdk import DirectoryRemark, ObjectType, Severity
from hub_community.validation.codes import CODES, PREFIX

#: So much is said of one record; who has more knows by then.
_MOST: Final = 50
#: Without these a record is of no use: errors at L1 keep it out.
_NEEDED: Final = frozenset({"id", "name", "status"})
_OF_NEEDED: Final = frozenset({"required", "type"})


class Findings:
    """Remarks on one record."""

    def __init__(self, kind: ObjectType, key: str) -> None:
        self._kind, self._key = kind, key
        self._found: dict[tuple[str, str], DirectoryRemark] = {}

    def add(self, code: str, field: str = "") -> None:
        """Remark a code of `CODES` on a field; of UUIDs once is enough."""
        said = (code, "" if code == "uuid" else field)
        if said in self._found or len(self._found) >= _MOST:
            return
        level, severity, _, _ = CODES[code]
        self._found[said] = DirectoryRemark(
            level=level,
            severity=_gravity(code, field, severity),
            code=PREFIX + code,
            type=self._kind,
            id=self._key,
            field=field,
        )

    def remarks(self) -> list[DirectoryRemark]:
        """Return the remarks in the order in which they were found."""
        return list(self._found.values())


def _gravity(code: str, field: str, usual: Severity) -> Severity:
    return "error" if code in _OF_NEEDED and field in _NEEDED else usual
