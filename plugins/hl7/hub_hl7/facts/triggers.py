"""What each trigger event of ADT states, as data.

A trigger is what the sender *said*; what is so is for the core to find out. Source:
HL7 v2.5.1, section 3.3, and v2.9.1 for what became of the old merge events.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from hub.sdk import FactKind

Operation = Literal["merge", "move", "change", "link", "unlink", "delete"]
Level = Literal["person", "account", "visit"]


class Repair(Struct, frozen=True):
    """Which numbers a trigger event repairs, and in which fields they stand.

    `prior` are the fields of MRG that may hold the wrong number, the usual one
    first; `into` is the field with the right one. Of a link or an unlink the other
    record is a second PID instead.
    """

    operation: Operation
    level: Level
    prior: tuple[int, ...] = ()
    into: tuple[str, int] = ("PID", 3)


class Rule(Struct, frozen=True):
    """What a trigger event states.

    `kind` is the kind of the fact, `cancels` the kind that a CANCEL takes back, and
    `pending` what a PENDING (or the cancel of one) expects. `implies` is the class
    that the event brings about and `contradicted_by` the stated classes that cannot
    be meant. `repairs` are the changes of identity, one fact each. `tracking` says
    which way a patient on the way to a temporary place goes. `each_patient`: the
    message may be about several patients.
    """

    kind: FactKind
    cancels: FactKind | None = None
    pending: FactKind | None = None
    implies: str = ""
    contradicted_by: frozenset[str] = frozenset()
    repairs: tuple[Repair, ...] = ()
    tracking: str = ""
    each_patient: bool = False

    @property
    def about(self) -> FactKind:
        """The kind that is stated or taken back."""
        return self.cancels or self.kind

    @property
    def original(self) -> "Rule":
        """The rule of what a cancel takes back; of anything else the rule itself."""
        if self.cancels is None:
            return self
        return Rule(self.cancels, pending=self.pending, tracking=self.tracking)


_OUTSIDE = frozenset({"outpatient", "emergency", "preadmit"})
_INSIDE = frozenset({"inpatient", "short-stay", "rehab"})


def _cancel(kind: FactKind, pending: FactKind | None = None, track: str = "") -> Rule:
    return Rule(FactKind.CANCEL, kind, pending, tracking=track)


def _pending(kind: FactKind) -> Rule:
    return Rule(FactKind.PENDING, pending=kind)


def _repair(*repairs: Repair) -> Rule:
    return Rule(FactKind.IDENTITY, repairs=repairs, each_patient=True)


# MRG-1 the identifier list, -2 the alternate id, -3 the account, -4 the patient id
# of before 2.3, -5 the visit number, -6 the alternate visit id.
_PERSONS = Repair("merge", "person", (1, 4, 2))
_ACCOUNTS = Repair("merge", "account", (3,), ("PID", 18))

RULES: Mapping[str, Rule] = {
    "A01": Rule(FactKind.START, implies="inpatient"),
    "A02": Rule(FactKind.MOVE),
    "A03": Rule(FactKind.END),
    "A04": Rule(FactKind.START),
    "A05": Rule(FactKind.PLAN),
    "A06": Rule(FactKind.CLASS, implies="inpatient", contradicted_by=_OUTSIDE),
    "A07": Rule(FactKind.CLASS, implies="outpatient", contradicted_by=_INSIDE),
    "A08": Rule(FactKind.UPDATE),
    "A09": Rule(FactKind.TRACK, tracking="departing"),
    "A10": Rule(FactKind.TRACK, tracking="arriving"),
    "A11": _cancel(FactKind.START),
    "A12": _cancel(FactKind.MOVE),
    "A13": _cancel(FactKind.END),
    "A14": _pending(FactKind.START),
    "A15": _pending(FactKind.MOVE),
    "A16": _pending(FactKind.END),
    "A17": Rule(FactKind.MOVE, each_patient=True),
    "A18": _repair(_PERSONS),
    "A21": Rule(FactKind.LEAVE),
    "A22": Rule(FactKind.RETURN),
    "A23": Rule(FactKind.PURGE),
    "A24": _repair(Repair("link", "person")),
    "A25": _cancel(FactKind.PENDING, FactKind.END),
    "A26": _cancel(FactKind.PENDING, FactKind.MOVE),
    "A27": _cancel(FactKind.PENDING, FactKind.START),
    "A28": Rule(FactKind.PERSON),
    "A29": _repair(Repair("delete", "person")),
    "A30": _repair(_PERSONS),
    "A31": Rule(FactKind.PERSON),
    "A32": _cancel(FactKind.TRACK, track="arriving"),
    "A33": _cancel(FactKind.TRACK, track="departing"),
    "A34": _repair(_PERSONS),
    "A35": _repair(_ACCOUNTS),
    "A36": _repair(_PERSONS, _ACCOUNTS),
    "A37": _repair(Repair("unlink", "person")),
    "A38": _cancel(FactKind.PLAN),
    "A39": _repair(_PERSONS),
    "A40": _repair(_PERSONS),
    "A41": _repair(_ACCOUNTS),
    "A42": _repair(Repair("merge", "visit", (5,), ("PV1", 19))),
    "A43": _repair(Repair("move", "person", (1,))),
    "A44": _repair(Repair("move", "account", (3,), ("PID", 18))),
    "A45": _repair(Repair("move", "visit", (5,), ("PV1", 19))),
    "A46": _repair(Repair("change", "person", (4, 1))),
    "A47": _repair(Repair("change", "person", (1, 4))),
    "A48": _repair(Repair("change", "person", (2, 1))),
    "A49": _repair(Repair("change", "account", (3,), ("PID", 18))),
    "A50": _repair(Repair("change", "visit", (5,), ("PV1", 19))),
    "A51": _repair(Repair("change", "visit", (6,), ("PV1", 50))),
    "A52": _cancel(FactKind.LEAVE),
    "A53": _cancel(FactKind.RETURN),
    # A cancelled change of clinician names the one from before, so that it states
    # the care team just as the change does.
    "A54": Rule(FactKind.CARETEAM),
    "A55": Rule(FactKind.CARETEAM),
    "A60": Rule(FactKind.PERSON),
    "A61": Rule(FactKind.CARETEAM),
    "A62": Rule(FactKind.CARETEAM),
}

#: Not facts: a query, the status of a bed, and events without a definition. They
#: are unmapped here and answered with 201 by feeds that reject.
UNSUPPORTED = frozenset({"A19", "A20", "A56", "A57", "A58", "A59"})

#: A change of class may come with a new number for the same visit (R-ENC-03).
REKEYED_VISIT = Repair("change", "visit", (5,), ("PV1", 19))
REKEYED_ACCOUNT = Repair("change", "account", (3,), ("PID", 18))
