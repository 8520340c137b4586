"""What the country of a sender says about its clocks and its letters.

Only countries whose mainland has one time zone. Codes are those of ISO 3166-1,
zones those of IANA's zone.tab, character sets those of HL7 table 0211 that were
usual there before UTF-8.
"""

import re
from typing import NamedTuple


class Country(NamedTuple):
    """A country: its codes, its time zone and its usual character set."""

    alpha2: str
    alpha3: str
    zone: str
    charset: str = "8859/1"


COUNTRIES = (
    Country("AT", "AUT", "Europe/Vienna"),
    Country("BE", "BEL", "Europe/Brussels"),
    Country("BG", "BGR", "Europe/Sofia", "8859/5"),
    Country("CH", "CHE", "Europe/Zurich"),
    Country("CN", "CHN", "Asia/Shanghai", "GB 18030-2000"),
    Country("CZ", "CZE", "Europe/Prague", "8859/2"),
    Country("DE", "DEU", "Europe/Berlin"),
    Country("DK", "DNK", "Europe/Copenhagen"),
    Country("EE", "EST", "Europe/Tallinn", "8859/15"),
    Country("FI", "FIN", "Europe/Helsinki"),
    Country("FR", "FRA", "Europe/Paris"),
    Country("GB", "GBR", "Europe/London"),
    Country("GR", "GRC", "Europe/Athens", "8859/7"),
    Country("HR", "HRV", "Europe/Zagreb", "8859/2"),
    Country("HU", "HUN", "Europe/Budapest", "8859/2"),
    Country("IE", "IRL", "Europe/Dublin"),
    Country("IL", "ISR", "Asia/Jerusalem", "8859/8"),
    Country("IN", "IND", "Asia/Kolkata"),
    Country("IT", "ITA", "Europe/Rome"),
    Country("JP", "JPN", "Asia/Tokyo", "ISO IR87"),
    Country("KR", "KOR", "Asia/Seoul", "KS X 1001"),
    Country("LT", "LTU", "Europe/Vilnius", "8859/4"),
    Country("LU", "LUX", "Europe/Luxembourg"),
    Country("LV", "LVA", "Europe/Riga", "8859/4"),
    Country("NL", "NLD", "Europe/Amsterdam"),
    Country("NO", "NOR", "Europe/Oslo"),
    Country("PL", "POL", "Europe/Warsaw", "8859/2"),
    Country("RO", "ROU", "Europe/Bucharest", "8859/2"),
    Country("SE", "SWE", "Europe/Stockholm"),
    Country("SG", "SGP", "Asia/Singapore"),
    Country("SI", "SVN", "Europe/Ljubljana", "8859/2"),
    Country("SK", "SVK", "Europe/Bratislava", "8859/2"),
    Country("TR", "TUR", "Europe/Istanbul", "8859/9"),
    Country("TW", "TWN", "Asia/Taipei", "BIG-5"),
    Country("ZA", "ZAF", "Africa/Johannesburg"),
)

_BY_CODE = {code: each for each in COUNTRIES for code in (each.alpha2, each.alpha3)}
_REGION = re.compile(r"[a-z]{2,3}[-_]([A-Z]{2})")


def country_of(code: str, language: str) -> Country | None:
    """Return the country of MSH-17, else of the region in MSH-19 (``de-AT``).

    None where neither says it, or the country has more than one time zone. A
    language alone is no country.
    """
    if code.strip():
        return _BY_CODE.get(code.strip().upper())
    match = _REGION.fullmatch(language.strip())
    return _BY_CODE.get(match[1]) if match else None
