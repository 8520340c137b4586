"""Referrals to show on the page. Everything and everybody in here is made up."""

from msgspec.structs import replace

from hub.sdk import RecordKey
from hub.testing.samples import care_event, instant, notice

KEY = "rec_0123456789abcdef0123456789abcdef"
NUMBER = RecordKey("referral", "KLINIK_TEST", "R-4711")
PARTY = "tafel"
CANARIES = ("Kanarienfrau", "Ottilie", "030 5550199", "Finkenweg", "R-4711")


def payload(state="requested", **changes):
    told = {
        "state": state,
        "loop": "open",
        "by": "requester",
        "says": state,
        "priority": {"code": "urgent"},
        "category": {"code": "food-insecurity"},
        "service_requested": {"code": "S1", "display": "Groceries once a week"},
        "desired_by": "2026-03-23",
        "language": {"code": "pl", "display": "Polski"},
        "accessibility": [{"text": "Walks with a rollator"}],
        "identifiers": {"placer": {"system": NUMBER.system, "value": NUMBER.value}},
        "requester": {
            "org": {"name": "Klinik Test, Sozialdienst"},
            "telecoms": [{"system": "phone", "value": "030 5550100"}],
        },
        "person": {
            "names": [{"family": "Kanarienfrau", "given": "Ottilie"}],
            "telecoms": [{"system": "phone", "value": "030 5550199"}],
            "addresses": [
                {"lines": ["Finkenweg 4"], "postal_code": "12345", "city": "Beispiel"}
            ],
        },
    }
    return {**told, **changes}


def shown(state="requested", *, type_="requested", version=1, **changes):
    """Return the notice of a referral in a state, as the desk would show it."""
    event = care_event(type_, version)
    event = replace(
        event,
        type=f"referral.{type_}",
        entity=replace(event.entity, kind="referral", key=KEY, version=version),
        payload=payload(state, **changes),
        times=replace(event.times, emitted=instant()),
    )
    return notice(event, destination="partner-tafel", subscription="partner-tafel")
