"""What the reader of envelopes yields: the beginning, content and end of each level."""

from typing import Literal

from msgspec import Struct

from hub_payer.x12.segments import Delimiters, Segment

#: Digits of a control number at most; ISA13 has as many.
WIDEST = 9
Level = Literal["interchange", "group", "transaction"]


class Fault(Struct, frozen=True):
    """What is wrong with an interchange, a group or a transaction set.

    `code` is one of the row codes, `place` an element (``SE01``) or "", and `answer`
    the code by which a TA1 (TA105), a 999 of the group (AK905) or of the transaction
    set (IK502) says so.
    """

    level: Level
    code: str
    place: str
    answer: str


class Isa(Struct, frozen=True):
    """The header of an interchange, without the blanks that fill it up."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    version: str
    control: str
    acknowledge: bool
    usage: str
    delimiters: Delimiters


class InterchangeBegin(Struct, frozen=True):
    """An ISA. `number` counts the interchanges of a file from 1."""

    isa: Isa
    number: int
    faults: tuple[Fault, ...] = ()


class InterchangeEnd(Struct, frozen=True):
    """An IEA, or what is left of one. `faults` are only those found since its ISA.

    `groups` is how many there were.
    """

    groups: int
    faults: tuple[Fault, ...] = ()


class GroupBegin(Struct, frozen=True):
    """A GS. `kind` is GS01, `control` GS06 and `version` GS08."""

    kind: str
    sender: str
    receiver: str
    date: str
    time: str
    control: str
    version: str
    number: int
    faults: tuple[Fault, ...] = ()


class GroupEnd(Struct, frozen=True):
    """A GE, or what is left of one. `transactions` is how many there were."""

    transactions: int
    stated: str
    faults: tuple[Fault, ...] = ()


class TransactionBegin(Struct, frozen=True):
    """An ST. `kind` is ST01, `control` ST02; `version` ST03, else that of the group.

    `stated` is ST03 as it stands there.
    """

    kind: str
    control: str
    version: str
    number: int
    faults: tuple[Fault, ...] = ()
    stated: str = ""


class TransactionEnd(Struct, frozen=True):
    """An SE, or what is left of one. `segments` counts ST and SE with the others."""

    segments: int
    faults: tuple[Fault, ...] = ()


#: Between a `TransactionBegin` and its end, a `Segment` is content; elsewhere it is a
#: TA1, or something that should not be there.
Event = (
    InterchangeBegin
    | InterchangeEnd
    | GroupBegin
    | GroupEnd
    | TransactionBegin
    | TransactionEnd
    | Segment
)
