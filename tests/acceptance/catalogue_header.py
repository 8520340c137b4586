"""Headers that senders should not send: rows 19 to 30 of the catalogue. Synthetic."""

from tests.acceptance.catalogue import CANARY, Case, build

NOT_HL7 = {"answer": "AR", "state": "parked", "why": "HL7-001"}
DELIMITERS = {"state": "parked", "why": "HL7-002"}
CHARSET = {"state": "parked", "why": "HL7-003"}


def swapped(key, old, new, **changes):
    """Return a message in which `old` is `new`, once."""
    body = build(key, **changes)
    assert old in body
    return body.replace(old, new, 1)


def headless(key):
    """Return a message without its MSH."""
    return build(key, drop=("MSH",))


def charset(key, declared, name):
    """Return a message whose MSH-18 and PID-5 are these bytes."""
    body = build(key, msh={18: "DECLARED"}, pid={5: f"NAME^{CANARY}"})
    return body.replace(b"DECLARED", declared, 1).replace(b"NAME", name, 1)


def _row_19():
    yield Case("no-msh", headless("r19a"), **NOT_HL7)
    body = headless("r19b") + build("r19b", drop=("EVN", "PID", "PV1"))
    yield Case("msh-not-first", body, **NOT_HL7)


def _row_20():
    rest = build("r20", drop=("MSH",))
    yield Case("msh-of-three-bytes", b"MSH", **NOT_HL7)
    yield Case("msh-1-missing", b"MSH\r" + rest, **NOT_HL7)
    yield Case("only-separators", b"MSH||||\r" + rest, **DELIMITERS)
    body = build("r20d").replace(b"|^~\\&|", b"|||||", 1)
    yield Case("separator-repeated", body, **DELIMITERS)
    body = build("r20e").replace(b"|", b"A")
    yield Case("separator-is-a-letter", body, **NOT_HL7)
    body = build("r20f").replace(b"|", b"7")
    yield Case("separator-is-a-digit", body, **NOT_HL7)
    body = build("r20g").replace(b"|", b"\x01")
    yield Case("separator-is-a-control-character", body, **NOT_HL7)


def _row_21():
    for number, marks in enumerate((b"", b"^", b"^~", b"^~\\&#!")):
        body = swapped(f"r21{number}", b"^~\\&", marks)
        yield Case(f"msh-2-of-{len(marks)}", body, **DELIMITERS)
    for number, marks in enumerate((b"^~\\", b"^~\\&", b"^~\\&#"), start=4):
        body = swapped(f"r21{number}", b"^~\\&", marks)
        yield Case(f"msh-2-of-{len(marks)}", body)


def _row_22():
    kinds = {
        "missing": ("", "unmapped", "type.missing", ()),
        "type-only": ("ADT", "processed", "", ()),
        "trigger-that-is-none": ("ADT^A99", "unmapped", "trigger.A99", ()),
        "lower-case": ("adt^a01", "processed", "", ()),
        "other-structure": ("ADT^A01^ADT_A39", "processed", "", ()),
        "unknown-z-trigger": ("ADT^Z77", "unmapped", "trigger.Z77", ()),
        "a-name-in-its-place": (f"{CANARY}^X", "unmapped", "type.unreadable", ()),
    }
    for name, (kind, state, why, warnings) in kinds.items():
        body = build(f"r22{name}", msh={9: kind})
        yield Case(f"msh-9-{name}", body, "AA", state, why, warnings)


def _row_23():
    body = build("r23a", msh={10: ""})
    yield Case("msh-10-missing", body, warnings=("control_id.missing",))
    yield Case("msh-10-of-1000", build("r23b", msh={10: "7" * 1000}))
    yield Case("msh-10-of-10000", build("r23c", msh={10: "8" * 10_000}))
    body = build("r23d", msh={10: "r\x07\x1b[2J\x00d"})
    yield Case("msh-10-with-controls", body, warnings=("charset.switched",))


def _row_25():
    for letter in "TD":
        why = f"processing_id.{letter}"
        body = build(f"r25{letter}", msh={11: letter})
        yield Case(f"msh-11-{letter}", body, state="unmapped", why=why)


def _row_26():
    versions = ("2.9", "2.5.1^DEU", "", "foo", "2", "9.9.9", "2,3")
    for number, version in enumerate(versions):
        body = build(f"r26{number}", msh={12: version})
        yield Case(f"msh-12-{version or 'empty'}", body)


def _row_27():
    latin, utf_8 = "Müller".encode("latin-1"), "Müller".encode()
    yield Case("msh-18-missing", charset("r27a", b"", utf_8))
    yield Case("msh-18-missing-latin", charset("r27b", b"", latin), **CHARSET)
    yield Case("msh-18-latin", charset("r27c", b"8859/1", latin))
    yield Case("msh-18-utf-8", charset("r27d", b"UNICODE UTF-8", utf_8))
    yield Case("msh-18-ascii-is-utf-8", charset("r27e", b"ASCII", utf_8))
    body = charset("r27f", b"ASCII", b"M\xfcller \x84x\x93")
    yield Case("msh-18-ascii-is-cp1252", body, **CHARSET)
    body = charset("r27g", b"8859/1", utf_8)
    yield Case("msh-18-latin-is-utf-8", body, warnings=("charset.mismatch",))
    yield Case("msh-18-several", charset("r27h", b"8859/1~UNICODE UTF-8", latin))
    body = charset("r27i", b"KLINGON", utf_8)
    yield Case("msh-18-unknown", body, warnings=("charset.unknown",))


def _row_28():
    yield Case("utf-8-mark", b"\xef\xbb\xbf" + build("r28a"))
    wide = {"state": "parked", "why": "HL7-004"}
    for name in ("utf-16", "utf-16-le", "utf-16-be"):
        body = build(f"r28{name}", encoding=name)
        yield Case(name, body, "AR", **wide)
    body = charset("r28e", b"UNICODE UTF-16", b"Meier")
    yield Case("utf-16-declared", body, **wide)
    body = charset("r28f", b"GB 18030-2000", "王小明".encode("gb18030"))
    yield Case("gb18030", body)
    yield Case("nul", charset("r28g", b"", b"Mei\x00er"))
    yield Case("lone-surrogate", charset("r28h", b"", b"\xed\xa0\x80"), **CHARSET)
    yield Case("overlong-utf-8", charset("r28i", b"", b"\xc0\xafx"), **CHARSET)


def _row_30():
    odd = ("time.invalid.msh-7",)
    times = {
        "missing": ("", ()),
        "in-ten-years": ("20361231235959", ()),
        "zeros": ("00000000", odd),
        "hour-24": ("20260314240000", ()),
        "offset-13": ("20260314093104+1300", ()),
        "offset-minus-zero": ("20260314093104-0000", ()),
        "year-only": ("2026", ()),
        "words": (f"{CANARY} o'clock", odd),
    }
    for name, (time, warnings) in times.items():
        body = build(f"r30{name}", msh={7: time})
        yield Case(f"msh-7-{name}", body, warnings=warnings)


ROWS = {
    19: _row_19,
    20: _row_20,
    21: _row_21,
    22: _row_22,
    23: _row_23,
    25: _row_25,
    26: _row_26,
    27: _row_27,
    28: _row_28,
    30: _row_30,
}
HEADERS = [(row, case) for row, cases in ROWS.items() for case in cases()]
