"""Looking through a file once before any of it is used (R-PAY-03, step 6)."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from hub.sdk import Semantics
from hub_payer.x12.envelope import read
from hub_payer.x12.events import (
    Event,
    Fault,
    GroupBegin,
    GroupEnd,
    InterchangeBegin,
    InterchangeEnd,
    TransactionBegin,
    TransactionEnd,
)
from hub_payer.x12.profile import GROUPS, Party, X12Profile
from hub_payer.x12.segments import Segment, is_number
from hub_payer.x12.verdict import (
    LISTED,
    GroupVerdict,
    InterchangeVerdict,
    SetVerdict,
    Survey,
    TooManyPartsError,
)

_MOST_INTERCHANGES = 1000
_MOST_GROUPS = 10_000
#: Where the segments stand that say what an 834 is as a whole: before its members.
_HEADER = 40
#: What a BGN08 says of those who are not listed (R-PAY-01).
_PURPOSES: dict[str, Semantics] = {"2": "delta", "4": "audit", "RX": "audit"}
_ANSWERS = frozenset({"997", "999"})


def survey(file: BinaryIO, profile: X12Profile, handled: frozenset[str]) -> Survey:
    """Return what is found of `file`, of which the kinds `handled` can be read.

    Raises NotX12Error, or TooManyPartsError.
    """
    found = _Surveyor(profile, handled | _ANSWERS)
    for event in read(file):
        found.see(event)
    return found.finished()


class _Surveyor:
    def __init__(self, profile: X12Profile, handled: frozenset[str]) -> None:
        self._profile = profile
        self._handled = handled
        self._found = Survey()
        self._groups = 0
        self._set: SetVerdict | None = None
        self._in_header = False

    def finished(self) -> Survey:
        found = self._found
        found.semantics = self._semantics()
        return found

    def see(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case Segment():
                if self._in_header or event.place == 0:
                    self._segment(event)
            case TransactionBegin():
                self._begin_set(event)
            case TransactionEnd():
                self._end_set(event)
            case GroupBegin():
                self._begin_group(event)
            case GroupEnd():
                self._sort(self._group, event.faults)
                self._group.stated = event.stated
            case InterchangeBegin():
                self._begin_interchange(event)
            case InterchangeEnd():
                self._sort(self._interchange, event.faults)

    @property
    def _interchange(self) -> InterchangeVerdict:
        return self._found.interchanges[-1]

    @property
    def _group(self) -> GroupVerdict:
        return self._interchange.groups[-1]

    def _sort(
        self,
        verdict: InterchangeVerdict | GroupVerdict | SetVerdict,
        faults: tuple[Fault, ...],
    ) -> None:
        """Keep what was found; the profile says whether a wrong count is a fault."""
        for fault in faults:
            lenient = fault.code == "x12.count" and self._profile.counts == "warn"
            (verdict.warnings if lenient else verdict.faults).append(fault)

    def _begin_interchange(self, event: InterchangeBegin) -> None:
        found = self._found
        if len(found.interchanges) >= _MOST_INTERCHANGES:
            raise TooManyPartsError("interchanges")
        wrong = [*event.faults, *self._ends(event)]
        found.interchanges.append(InterchangeVerdict(event, wrong))
        found.test = found.test or event.isa.usage == "T"
        found.said = found.said or self._time("20" + event.isa.date, event.isa.time)

    def _ends(self, event: InterchangeBegin) -> Iterator[Fault]:
        isa, profile = event.isa, self._profile
        if not _is(profile.partner, isa.sender_qualifier, isa.sender):
            yield Fault("interchange", "x12.sender", "ISA06", "006")
        if not _is(profile.us, isa.receiver_qualifier, isa.receiver):
            yield Fault("interchange", "x12.receiver", "ISA08", "008")

    def _time(self, day: str, time: str) -> datetime | None:
        try:
            made = datetime.strptime(day + time[:4], "%Y%m%d%H%M")  # noqa: DTZ007  its zone is the profile's
        except ValueError:
            return None
        return made.replace(tzinfo=ZoneInfo(self._profile.time_zone))

    def _begin_group(self, event: GroupBegin) -> None:
        self._groups += 1
        if self._groups > _MOST_GROUPS:
            raise TooManyPartsError("groups")
        verdict = GroupVerdict(event, list(event.faults))
        if event.kind not in {GROUPS[kind] for kind in self._handled}:
            verdict.faults.append(Fault("group", "x12.unsupported", "GS01", "1"))
        elif not any(
            self._profile.takes(kind, event.version)
            for kind, group in GROUPS.items()
            if group == event.kind
        ):
            verdict.faults.append(Fault("group", "x12.version", "GS08", "2"))
        self._interchange.groups.append(verdict)

    def _begin_set(self, event: TransactionBegin) -> None:
        self._group.received += 1
        self._set = SetVerdict(event, list(event.faults))
        self._in_header = True
        if event.kind not in self._handled:
            fault = Fault("transaction", "x12.unsupported", "ST01", "1")
            self._set.faults.append(fault)
        elif GROUPS.get(event.kind) != self._group.begin.kind:
            fault = Fault("transaction", "x12.wrong_group", "ST01", "6")
            self._set.faults.append(fault)
        elif not self._profile.takes(event.kind, event.version):
            fault = Fault("transaction", "x12.version", "ST03", "I6")
            self._set.faults.append(fault)
        if len(self._found.kinds) < LISTED:
            self._found.kinds[event.kind] = None

    def _end_set(self, event: TransactionEnd) -> None:
        if self._set is None:
            return
        verdict, self._set = self._set, None
        self._sort(verdict, event.faults)
        self._in_header = False
        if verdict.faults:
            self._found.refuse(
                self._group, verdict.begin, self._interchange.begin.number
            )
        if verdict.faults or verdict.warnings or self._group.received <= LISTED:
            self._group.sets.append(verdict)

    def _segment(self, segment: Segment) -> None:
        if segment.id == "TA1" and self._found.interchanges:
            self._interchange.ta1s += 1
        if self._set is None:
            return
        self._in_header = segment.place < _HEADER and segment.id != "INS"
        if self._set.begin.kind != "834":
            return
        if segment.id == "BGN":
            self._purpose(segment)
        elif segment.id == "QTY" and segment[1] == "TO" and is_number(segment[2], 15):
            stated = int(segment[2])
            self._found.stated = (self._found.stated or 0) + stated

    def _purpose(self, segment: Segment) -> None:
        found = self._found
        if len(found.purposes) < LISTED:
            found.purposes[segment[8]] = None
        found.reference = found.reference or segment[2]
        found.said = self._time(segment[3], segment[4] or "0000") or found.said
        if segment[1] == "22" and self._set:
            fault = Fault("transaction", "x12.copy", "BGN01", "5")
            self._set.faults.append(fault)

    def _semantics(self) -> Semantics:
        """Return what absence means: a file of changes says nothing by it.

        Where its 834s differ, what is careful holds.
        """
        if "834" not in self._found.kinds:
            return "append"
        if self._profile.semantics != "stated":
            return self._profile.semantics
        said = {_PURPOSES.get(each, "delta") for each in self._found.purposes}
        return "audit" if said == {"audit"} else "delta"


def _is(party: Party | None, qualifier: str, value: str) -> bool:
    return party is None or (party.qualifier, party.id) == (qualifier, value)
