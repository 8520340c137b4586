"""Messages and facts in which every field holds a marker of its own. All made up.

A marker names the field that it stands in, so that what leaks says where it is from.
"""

import json
import re

from hub.model.care.schema import facts_schema
from tests.acceptance.messages import header, joined

#: In every marker, and in nothing else.
STEM = "ZQXPOL"
#: Numbers hold this, too: they may be taken apart.
DIGITS = "57310663"
SYSTEM = "KLINIK_NORD"
MRN = f"{STEM}mrnZ{DIGITS}"
_FOUND = re.compile(rf"{STEM.lower()}([a-y_]*)|{DIGITS}")
SPOKEN_AT = "2026-03-10T12:00:00Z"


def mark(name):
    """Return the marker of a field; its name is of small letters, and has no z."""
    return f"{STEM}{name}Z"


def found(text):
    """Return the names of the fields whose markers stand in a text, sorted."""
    text = text.decode() if isinstance(text, bytes) else text
    return sorted({match[1] or "number" for match in _FOUND.finditer(text.lower())})


def admission(trigger="A01", control_id="P1", at="20260314093104", **given):
    """Return a message that can be processed, about somebody who drinks."""
    patient, visit = given.get("patient", MRN), given.get("visit", "V-4711")
    numbers = f"{patient}^^^{SYSTEM}^PI~{mark('ssn')}^^^SOCIAL^SS"
    where = "^".join(mark(each) for each in ("unit", "room", "bed"))
    doctor = f"{mark('doctorid')}^{mark('doctor')}^{mark('doctorgiven')}"
    coming = f"{mark('visit')}{visit}^^^{SYSTEM}^VN"
    left = given.get("left", "")
    lines = [
        header(f"ADT^{trigger}", control_id, at),
        f"EVN|{trigger}|{at}|||{mark('operator')}^{mark('operatorname')}|{at}",
        (
            f"PID|1||{numbers}||{mark('family')}^{mark('given')}|{mark('maiden')}|19700101"
            f"|F|{mark('alias')}|{mark('race')}|{mark('street')} 1"
            f"^^{mark('city')}^^24103||"
            f"{mark('phone')}|{mark('office')}|{mark('language')}|M|{mark('religion')}|"
            f"{mark('account')}^^^{SYSTEM}^AN|{mark('ssnold')}|{mark('licence')}"
        ),
        f"PD1||||{mark('gp')}^{mark('gpname')}",
        (
            f"NK1|1|{mark('kin')}^{mark('kingiven')}|{mark('kinship')}"
            f"|{mark('kinstreet')}|{mark('kinphone')}"
        ),
        _segment(
            "PV1",
            {
                1: "1",
                2: "I",
                3: f"{where}^{SYSTEM}",
                7: doctor,
                10: mark("service"),
                17: doctor,
                19: coming,
                36: mark("disposition"),
                37: mark("dischargedto"),
                44: "20260314080000",
                45: left,
            },
        ),
        f"PV2|||{mark('reasoncode')}^{mark('reason')}|||||||||{mark('visitnote')}",
        f"OBX|1|TX|{mark('observedcode')}^{mark('observedname')}||{mark('observed')}",
        f"AL1|1|DA|{mark('allergycode')}^{mark('allergy')}|MO|{mark('reaction')}",
        f"DG1|1||I10^{mark('diag')}^ICD10||{at}|A",
        f"DG1|2||F10.2^{mark('sud')}^ICD10||{at}|A",
        f"PR1|1||{mark('proccode')}^{mark('proc')}||{at}",
        (
            f"IN1|1|{mark('plan')}|{mark('payerid')}|{mark('payer')}"
            f"|{mark('payerstreet')}|||{mark('group')}|{mark('groupname')}"
            f"{'|' * 7}{mark('insured')}"
            f"{'|' * 20}{mark('policy')}"
        ),
        f"ZPD|{mark('local')}|{mark('localmore')}",
    ]
    return joined(lines)


def _segment(name, fields):
    """Return a segment by the numbers of its fields."""
    last = max(fields)
    return "|".join([name, *(fields.get(n, "") for n in range(1, last + 1))])


def statements(**person):
    """Return a statement of each kind in which every text is a marker.

    They are made by the schema, so that a field that comes later is in here too.
    """
    schema = facts_schema()
    return [
        _statement(schema["$defs"], name, person)
        for name in sorted(schema["$defs"])
        if name.endswith("Statement")
    ]


def _statement(definitions, name, person):
    kind = definitions[name]["properties"]["kind"]["const"]
    made = _object(definitions, definitions[name], kind)
    about = {
        "identifiers": [{"system": SYSTEM, "value": MRN, "type": "MR"}],
        "names": [{"family": mark("family"), "given": mark("given")}],
    }
    made |= {
        "person": about | person,
        "key": {"system": SYSTEM, "value": f"{mark(kind + 'key')}{DIGITS}"},
        "recorded": SPOKEN_AT,
        "occurred": SPOKEN_AT,
        "basis": "explicit",
        "status": STATUSES.get(kind, "active"),
        "extensions": {mark(f"{kind}extension"): mark(f"{kind}extended")},
    }
    del made["labels"]
    return made | GIVEN.get(kind, {})


#: A status by which each kind is told.
STATUSES = {
    "alert": "raised",
    "caregap": "opened",
    "contact": "attempted",
    "coverage": "enrolled",
    "issue": "opened",
    "medrec": "completed",
    "need": "identified",
    "plan": "shared",
    "program": "enrolled",
    "task": "created",
}
#: What must make sense, or nothing could be told.
_LASTING = {"since": "2026-01-01", "until": "2099-12-31"}
GIVEN = {
    "consent": {
        "decision": "deny",
        "scope": ["public_health"],
        "data": ["need.*"],
        "recipients": [mark("consentwhom")],
        "actors": [mark("consentactor")],
        **_LASTING,
    },
    "proxy": {"may_receive": ["encounter.*"], **_LASTING},
    "task": {"due": "2099-12-31"},
}


def _object(definitions, schema, prefix):
    return {
        name: _value(definitions, each, f"{prefix}{name.replace('_', '')}")
        for name, each in schema.get("properties", {}).items()
    }


def _value(definitions, schema, name):
    """Return a value by a schema: a marker wherever a text may stand."""
    options = [
        each for each in schema.get("anyOf", [schema]) if each != {"type": "null"}
    ]
    texts = [each for each in options if each.get("type") == "string"]
    schema = (texts or options)[0]
    if "$ref" in schema:
        named = definitions[schema["$ref"].rpartition("/")[2]]
        return _object(definitions, named, name)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "array":
        return [_value(definitions, schema["items"], name)]
    if kind == "object":
        return {}
    if kind == "string":
        return _text(schema, name)
    return {"boolean": True, "integer": 3, "number": 3}[kind]


def _text(schema, name):
    if schema.get("format") == "date" or any(
        name.endswith(each) for each in ("due", "since", "until", "start", "end")
    ):
        return "2026-03-09"
    if schema.get("format") == "date-time" or name.endswith("calculated"):
        return SPOKEN_AT
    text = mark(name.translate({ord("z"): "y", ord("_"): ""}).lower())
    return text[: schema.get("maxLength", len(text))]


def body(*facts, **given):
    """Return a body of statements."""
    return json.dumps({"facts": list(facts), **given}).encode()


def broken_bodies():
    """Return bodies of facts that must be refused, each for a reason of its own."""
    whole = statements()
    first = whole[0]
    yield b""
    yield f"{STEM} is no JSON {MRN}".encode()
    yield body()[:-3] + MRN.encode()
    yield body(*({**each, "recorded": mark("moment")} for each in whole))
    yield body(*({**each, mark("novel"): mark("novelty")} for each in whole))
    yield body(*({**each, "kind": mark("kind")} for each in whole))
    yield body(*({**each, "person": mark("somebody")} for each in whole))
    yield body(
        *({**each, "status": {mark("status"): mark("status")}} for each in whole)
    )
    yield body(
        *(
            {name: mark("wrong") for name in each} | {"kind": each["kind"]}
            for each in whole
        )
    )
    yield body({**first, "person": {"identifiers": [{mark("id"): MRN}]}})
    yield body({**first, "extensions": {mark("e" * 20): [mark("nested")]}})
    yield body({**first, "labels": {"confidentiality": mark("secrecy")}})
    consent = next(each for each in whole if each["kind"] == "consent")
    yield body({**consent, "scope": [mark("scope")], "mode": mark("mode")})
    yield body({**consent, "status": mark("consentstatus"), "until": mark("until")})
    yield body(first) + b"\xff\xfe" + MRN.encode()
    yield json.dumps({mark("top"): mark("top"), "facts": mark("facts")}).encode()
    yield json.dumps([mark("list")]).encode()
