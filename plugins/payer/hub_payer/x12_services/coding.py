"""Codes of diagnoses and procedures in HI, SV1, SV2, SV3 and SVC. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from hub.sdk import RowProblem
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.values import time_of

#: What an HI composite is, by its first component. Source: X12 data element 1270.
_DIAGNOSES = {
    "ABK": ("ICD-10-CM", "principal"), "BK": ("ICD-9-CM", "principal"),
    "ABF": ("ICD-10-CM", "other"), "BF": ("ICD-9-CM", "other"),
    "ABJ": ("ICD-10-CM", "admitting"), "BJ": ("ICD-9-CM", "admitting"),
    "APR": ("ICD-10-CM", "reason"), "PR": ("ICD-9-CM", "reason"),
    "ABN": ("ICD-10-CM", "external_cause"), "BN": ("ICD-9-CM", "external_cause"),
}  # fmt: skip
_PROCEDURES = {
    "BBR": ("ICD-10-PCS", "principal"), "BR": ("ICD-9-CM", "principal"),
    "BBQ": ("ICD-10-PCS", "other"), "BQ": ("ICD-9-CM", "other"),
    "BP": ("HCPCS", "principal"), "BO": ("HCPCS", "other"),
    "CAH": ("HCPCS", "anesthesia"),
}  # fmt: skip
_SYSTEMS = {"HC": "HCPCS", "HP": "HIPPS", "N4": "NDC", "ZZ": "", "AD": "CDT"}
#: Lists that say something else: value codes, occurrences, conditions.
_OTHERS = frozenset({"BE", "BG", "BH", "BI", "DR", "LOI", "TC", "NU"})
_LONGEST = 30


class Coded(Struct, frozen=True, omit_defaults=True):
    """A code, its system, and what it is of the record (``principal``, ``other``)."""

    code: str
    system: str = ""
    use: str = ""
    at: str = ""


class Codes(Struct, frozen=True):
    """What the HI segments of a record say."""

    diagnoses: tuple[Coded, ...] = ()
    procedures: tuple[Coded, ...] = ()
    warnings: tuple[RowProblem, ...] = ()


def codes_of(segments: Iterator[Segment]) -> Codes:
    """Return the codes of a record; a list of an unknown kind is a warning."""
    diagnoses: list[Coded] = []
    procedures: list[Coded] = []
    unknown = False
    for segment in segments:
        for number in range(1, len(segment) + 1):
            parts = segment.components(number)
            kind = parts[0] if parts else ""
            code = parts[1].strip() if len(parts) > 1 else ""
            if kind in _DIAGNOSES and code:
                diagnoses.append(_coded(code, _DIAGNOSES[kind]))
            elif kind in _PROCEDURES and code:
                procedures.append(_coded(code, _PROCEDURES[kind], parts))
            unknown |= kind not in {*_DIAGNOSES, *_PROCEDURES, *_OTHERS} or not code
    warnings = (RowProblem("x12.code_unknown", "HI"),) if unknown else ()
    return Codes(tuple(diagnoses), tuple(procedures), warnings)


def procedure_of(parts: list[str]) -> Coded | None:
    """Return the procedure of a service line (a composite), None where none is said."""
    if len(parts) < 2 or not parts[1].strip():  # noqa: PLR2004  qualifier and code
        return None
    return Coded(parts[1].strip()[:_LONGEST], _SYSTEMS.get(parts[0], ""))


def _coded(code: str, kind: tuple[str, str], parts: list[str] | None = None) -> Coded:
    when = time_of(parts[2], parts[3]).at if parts and len(parts) > 3 else ""  # noqa: PLR2004  the fourth component is the date
    return Coded(code[:_LONGEST], kind[0], kind[1], when)
