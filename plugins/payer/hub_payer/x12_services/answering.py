"""Answers (271, 278) to what we sent: found by the number that they repeat. Pure."""

import re
from collections.abc import Iterator

from hub.sdk import Acceptance, Acknowledged
from hub_payer.x12_services.units import Unit

#: Our own BHT03 is the number of the interchange, and an answer repeats it.
_NUMBER = re.compile(r"\d{9}", re.ASCII)
_MOST_CODES = 20


class Answer:
    """What the records of one transaction set come to, as an answer to a file."""

    def __init__(self) -> None:
        self.purpose = ""
        self.rejections: dict[str, None] = {}
        self._reference = ""
        self._rejected = 0
        self._taken = 0

    def hears(self, unit: Unit) -> None:
        """Take note of a record: AAA is what could not be worked on, and why."""
        self.purpose = unit.header_of("BHT", 2)
        self._reference = unit.header_of("BHT", 3)
        found = [each[3] for each in unit.all("AAA")]
        self._rejected += bool(found)
        self._taken += not found
        for code in found:
            if code and len(self.rejections) < _MOST_CODES:
                self.rejections[code] = None

    def acknowledged(self, kind: str) -> Iterator[Acknowledged]:
        """Yield what is said about the file that is answered, if it can be ours."""
        if not _NUMBER.fullmatch(self._reference):
            return
        partly: Acceptance = "partly" if self._taken else "rejected"
        yield Acknowledged(
            of=self._reference,
            kind=kind,
            acceptance=partly if self._rejected else "accepted",
            codes=tuple(self.rejections),
        )
