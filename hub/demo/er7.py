r"""HL7 v2 as the simulated hospitals write it.

    message   = 1*( segment CR )
    segment   = name *( "|" field )
    field     = component *( "^" component )

The delimiters inside a text are written as \F\ \S\ \T\ \R\ \E\.
Source: HL7 v2.5, sections 2.5 to 2.7 and chapter 3.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from hub.demo.people import CARD_AUTHORITY, Address, Person
from hub.demo.sites import Place, Site
from hub.demo.stay import Step

ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
)
#: What MSH-9 says of each trigger. Source: HL7 v2.5, chapters 3 and 7.
TYPES = {
    "A01": ("ADT", "A01", "ADT_A01"),
    "A02": ("ADT", "A02", "ADT_A02"),
    "A03": ("ADT", "A03", "ADT_A03"),
    "A04": ("ADT", "A04", "ADT_A01"),
    "A08": ("ADT", "A08", "ADT_A01"),
    "A11": ("ADT", "A11", "ADT_A09"),
    "A12": ("ADT", "A12", "ADT_A12"),
    "A13": ("ADT", "A13", "ADT_A01"),
    "A31": ("ADT", "A31", "ADT_A05"),
    "A40": ("ADT", "A40", "ADT_A39"),
    "A45": ("ADT", "A45", "ADT_A45"),
    "R01": ("ORU", "R01", "ORU_R01"),
}
VERSIONS = {"DE": "2.5", "US": "2.5.1"}
#: What is about a person, and about no visit.
_OF_PEOPLE = frozenset({"A31", "A40"})


def write_message(step: Step, control_id: str) -> bytes:
    """Return the message of `step`, in the character set of its hospital."""
    segments = [
        header(step.site, step.recorded, composite(*TYPES[step.trigger]), control_id),
        *([] if step.trigger == "R01" else [_evn(step)]),
        _pid(step),
        *([_mrg(step)] if step.formerly else []),
        segment("PV1", {1: "1", 2: "N"}) if step.trigger in _OF_PEOPLE else _pv1(step),
        *(_result(step) if step.trigger == "R01" else []),
    ]
    return "".join(f"{line}\r" for line in segments).encode(step.site.codec)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Return a segment; `fields` maps field numbers to text already escaped."""
    values = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return "|".join([name, *values])


def composite(*components: str) -> str:
    """Return a field of `components`, escaped, without trailing empty ones."""
    return "^".join(escape(component) for component in components).rstrip("^")


def escape(text: str) -> str:
    """Return `text` with the delimiters escaped."""
    return text.translate(ESCAPES)


def local_time(site: Site, moment: datetime) -> str:
    """Return `moment` on the clock of `site`, to the second, without offset."""
    return moment.astimezone(site.zone_info()).strftime("%Y%m%d%H%M%S")


def header(site: Site, moment: datetime, kind: str, control_id: str) -> str:
    """Return the MSH of a message of `kind`, which is MSH-9 as it stands there."""
    offset = moment.astimezone(site.zone_info()).strftime("%z")
    fields = {
        1: r"^~\&",
        2: site.application,
        3: site.authority,
        4: "CAREHUB",
        5: "REGION",
        6: local_time(site, moment) + offset,
        8: kind,
        9: control_id,
        10: "P",
        11: VERSIONS[site.country],
        17: site.charset,
    }
    # MSH-1 is the separator itself, so that MSH-n stands at place n - 1.
    return segment("MSH", fields)


def patient(site: Site, person: Person, number: str, home: Address) -> dict[int, str]:
    """Return the fields of the PID of somebody whom a hospital knows by `number`."""
    numbers = [composite(number, "", "", site.authority, "PI")]
    if person.card:
        numbers.append(composite(person.card, "", "", CARD_AUTHORITY, "HC"))
    address = (home.street, "", home.city, home.state, home.postcode, home.country)
    return {
        1: "1",
        3: "~".join(numbers),
        5: composite(person.family, person.given, "", "", "", "", "L"),
        7: person.born.strftime("%Y%m%d"),
        8: person.sex,
        11: composite(*address),
    }


def _evn(step: Step) -> str:
    fields = {2: local_time(step.site, step.recorded)}
    # The second hospital gives the time of a discharge in PV1-45 only.
    if not (step.site.country == "US" and step.trigger == "A03"):
        fields[6] = local_time(step.site, step.occurred)
    return segment("EVN", fields)


def _pid(step: Step) -> str:
    fields = patient(step.site, step.person, step.number, step.address)
    if step.died:
        fields |= {29: local_time(step.site, step.occurred), 30: "Y"}
    return segment("PID", fields)


def _mrg(step: Step) -> str:
    fields = {1: composite(step.formerly, "", "", step.site.authority, "PI")}
    if step.trigger == "A45":
        fields[5] = composite(step.visit, "", "", step.site.authority, "VN")
    return segment("MRG", fields)


def _pv1(step: Step) -> str:
    site = step.site
    fields = {
        1: "1",
        2: step.patient_class,
        3: _location(site, step.place),
        7: composite("1234", "Muster", "Ute"),
        19: composite(step.visit, "", "", site.authority, "VN"),
        44: local_time(site, step.started),
    }
    if step.prior:
        fields[6] = _location(site, step.prior)
    if step.ended:
        disposition = "20" if step.died else "01"
        fields |= {36: disposition, 45: local_time(site, step.ended)}
    return segment("PV1", fields)


def _location(site: Site, place: Place) -> str:
    return composite(place.unit, place.room, place.bed, site.authority)


def _result(step: Step) -> list[str]:
    when = local_time(step.site, step.occurred)
    glucose = composite("2345-7", "Glucose", "LN")
    value = f"{70 + int(step.occurred.astimezone(UTC).timestamp()) % 60}"
    return [
        segment("OBR", {1: "1", 4: glucose, 7: when}),
        segment("OBX", {1: "1", 2: "NM", 3: glucose, 5: value, 6: "mg/dL", 11: "F"}),
    ]
