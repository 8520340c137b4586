"""Columns that no file has unless its partner asks for them. Pure."""

from collections.abc import Mapping

from hub.sdk import Notice
from hub_payer.cells import code, member, moment, tables, text, words
from hub_payer.columns import COLUMNS, Column, at
from hub_payer.presence import presence

#: The types of a number that the insurance gave (HL7 table 0203, and Germany's own).
_INSURED = ("MB", "KVNR", "XV", "HC")


def _coverage(name: str) -> Column:
    """Return the column of a value of the insurance that is named first."""

    def value(notice: Notice) -> str:
        listed = tables(member(notice.event.payload, "coverage"))
        return text(listed[0].get(name)) if listed else ""

    return value


def _insured_number(notice: Notice) -> str:
    """Return the number that the insurance knows the person by."""
    numbers = {each.type: each.value for each in notice.event.subject.identifiers}
    found = (numbers[kind] for kind in _INSURED if kind in numbers)
    return next(found, "") or _coverage("member_id")(notice)


def _service(notice: Notice) -> str:
    return words(member(notice.event.payload, "service"))


#: Column name to value; as `COLUMNS`, but only where a partner names them.
FURTHER: Mapping[str, Column] = {
    "InsuredNumber": _insured_number,
    "PayerName": _coverage("payer"),
    "PayerID": _coverage("payer_id"),
    "PlanName": _coverage("plan"),
    "AccountNumber": at("account"),
    "CensusState": presence,
    "Status": at("status"),
    "AdmissionType": at("admission", "type", as_text=code),
    "AdmissionSource": at("admission", "source", as_text=code),
    "AdmissionReason": at("admission", "reason", as_text=words),
    "DischargeDisposition": at("discharge", "disposition", as_text=code),
    "DischargeDestination": at("discharge", "destination", as_text=words),
    "ExpectedDischarge": at("expected", "discharge", as_text=moment),
    "PlannedDateTime": at("planned", as_text=moment),
    "Department": _service,
    "Unit": at("location", "unit"),
    "Room": at("location", "room"),
    "Bed": at("location", "bed"),
    "PriorUnit": at("prior_location", "unit"),
    "StayID": lambda notice: notice.event.entity.key,
    "StayVersion": lambda notice: str(notice.event.entity.version),
    "DeliveryID": lambda notice: notice.delivery,
    "Subscription": lambda notice: notice.subscription,
    "Purpose": lambda notice: notice.purpose,
    "SendingHub": lambda notice: notice.hub,
}

#: Every column that can be asked for by name.
ALL_COLUMNS: Mapping[str, Column] = {**COLUMNS, **FURTHER}

#: Those whose value is a day or an instant, written by the partner's date format.
TIMES = frozenset(
    {
        "EventTime",
        "PatientDateofBirth",
        "AdmitDateTime",
        "DischargeDateTime",
        "ExpectedDischarge",
        "PlannedDateTime",
    }
)
