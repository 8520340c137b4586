"""Bodies of facts. All of it is synthetic: nobody in here lives."""

import json

PERSON = {
    "identifiers": [{"system": "CASES", "value": "C-0001", "type": "MR"}],
    "names": [{"family": "Musterfrau", "given": "Anna"}],
    "birth_date": "1961-04-07",
    "sex": "F",
}
RISK = {
    "level": "high",
    "score": 61.5,
    "model": "frailty",
    "model_version": "3.1",
    "calculated": "2026-03-09",
    "inputs_hash": "synthetic",
    "demographic_inputs": {"race": False, "ethnicity": False, "sex": True},
}


def stated(kind, value="1", **given):
    """Return a statement."""
    return {
        "kind": kind,
        "person": PERSON,
        "key": {"system": "CASES", "value": value},
        "recorded": "2026-03-10T12:00:00Z",
    } | given


def body(*statements, **given):
    """Return a body of statements."""
    return json.dumps({"facts": list(statements)} | given).encode()


TASK = stated("task", status="created", title="Call", due="2026-03-12")
SAMPLES = [
    body(TASK, stated("risk", **RISK), id="case-export-1"),
    body(stated("consent", status="active", decision="deny", scope=["treatment"])),
    body(stated("contact", status="attempted", channel="phone", occurred="2026-03-10")),
]
TABLE = (
    b"Case,Number,Said,State,What,Until\n"
    b"C-0001,T-1,2026-03-10T09:00:00,created,Call the patient,2026-03-12\n"
    b"C-0002,T-2,2026-03-10T10:00:00,completed,,\n"
)
