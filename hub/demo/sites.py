"""The two hospitals: what each calls itself and how it writes HL7."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Place:
    """A bed. Source: HL7 v2 data type PL: unit, room, bed."""

    unit: str
    room: str
    bed: str


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital.

    `codec` is how Python writes its character set and `charset` how MSH-18
    names it; `zone` is an IANA name, in which it writes times without offset.
    """

    name: str
    application: str
    authority: str
    country: str
    charset: str
    codec: str
    zone: str
    number_digits: int
    visit_prefix: str
    control_prefix: str
    emergency: str
    wards: tuple[str, ...]

    def can_write(self, text: str) -> bool:
        """Say whether the character set of this hospital holds `text`."""
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True

    def zone_info(self) -> ZoneInfo:
        """Return the time zone of the hospital."""
        return ZoneInfo(self.zone)


KLINIK_NORD = Site(
    name="klinik-nord",
    application="KIS",
    authority="KLINIK_NORD",
    country="DE",
    charset="8859/1",
    codec="iso8859-1",
    zone="Europe/Berlin",
    number_digits=8,
    visit_prefix="F2026",
    control_prefix="KN",
    emergency="ZNA",
    wards=("INN1", "INN2", "CHI1", "CHI2", "KAR1", "ITS1"),
)

ST_MARY = Site(
    name="st-mary",
    application="EHR",
    authority="ST_MARY",
    country="US",
    charset="UNICODE UTF-8",
    codec="utf-8",
    zone="America/New_York",
    number_digits=7,
    visit_prefix="00",
    control_prefix="SM",
    emergency="ED",
    wards=("3WEST", "4EAST", "CVU", "SICU", "MED5", "ORTHO"),
)

SITES = (KLINIK_NORD, ST_MARY)
