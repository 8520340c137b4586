"""Screenings of social needs that the hub knows, by LOINC code.

Only codes and plain names: LOINC's own texts have a licence of their own.
Source: domain 4.6.
"""

from msgspec import Struct


class Panel(Struct, frozen=True):
    """A screening: the code of the whole, and codes that stand for it alone."""

    name: str
    code: str
    items: frozenset[str] = frozenset()


PANELS = {
    "ahc-hrsn": Panel("AHC health-related social needs", "96777-8"),
    "prapare": Panel("PRAPARE", "93025-5"),
    "aafp": Panel("AAFP social needs", "99595-1"),
    "hunger-vital-sign": Panel(
        "Hunger Vital Sign",
        "88121-9",
        frozenset({"88122-7", "88123-5", "88124-3"}),
    ),
    "housing-status": Panel("Housing status", "71802-3"),
}

#: What senders write for the system of LOINC.
LOINC = frozenset({"LN", "LOINC", "HTTP://LOINC.ORG", "2.16.840.1.113883.6.1"})

#: Status of a result as a word. Source: HL7 v2.5.1, tables 0085 and 0123.
STATUSES = {
    "A": "partial",
    "C": "corrected",
    "D": "withdrawn",
    "F": "final",
    "I": "pending",
    "K": "corrected",
    "O": "pending",
    "P": "preliminary",
    "R": "preliminary",
    "S": "partial",
    "U": "final",
    "W": "withdrawn",
    "X": "cancelled",
}
