"""Segments that notifications and questions share, in the recipient's characters. Pure.

Words are cut and left out where they cannot be written; a number never is.
"""

from collections.abc import Iterator, Sequence

from hub.sdk import Notice
from hub_payer.cells import member, text
from hub_payer.x12_services.ends import EnvelopeOptions, Facility
from hub_payer.x12_services.errors import UnwritableNumberError
from hub_payer.x12_services.letters import written
from hub_payer.x12_services.told import Insurance, Patient, facility_names, insurance_of

MEDIA_TYPE = "application/edi-x12"
#: Most characters of elements. Source: X12 005010 data elements 1035-1037, 166, 19.
LONGEST_ID, LONGEST_REFERENCE = 80, 50
LAST_NAME, GIVEN_NAME, _MIDDLE_NAME, _LINE, _CITY = 60, 35, 25, 55, 30
_STATE, _POSTAL_CODE = 2, 15

#: A segment: its elements, id first; one that is itself a sequence has components.
Segment = list[str | Sequence[str]]


def number_of(value: str, options: EnvelopeOptions, longest: int) -> str:
    """Return a number as it is; the basic character set has it in capitals.

    Raises UnwritableNumberError where it would become another one.
    """
    value = value.strip()
    found = written(value, options.charset)
    as_it_is = value.upper() if options.charset == "basic" else value
    if found != as_it_is or len(found) > longest:
        raise UnwritableNumberError
    return found


def reference_of(value: str, options: EnvelopeOptions) -> str:
    """Return one of the hub's own ids, which are the same wherever they are written."""
    found = written(value, options.charset)
    if found is None or len(found) > LONGEST_REFERENCE:
        raise UnwritableNumberError
    return found


def originator(options: EnvelopeOptions) -> str:
    """Return who gives trace numbers (TRN03): ten characters, the first of them a 9."""
    return f"9{words_of(options.us.id, options, 9):0<9}"


def words_of(value: str, options: EnvelopeOptions, longest: int) -> str:
    """Return words as they are written, cut; "" where they cannot be."""
    return (written(value, options.charset) or "")[:longest].strip()


def facility_of(notice: Notice, options: EnvelopeOptions) -> tuple[Facility, str]:
    """Return how the payer knows the facility of a notice, and its name."""
    names = facility_names(notice)
    known = (options.facilities[each] for each in names if each in options.facilities)
    facility = next(known, options.facility)
    return facility, facility.name or text(
        member(notice.event.payload, "facility", "name")
    ) or (names[0] if names else "")


def facility_nm1(notice: Notice, options: EnvelopeOptions, entity: str) -> Segment:
    """Return the NM1 of the facility, by its NPI, its tax number or ours."""
    facility, name = facility_of(notice, options)
    qualifier, number = "46", options.us.id
    if facility.npi or facility.tax_id:
        qualifier = "XX" if facility.npi else "24"
        number = facility.npi or facility.tax_id
    words = words_of(name, options, LAST_NAME) or options.us.id
    who = ["", "", "", "", qualifier, number_of(number, options, LONGEST_ID)]
    return ["NM1", entity, "2", words, *who]


def payer_nm1(notice: Notice, options: EnvelopeOptions, entity: str = "PR") -> Segment:
    """Return the NM1 of the payer."""
    insurance = insurance_of(notice)
    name = options.payer_name or insurance.payer or options.partner.id
    number = options.payer_id or options.partner.id
    kind, known_as = options.payer_id_qualifier, number_of(number, options, LONGEST_ID)
    words = words_of(name, options, LAST_NAME)
    return ["NM1", entity, "2", words, "", "", "", "", kind, known_as]


def person_lines(
    entity: str,
    patient: Patient,
    number: tuple[str, str],
    options: EnvelopeOptions,
    account: str = "",
) -> Iterator[Segment]:
    """Yield NM1, REF, N3, N4 and DMG of a person, as far as they are known.

    `account` is the facility's number of the visit, left out if it cannot be written.
    """
    nm1: Segment = ["NM1", entity, "1"]
    nm1 += [
        words_of(patient.family, options, LAST_NAME),
        words_of(patient.given, options, GIVEN_NAME),
        words_of(patient.middle, options, _MIDDLE_NAME),
    ]
    yield [*nm1, "", "", *number] if number[1] else nm1
    visit = written(account, options.charset) or ""
    if visit and visit.upper() == account.upper() and len(visit) <= LONGEST_REFERENCE:
        yield ["REF", "EJ", visit]
    lines = [words_of(line, options, _LINE) for line in patient.lines]
    city = words_of(patient.city, options, _CITY)
    if any(lines):
        yield ["N3", *(line for line in lines if line)]
    if city:
        state = patient.state if len(patient.state) == _STATE else ""
        zone = words_of(patient.postal_code, options, _POSTAL_CODE)
        yield ["N4", city, words_of(state, options, _STATE), zone]
    if patient.born or patient.sex:
        born = ["D8", patient.born] if patient.born else ["", ""]
        yield ["DMG", *born, patient.sex]


def subscriber_lines(
    insurance: Insurance, options: EnvelopeOptions
) -> Iterator[Segment]:
    """Yield the NM1 of the subscriber of a dependent: of them only the number goes out.

    Raises UnwritableNumberError.
    """
    number = number_of(insurance.subscriber_id, options, LONGEST_ID)
    yield from person_lines("IL", Patient(), ("MI", number), options)
