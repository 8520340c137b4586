"""Identifiers are pairs, and codes keep what the sender wrote."""

from msgspec import Struct


class Identifier(Struct, frozen=True):
    """A value that means something only together with who assigned it.

    `system` is the assigning authority; `type` is a code of HL7 table 0203
    (``MR``, ``PI``, ``VN`` …) or empty. Never a number: leading zeros count.
    """

    system: str
    value: str
    type: str = ""


class Code(Struct, frozen=True, omit_defaults=True):
    """A coded value: what the hub understands, next to what the sender wrote.

    `code` is empty where the original could not be mapped (R-HL7-11).
    """

    code: str
    original: str = ""
    system: str = ""
    display: str = ""


class Location(Struct, frozen=True, omit_defaults=True):
    """Where a patient is. Source: HL7 v2 data type PL, section 2.A.53."""

    unit: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""
    building: str = ""
    floor: str = ""
