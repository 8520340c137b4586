"""Notices of a hospital stay. Every person in here is made up."""

import pytest

from hub.testing.samples import discharged, notice

PERSON = {
    "names": [
        {"family": "Spatz", "given": "Jo", "use": "A"},
        {"family": "Müller", "given": "Jürgen", "middle": "Uwe", "use": "L"},
    ],
    "birth_date": {"raw": "19700131", "precision": "day", "local": "1970-01-31"},
    "sex": {"code": "M", "original": "1"},
    "addresses": [
        {"lines": ["Postfach 1"], "city": "Anderswo", "use": "BI"},
        {
            "lines": ["Am Wehr 7", "Hinterhaus"],
            "city": "Musterstadt",
            "state": "BE",
            "postal_code": "01234",
            "use": "H",
        },
    ],
    "telecoms": [
        {"system": "email", "value": "jo@example.org", "use": "PRN"},
        {"system": "phone", "value": "030 5550199", "use": "WPN"},
        {"system": "phone", "value": "030 5550100", "use": "PRN"},
    ],
    "marital_status": "S",
}
PAYLOAD = {
    "identifiers": [
        {"system": "K", "value": "ACC-1", "type": "AN"},
        {"system": "K", "value": "V-1", "type": "VN"},
    ],
    "class": {"code": "IMP", "original": "I"},
    "period": {
        "start": {"raw": "20260314103000+0100", "local": "2026-03-14T10:30:00"},
        "end": {"raw": "202603161500", "local": "2026-03-16T15:00"},
    },
    "admission": {"reason": {"text": "Sturz"}},
    "diagnoses": [
        {"code": "I50.1", "text": "Herz", "system": "ICD-10-GM", "type": "A"},
        {"code": "E11.9", "text": "Diabetes", "system": "ICD-10-GM"},
    ],
    "careteam": [
        {"role": "admitting", "name": "Dr. Ada Amsel"},
        {
            "role": {"code": "ATND"},
            "name": {"prefix": "Dr.", "given": "Eva", "family": "Elster"},
        },
    ],
    "emergency_severity": 3,
    "facility": {"id": "KN", "name": "Klinik Nord"},
    "person": PERSON,
}


@pytest.fixture
def told():
    """Return what makes a notice from changes of a full payload."""

    def make(*, event=None, **changes):
        made = discharged(payload=PAYLOAD | changes, **(event or {}))
        return notice(made, patient_id="M-00042")

    return make
