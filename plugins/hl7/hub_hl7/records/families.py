"""The families of messages besides ADT that matter for care across sectors.

What is missing here is stored and stays unmapped: charges (BAR, DFT), vaccinations,
queries. Source: HL7 v2.5.1, table 0076.
"""

from collections.abc import Mapping

from hub_hl7.records.appointments import read_appointment
from hub_hl7.records.documents import read_document
from hub_hl7.records.orders import read_orders
from hub_hl7.records.records import Family, Yielded
from hub_hl7.records.referrals import read_referral
from hub_hl7.records.results import read_results

__all__ = ["FAMILIES", "Family", "Yielded"]

FAMILIES: Mapping[str, Family] = {
    "MDM": read_document,
    "OMG": read_orders,
    "ORM": read_orders,
    "ORU": read_results,
    "OSU": read_orders,
    "REF": read_referral,
    "RRI": read_referral,
    "SIU": read_appointment,
}
