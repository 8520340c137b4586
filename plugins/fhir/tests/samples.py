"""Synthetic referrals and visits; every person and place in here is made up."""

import json

import msgspec

from hub.sdk import Identifier
from hub.testing.samples import admitted, notice

KEY = "rec_0123456789abcdef0123456789abcdef"
PERSON = {
    "names": [{"family": "Musterfrau", "given": "Änne", "use": "L"}],
    "birth_date": "1949-01-17",
    "sex": "F",
    "addresses": [
        {"lines": ["Lindenweg 3"], "city": "Musterhausen", "postal_code": "98764"}
    ],
    "telecoms": [{"system": "phone", "value": "+49 30 123456", "use": "home"}],
    "language": "de",
}
REFERRAL = {
    "identifiers": {
        "placer": {"system": "KLINIK_TEST", "value": "REF-1"},
        "filler": {"system": "TAFEL", "value": "T-9"},
    },
    "state": "accepted",
    "priority": "urgent",
    "category": "food-insecurity",
    "reason": "Needs food & advice",
    "service_requested": {"code": "467771000124109", "system": "SCT", "text": "Help"},
    "desired_by": "2026-04-01",
    "consent_ref": {"system": "KLINIK_TEST", "value": "C-1"},
    "requester": {
        "org": {
            "name": "Klinik Test",
            "identifiers": [{"value": "K1", "system": "IK"}],
        },
        "person": {
            "name": "Dr. Ute Lange",
            "identifiers": [{"system": "LANR", "value": "123456601"}],
        },
    },
    "performer": {"org": {"name": "Tafel Süd", "identifiers": []}},
    "person": PERSON,
}


def referral(name="accepted", *, told=None, **payload):
    """Return a notice of what was said of a referral."""
    replace, event = msgspec.structs.replace, admitted(payload=REFERRAL | payload)
    number = Identifier("KLINIK_TEST", "0047", "MR")
    event = replace(
        event,
        type=f"referral.{name}",
        subject=replace(event.subject, identifiers=(number,)),
        entity=replace(event.entity, kind="referral", key=KEY, version=3),
    )
    return notice(event, **(told or {}))


def tree(rendered):
    """Return what was rendered as JSON."""
    return json.loads(rendered.body)


def resource(kind, /, **stated):
    """Return a resource as JSON; ``for_`` is ``for``."""
    named = {name.rstrip("_"): value for name, value in stated.items()}
    return {"resourceType": kind, **named}


def body(value):
    """Return JSON as bytes."""
    return json.dumps(value).encode()


def bundle(*entries, type_="transaction", **stated):
    """Return a bundle; an entry is a resource, or a full URL and a resource."""
    pairs = [each if isinstance(each, tuple) else ("", each) for each in entries]
    listed = [
        {**({"fullUrl": url} if url else {}), "resource": each} for url, each in pairs
    ]
    return resource("Bundle", type=type_, entry=listed, **stated)


def resources(bundle, kind):
    """Return the resources of a type in a bundle."""
    found = [each["resource"] for each in bundle["entry"]]
    return [each for each in found if each["resourceType"] == kind]
