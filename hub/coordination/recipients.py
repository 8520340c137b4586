"""Recipients: who somebody is that is told, and what their contract allows.

Source: domain 8.1 and 8.3.
"""

from enum import StrEnum
from typing import Literal, NamedTuple

#: What kind of organisation, or person, somebody is.
Sector = Literal["provider", "payer", "community", "public_health", "patient"]


class Purpose(StrEnum):
    """What health data may be sent for. Marketing is not among them."""

    TREATMENT = "treatment"
    CARE_COORDINATION = "care_coordination"
    PAYMENT = "payment"
    OPERATIONS = "operations"
    PUBLIC_HEALTH = "public_health"
    PATIENT_REQUEST = "patient_request"
    LEGAL_DUTY = "legal_duty"


PURPOSES = frozenset(Purpose)


class Recipient(NamedTuple):
    """Who is behind a destination, and what their contract allows.

    `jurisdiction` is a country or a state (``US``, ``US-NY``, ``DE``), "" for that of
    the hub. `sensitivity` are the codes that they may be told of without a consent
    that names them; `template` says what of an event they are told, "" leaves it to
    sector and purpose. `classes` are what consents can name them by, beside their
    own name. `contact` is the key of the contact of a patient that they are, for a
    recipient who is a person. `unspoken` are the types of events that their format has
    no form for. `contracted` says that somebody wrote this down; else it is the
    standard contract, which a destination without a table has.
    """

    name: str
    sector: Sector = "provider"
    jurisdiction: str = ""
    purposes: frozenset[str] = PURPOSES
    sensitivity: frozenset[str] = frozenset()
    template: str = ""
    masks_facility: bool = False
    states_redaction: bool = False
    classes: frozenset[str] = frozenset()
    contact: str = ""
    contracted: bool = False
    unspoken: frozenset[str] = frozenset()
