"""What samples of a feed show, counted. Codes and places only, never content.

The only things of a message that are kept are what `hub_hl7.learning.sampling` lets
pass; numbers and digests that are needed for comparing messages stay in this object.
"""

import hashlib
from collections import Counter

from hub_hl7.facts.profile import PLACEHOLDERS
from hub_hl7.learning.clocks import Clocks
from hub_hl7.learning.sampling import (
    MISSING,
    UNREADABLE,
    Privacy,
    type_code,
    version_code,
)
from hub_hl7.learning.visit_numbers import Visits, trigger_of
from hub_hl7.wire.er7 import Message, Segment

#: Values that are sent where nothing is known, beyond those that every feed knows.
LIKELY_PLACEHOLDERS = (
    "N/A", "NONE", "NULL", "UNK", "TBD", "XXX", "XXXX", "-", ".", "?", "0",
    "00000000", "000000000", "0000000000", "99999999", "999999999", "9999999999",
    "UNBEKANNT", "KEINE ANGABE", "BABY GIRL", "NOT GIVEN",
)  # fmt: skip
_PLACES = (
    ("PID", 2), ("PID", 3), ("PID", 4), ("PID", 5), ("PID", 7), ("PID", 18),
    ("PID", 19), ("PV1", 19), ("PV1", 50),
)  # fmt: skip
_MOVEMENT_ACTIONS = frozenset({"INSERT", "UPDATE", "CANCEL"})
_MOST_FIELDS = 300
_USUAL_DELIMITERS = frozenset({"|^~\\&", "|^~\\&#"})


class Survey:
    """Counts over the messages of a feed. All codes in it may be shown."""

    def __init__(self) -> None:
        self.messages = 0
        self.anomalies: Counter[str] = Counter()
        self.senders: Counter[str] = Counter()
        self.facilities: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()
        self.types: Counter[str] = Counter()
        self.processing: Counter[str] = Counter()
        self.modes: Counter[str] = Counter()
        self.segments: Counter[str] = Counter()
        self.fields: Counter[tuple[str, int]] = Counter()
        self.classes: Counter[str] = Counter()
        self.authorities: Counter[str] = Counter()
        self.bare: Counter[str] = Counter()  # by facility: numbers without authority
        self.placeholders: Counter[str] = Counter()
        self.movements: Counter[str] = Counter()  # by action
        self.clocks = Clocks(self.anomalies)
        self.visits = Visits()
        self._control_ids: dict[str, bytes] = {}

    def add(self, message: Message, body: bytes) -> None:
        """Count one message whose header is an MSH."""
        self.messages += 1
        privacy = Privacy(message)
        self._add_header(message, privacy)
        self._add_control_id(message, body)
        self._add_form(message, body)
        for segment in message.segments:
            self._add_segment(segment, message.syntax.field)
        self._add_patient(message)
        self._add_numbers(message, privacy)
        self._add_visit(message, privacy)
        self.clocks.add(message)
        self.visits.add(message)
        # What is odd shows while a message is read, so this comes last.
        self.anomalies.update(message.oddities)

    def _add_header(self, message: Message, privacy: Privacy) -> None:
        msh = message.header
        names = [privacy.organisation(msh.value(number, 1) or "") for number in (3, 4)]
        self.senders[" | ".join(names)] += 1
        self.versions[version_code(msh.value(12, 1) or "")] += 1
        self.types[self._type(message)] += 1
        self.processing[privacy.code(msh.value(11) or "")] += 1
        modes = [privacy.code(msh.value(number) or "") for number in (15, 16)]
        if modes != [MISSING, MISSING]:
            self.modes["/".join(modes)] += 1

    def _type(self, message: Message) -> str:
        kind = type_code(message.header.value(9, 1) or "")
        trigger = type_code(trigger_of(message))
        return kind if trigger == MISSING else f"{kind}^{trigger}"

    def _add_control_id(self, message: Message, body: bytes) -> None:
        control_id = message.header.value(10)
        if not control_id:
            self.anomalies["control_id.missing"] += 1
            return
        digest = hashlib.sha256(body).digest()
        first = self._control_ids.setdefault(control_id, digest)
        if first is not digest:
            same = first == digest
            self.anomalies["message.repeated" if same else "control_id.reused"] += 1

    def _add_form(self, message: Message, body: bytes) -> None:
        body = body.strip(b"\r\n")
        if b"\n" in body:
            kind = "lf" if b"\r" not in body else "mixed"
            crlf = body.count(b"\r\n")
            if crlf and crlf == body.count(b"\n") == body.count(b"\r"):
                kind = "crlf"
            self.anomalies[f"line_end.{kind}"] += 1
        raw = message.header.raw_field(1) + message.header.raw_field(2)
        if raw not in _USUAL_DELIMITERS:
            self.anomalies["delimiters.unusual"] += 1

    def _add_segment(self, segment: Segment, separator: str) -> None:
        name = segment.name
        if segment.raw[3:4] not in {"", separator} or type_code(name) != name:
            self.anomalies["segment.unreadable"] += 1
            return
        self.segments[name] += 1
        for number in range(1, min(segment.raw.count(separator), _MOST_FIELDS) + 2):
            if segment.raw_field(number):
                self.fields[name, number] += 1

    def _add_patient(self, message: Message) -> None:
        count = len(message.all("PID"))
        if count > 1:
            self.anomalies["pid.repeated"] += 1
        if not count and (message.header.value(9) or "").strip().upper() == "ADT":
            self.anomalies["pid.missing"] += 1
        for name, number in _PLACES:
            for segment in message.all(name):
                for field in segment.repetitions(number):
                    known = (field.component(1) or "").strip().upper()
                    if known in PLACEHOLDERS or known in LIKELY_PLACEHOLDERS:
                        self.placeholders[known] += 1

    def _add_numbers(self, message: Message, privacy: Privacy) -> None:
        """Count who assigned the numbers, and those of which nobody says so."""
        facility = privacy.organisation(message.header.value(4) or "")
        numbers = [field for pid in message.all("PID") for field in pid.repetitions(3)]
        numbers += [pv1.field(19) for pv1 in message.all("PV1")]
        for field in numbers:
            if not field.component(1):
                continue
            name = field.component(4, 1) or field.component(4, 2)
            if name:
                self.authorities[privacy.organisation(name)] += 1
            else:
                self.bare[facility] += 1

    def _add_visit(self, message: Message, privacy: Privacy) -> None:
        for pv1 in message.all("PV1"):
            if sent := pv1.value(2):
                self.classes[privacy.code(sent)] += 1
        for zbe in message.all("ZBE"):
            action = (zbe.value(4) or "").strip().upper()
            known = action if action in _MOVEMENT_ACTIONS else UNREADABLE
            self.movements[known] += 1
