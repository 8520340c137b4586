"""Whatever a payload holds, a message comes out of it or a catalogued refusal.

Payloads are generated; nobody in here is real.
"""

import hl7
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub.testing.samples import care_event, notice
from hub_hl7.outbound.adt import ADT
from hub_hl7.outbound.mdm import MDM
from hub_hl7.outbound.oru import ORU
from hub_hl7.outbound.rri import RRI
from hub_hl7.wire.er7 import Message

KEYS = [
    "answer", "answers", "participants", "question", "safety", "authorization",
    "account", "allergies", "at", "author", "careteam", "category",
    "chief_complaint", "city", "class", "code", "contacts", "coverage", "deceased",
    "desired_by", "diagnoses", "discharge", "disposition", "earliest", "expected",
    "facility", "family", "flag", "id", "identifiers", "identity", "into", "kind",
    "lines", "location", "mime", "name", "names", "observations", "org", "original",
    "parent", "performer", "period", "person", "prior", "prior_location",
    "priority", "procedures", "reason", "referral", "relationship", "requester",
    "role", "safety", "service", "service_requested", "start", "state", "status",
    "status_reason", "street", "system", "telecoms", "text", "type", "unit", "use",
    "value",
]  # fmt: skip
TEXTS = st.sampled_from(
    ["", "x", "a|b^c~d&e\\f", "\r\n\x0b\x1c", '""', "20260316", "2026-03-16T13:00:00Z"]
) | st.text(st.characters(codec="utf-8"), max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=20,
)
PAYLOADS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)


@pytest.mark.parametrize(
    ("spec", "kinds"),
    [
        (ADT, ["encounter.admitted", "encounter.class_changed", "person.merged",
               "person.demographics_changed", "account.moved", "encounter.rekeyed"]),
        (MDM, ["encounter.discharged", "document.available", "document.amended"]),
        (RRI, ["referral.requested", "referral.rejected"]),
        (ORU, ["assessment.recorded"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
@given(PAYLOADS, st.data())
def test_any_payload_is_told_or_refused(spec, kinds, payload, data):
    kind = data.draw(st.sampled_from(kinds))
    event = msgspec.structs.replace(care_event("x", payload=payload), type=kind)

    try:
        body = spec.render([notice(event)], spec.options()).body
    except HubError:
        return

    assert not {0x0B, 0x1C, 0x0A} & set(body)
    message = Message(body.decode())
    assert len(message.segments) == len(hl7.parse(body.decode()))
    assert {len(each.name) for each in message.segments} == {3}
    assert message.oddities == set()
