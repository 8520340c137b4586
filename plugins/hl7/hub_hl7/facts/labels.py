"""How confidential a message says that it is: ARV, PD1, PV1, PV2, DG1 and MSH.

A label names the field it comes from. What departments, diagnoses and senders give
away is not derived here. Source: HL7 v2.9.1, sections 3.4.14 (ARV) and 2.14.9 (MSH);
tables 0215, 0717 and 0719.
"""

import re
from typing import Any

from hub.sdk import Labels
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.wire.er7 import Segment

_RANKS = ("N", "R", "V")
#: MSH-26 and ARV-7 may also be unrestricted, low or moderate: no more than normal.
_CLASSIFICATIONS = {"U": "N", "L": "N", "M": "N", "N": "N", "R": "R", "V": "V"}
#: Of table 0215 all but U: unknown.
_NO_PUBLICITY = frozenset({"F", "N", "O"})
#: What tables 0717 (ARV-3) and 0719 (ARV-4) say of sensitivity.
_SENSITIVITY = {
    "DRG": "SUD",
    "EMP": "EMPLOYEE",
    "HIV": "HIV",
    "PSY": "PSY",
    "STD": "STD",
    "VIP": "VIP",
}
#: Codes of these tables that restrict, and say nothing of what is sensitive.
_RESTRICTING = frozenset(
    {"ALL", "DEM", "DIA", "LOC", "MED", "OO", "ORG", "PAT", "PHY", "REG", "SMD"}
)
_LABELLED = frozenset({"PD1", "PV2", "DG1", "ARV"})
_DELETED = frozenset({"D", "DE"})
_NOT_VIP = frozenset({"N", "NO", "0"})
_CODE = re.compile(r"[A-Z][A-Z0-9_-]{0,31}")


class _Marks:
    """Collects labels: the highest confidentiality, everything else once."""

    def __init__(self) -> None:
        self._rank = 0
        self._sensitivity: dict[str, None] = {}
        self._handling: dict[str, None] = {}
        self._sources: dict[str, None] = {}

    def restrict(self, source: str, confidentiality: str = "R") -> None:
        self._rank = max(self._rank, _RANKS.index(confidentiality))
        self._sources[source] = None

    def sensitive(self, source: str, code: str) -> None:
        self._sensitivity[code] = None
        self.restrict(source)

    def unknown(self, source: str) -> None:
        """Restrict what has a code that nobody mapped: unknown is not normal."""
        self._sensitivity["unknown"] = None
        self.restrict(f"{source}:unknown")

    def handle(self, source: str, code: str) -> None:
        self._handling[code] = None
        self._sources[source] = None

    def labels(self) -> Labels | None:
        if not self._sources:
            return None
        return Labels(
            confidentiality=_RANKS[self._rank],
            sensitivity=tuple(self._sensitivity),
            handling=tuple(self._handling),
            derived_by=tuple(self._sources),
        )


def labels_of(reading: Reading) -> Labels | None:
    """Return what the message says of its confidentiality, None where nothing.

    A code that the hub does not know restricts: unknown is not normal.
    """
    header, vip = reading.message.header, reading.segment("PV1").value(16)
    labelled = not _LABELLED.isdisjoint(reading.names)
    if not (vip or labelled or header.any_sent(26, 27, 28)):
        return None
    marks = _Marks()
    _header(reading, header, marks)
    if vip and vip.upper() not in _NOT_VIP:
        marks.sensitive("PV1-16", "VIP")
    if labelled:
        _segments(reading, marks)
    return marks.labels()


def _segments(reading: Reading, marks: _Marks) -> None:
    for name, publicity, protection in (("PD1", 11, 12), ("PV2", 21, 22)):
        for segment in reading.all(name)[:1]:
            if segment.any_sent(publicity, protection):
                _protected(segment, publicity, protection, marks)
    if any(_says_yes(dg1, 18) for dg1 in reading.all("DG1")):
        marks.restrict("DG1-18")
    for arv in reading.all("ARV"):
        _restriction(reading, arv, marks)


def _header(reading: Reading, msh: Segment, marks: _Marks) -> None:
    if not msh.any_sent(26, 27, 28):
        return
    _classified(reading, msh, 26, marks)
    _handling(msh, 27, marks)
    if msh.value(28):
        marks.restrict("MSH-28")


def _handling(segment: Segment, number: int, marks: _Marks) -> None:
    for field in segment.repetitions(number):
        code = (field.component(1) or "").strip().upper()
        if _CODE.fullmatch(code):
            marks.handle(f"{segment.name}-{number}", code)


def _protected(
    segment: Segment, publicity: int, protection: int, marks: _Marks
) -> None:
    if (segment.value(publicity) or "").upper() in _NO_PUBLICITY:
        marks.restrict(f"{segment.name}-{publicity}")
    if _says_yes(segment, protection):
        marks.restrict(f"{segment.name}-{protection}")


def _says_yes(segment: Segment, number: int) -> bool:
    return (segment.value(number) or "").upper() == "Y"


def _restriction(reading: Reading, arv: Segment, marks: _Marks) -> None:
    if (arv.value(2) or "").upper() in _DELETED:
        return
    for number in (3, 4):
        for field in arv.repetitions(number):
            code = (field.component(1) or "").upper()
            if sensitivity := _SENSITIVITY.get(code):
                marks.sensitive(f"ARV-{number}", sensitivity)
            elif code in _RESTRICTING:
                marks.restrict(f"ARV-{number}")
            elif code and code != "NO":
                marks.unknown(f"ARV-{number}")
    _classified(reading, arv, 7, marks)
    _handling(arv, 8, marks)


def _classified(reading: Reading, segment: Segment, number: int, marks: _Marks) -> None:
    sent = (segment.value(number) or "").strip().upper()
    if not sent:
        return
    if sent not in _CLASSIFICATIONS:
        reading.warn("label.unmapped")
        marks.unknown(f"{segment.name}-{number}")
        return
    marks.restrict(f"{segment.name}-{number}", _CLASSIFICATIONS[sent])


def restrictions_of(reading: Reading) -> Any:
    """Return the restrictions of access (ARV), "" where there are none.

    Each has ``action`` (A add, D delete, U update), ``values`` (table 0717),
    ``reasons`` (table 0719), ``instructions`` and ``period`` where stated.
    """
    found = [
        stated(
            action=arv.value(2),
            values=_codes(arv, 3),
            reasons=_codes(arv, 4),
            instructions=[
                text for field in arv.repetitions(5) if (text := field.text())
            ]
            or "",
            period=stated(start=arv.value(6), end=arv.value(6, 2)) or "",
        )
        for arv in reading.all("ARV")
    ]
    return [entry for entry in found if entry] or ""


def _codes(segment: Segment, number: int) -> Any:
    codes = [field.component(1) for field in segment.repetitions(number)]
    return [code for code in codes if code] or ""
