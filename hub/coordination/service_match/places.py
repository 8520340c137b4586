"""Where somebody is: from a postcode to a point, and the names of what is around it.

A ZIP code is a route of delivery and no area: a point stands for it, with how far from
it somebody may live; one of post-office boxes says even less. A German postcode (PLZ)
is an area, whose middle is learnt from what lies in it, or from a table of the site's
own. Source: domain 5.7.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from hub.coordination.directory.names import folded
from hub.coordination.service_match.geometry import Point, is_point
from hub.model.directory import Wish

#: How far from the point of its postcode somebody may be, in kilometres.
_UNCERTAIN: Mapping[str, float] = {
    "STANDARD": 8.0,
    "UNIQUE": 5.0,
    "PO BOX": 15.0,
    "PLZ": 5.0,
}
_DIGITS = 5
_NAMES_OF_COUNTRIES = {
    "US": ("USA", "UNITED STATES", "UNITED STATES OF AMERICA"),
    "DE": ("DEU", "GERMANY", "DEUTSCHLAND", "D"),
}
_COUNTRIES = {
    name: country for country, names in _NAMES_OF_COUNTRIES.items() for name in names
}


def _table(text: str) -> Mapping[str, str]:
    pairs = (each.partition("=") for each in text.split(";") if each)
    return {short: name for short, _, name in pairs}


#: States by their abbreviations, with names as they are compared.
_STATES: Mapping[str, Mapping[str, str]] = {
    "US": _table(
        "al=alabama;ak=alaska;az=arizona;ar=arkansas;ca=california;co=colorado;"
        "ct=connecticut;de=delaware;dc=district columbia;fl=florida;ga=georgia;"
        "hi=hawaii;id=idaho;il=illinois;in=indiana;ia=iowa;ks=kansas;ky=kentucky;"
        "la=louisiana;me=maine;md=maryland;ma=massachusetts;mi=michigan;"
        "mn=minnesota;ms=mississippi;mo=missouri;mt=montana;ne=nebraska;nv=nevada;"
        "nh=new hampshire;nj=new jersey;nm=new mexico;ny=new york;"
        "nc=north carolina;nd=north dakota;oh=ohio;ok=oklahoma;or=oregon;"
        "pa=pennsylvania;pr=puerto rico;ri=rhode island;sc=south carolina;"
        "sd=south dakota;tn=tennessee;tx=texas;ut=utah;vt=vermont;va=virginia;"
        "wa=washington;wv=west virginia;wi=wisconsin;wy=wyoming;"
    ),
    "DE": _table(
        "bw=baden wurttemberg;by=bayern;be=berlin;bb=brandenburg;hb=bremen;"
        "hh=hamburg;he=hessen;mv=mecklenburg vorpommern;ni=niedersachsen;"
        "nw=nordrhein westfalen;rp=rheinland pfalz;sl=saarland;sn=sachsen;"
        "st=sachsen anhalt;sh=schleswig holstein;th=thuringen;"
    ),
}
_EVERYWHERE = frozenset(
    {
        *("us", "usa", "united states", "nationwide", "national", "worldwide"),
        *("deutschland", "germany", "bundesweit", "deutschlandweit"),
    }
)


class Spot(NamedTuple):
    """What is known of a postcode; `kind` is that of a ZIP code, or ``PLZ``."""

    point: Point
    kind: str
    city: str = ""
    county: str = ""
    state: str = ""


class Gazetteer(Protocol):
    """Knows places by their postcodes and names."""

    def spot(self, country: str, postcode: str) -> Spot | None:
        """Return what is known of a postcode, None for nothing."""

    def knows(self, country: str, name: str) -> bool:
        """Say whether something has this name, folded: a town, a county."""


class Place(NamedTuple):
    """Where somebody is, as far as it is known.

    `names` are those of all around: postcode, town, county; `states` those of the
    state. `problem` is a short code of what is not known, "" where all is.
    """

    country: str = ""
    point: Point | None = None
    uncertain_km: float = 0.0
    names: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    problem: str = ""


def place_of(wish: Wish, gazetteer: Gazetteer, country: str = "") -> Place:
    """Return where somebody is; `country` counts where the wish names none."""
    named = wish.country.strip().upper() or country.upper()
    country = _COUNTRIES.get(named, named)
    point = None
    if is_point(wish.latitude, wish.longitude):
        point = Point(wish.latitude or 0.0, wish.longitude or 0.0)
    postcode = plain_postcode(wish.postcode, country)
    spot = gazetteer.spot(country, postcode) if postcode else None
    if spot is None:
        problem = (
            "" if point else ("postcode.unknown" if wish.postcode else "place.none")
        )
        names = frozenset({postcode} - {""})
        return Place(country, point, 0.0, names, frozenset(), problem)
    uncertain = 0.0 if point else _UNCERTAIN.get(spot.kind, _UNCERTAIN["STANDARD"])
    return Place(
        country,
        point or spot.point,
        uncertain,
        frozenset(_names(postcode, spot)),
        frozenset(_state_names(country, spot.state)),
    )


def plain_postcode(text: str, country: str) -> str:
    """Return a postcode without what is written before and after its five digits."""
    own = text.strip().upper().removeprefix("D-").removeprefix("DE-")
    if country in {"US", "DE", ""}:
        digits = own.partition("-")[0].strip()
        return digits if len(digits) == _DIGITS and digits.isascii() else ""
    return own


def serves(names: Iterable[str], place: Place, gazetteer: Gazetteer) -> bool | None:
    """Say whether an area of these names is one where somebody is.

    None where that cannot be told: a name that nothing is known by may be any place.
    """
    told = set(names)
    if told & _EVERYWHERE or not place.names:
        return True if told & _EVERYWHERE else None
    known = _STATES.get(place.country, {})
    full = {known.get(each, each) for each in told}
    states = full & set(known.values())
    if states and place.states and not states & place.states:
        return False
    others = {each for each in told if known.get(each, each) not in states}
    if not others:
        return bool(states & place.states) or None
    if others & place.names:
        return True
    strange = all(gazetteer.knows(place.country, each) for each in others)
    return False if strange else None


def is_everywhere(names: Iterable[str]) -> bool:
    """Say whether an area of these names is a whole country."""
    return not _EVERYWHERE.isdisjoint(names)


def names_around(place: Place) -> frozenset[str]:
    """Return by which names an area can hold somebody, as areas have them."""
    known = _STATES.get(place.country, {})
    short = {each for each, full in known.items() if full in place.states}
    return place.names | place.states | short


def read_places(text: str) -> tuple[dict[str, Spot], frozenset[str]]:
    """Return postcodes, and names of counties, of a site's own table.

    It is CSV with the columns postcode, lat, lon and, where known, kreis, city, state.
    Rows that cannot be read are left out.
    """
    spots: dict[str, Spot] = {}
    names: set[str] = set()
    for row in csv.DictReader(io.StringIO(text)):
        postcode = plain_postcode(row.get("postcode") or "", "DE")
        try:
            latitude, longitude = float(row["lat"]), float(row["lon"])
        except (KeyError, TypeError, ValueError):
            continue
        if not postcode or not is_point(latitude, longitude):
            continue
        city, county, state = (
            folded(row.get(name)) for name in ("city", "kreis", "state")
        )
        point = Point(latitude, longitude)
        spots[postcode] = Spot(point, "PLZ", city, county, state)
        names |= {city, county} - {""}
    return spots, frozenset(names)


def _names(postcode: str, spot: Spot) -> Iterable[str]:
    county = spot.county
    bare = {
        county.removesuffix(" county").removesuffix(" parish"),
        county.removeprefix("landkreis ").removeprefix("kreis "),
    }
    return {postcode, spot.city, county, *bare} - {""}


def _state_names(country: str, state: str) -> Iterable[str]:
    plain = folded(state)
    return {_STATES.get(country, {}).get(plain, plain)} - {""}
