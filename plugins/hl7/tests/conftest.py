"""Synthetic HL7 v2 messages; every person and place in here is made up."""

import pytest

MSH = {
    1: r"^~\&",
    2: "KIS",
    3: "KLINIK_TEST",
    4: "HUB",
    5: "REGION",
    6: "20260310081502+0100",
    8: "ADT^A01^ADT_A01",
    9: "000471133",
    10: "P",
    11: "2.5",
}
EVN = {2: "20260310081455", 6: "20260310080500"}
PID = {3: "0047^^^KLINIK_TEST^PI", 5: "Musterfrau^Änne^^^^^L", 7: "19490117", 8: "F"}
PV1 = {
    1: "1",
    2: "I",
    3: "INN2^204^1^KLINIK_TEST",
    19: "F2026001234^^^KLINIK_TEST^VN",
    44: "20260310080500",
}


def segment(name, fields):
    """Return a segment of numbered fields; in MSH they count after the separator."""
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def build(*, trigger="A01", extra=(), drop=(), encoding="utf-8", **changes):
    """Return an ADT message; `changes` map field numbers of a segment to values.

    Fields of MSH are named by their HL7 number, so MSH-10 is ``msh={10: "1"}``.
    """
    msh = {number - 1: value for number, value in changes.get("msh", {}).items()}
    header = {**MSH, 8: f"ADT^{trigger}", **msh}
    parts = {
        "MSH": header,
        "EVN": EVN | changes.get("evn", {}),
        "PID": PID | changes.get("pid", {}),
        "PV1": PV1 | changes.get("pv1", {}),
    }
    lines = [segment(name, parts[name]) for name in parts if name not in drop]
    return "".join(f"{line}\r" for line in (*lines, *extra)).encode(encoding)


@pytest.fixture
def adt():
    """Return the builder of synthetic ADT messages."""
    return build
