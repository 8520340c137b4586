"""Places that must stay secret: found out, and taken out of records (R-DIR-02).

Whatever the reader of a package says is looked at again here, and masked again: a flag
that is lost on the way endangers lives. Of what is restricted, a record keeps by what
somebody is reached, and loses where that is: addresses, coordinates, ways to get there,
and links to maps, also inside of texts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeGuard

from hub.coordination.directory.confidential_words import (
    FLAG,
    SAID_SO,
    code_of_term,
    codes_in,
    is_flag,
    tells,
    values_of,
)
from hub.coordination.directory.names import children
from hub.model.places import address_lines

#: Where something is, by the names of fields without case and punctuation.
_PLACES = frozenset(
    {
        *("address", "addresses", "physicaladdress", "physicaladdresses"),
        *("postaladdress", "postaladdresses", "mailaddress", "mailingaddress"),
        *("address1", "address2", "address3", "address4", "addressline", "street"),
        *("streetaddress", "attention", "city", "region", "stateprovince", "state"),
        *("postalcode", "postcode", "zip", "zipcode", "plz", "ort", "strasse"),
        *("latitude", "longitude", "lat", "lon", "lng", "long", "coordinates"),
        *("geo", "geom", "geometry", "geocode", "position", "point", "bbox"),
        *("transportation", "directions", "parking", "wayfinding", "crossstreet"),
        *(
            "map",
            "mapurl",
            "mapsurl",
            "maplink",
            "googlemaps",
            "embedmap",
            "what3words",
        ),
        *("externalidentifier", "externalidentifiers", "pluscode", "uprn", "placeid"),
        *("locality", "dependentlocality", "county", "alternatename", "publicnotes"),
    }
)
#: A location is called by where it is, more often than not.
_OF_LOCATIONS = frozenset({"name", "description", "url"})
#: Links to maps, wherever they stand.
_MAP_LINK = re.compile(
    r"(?:(?:https?:)?//|\b)(?:[\w.-]+\.)?(?:"
    r"google\.[a-z.]{2,6}/maps|maps\.google\.[a-z.]{2,6}|goo\.gl/maps|maps\.app\.goo\.gl"
    r"|maps\.apple\.com|openstreetmap\.(?:org|de)|osm\.org|bing\.com/maps|waze\.com"
    r"|mapquest\.com|here\.com|wego\.here\.com|what3words\.com|w3w\.co|plus\.codes"
    r"|maps\.yahoo\.com|map24\.\w+|falk\.de|stadtplan\w*\.\w+|maps\.me|mapbox\.com"
    r"|yandex\.\w+/maps|citymapper\.com|komoot\.\w+|bit\.ly/map\w*|maps?\.[\w-]+\.\w+"
    r")[^\s<>\"')\]]*|\bgeo:[-\d.,;=?&\w]+",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?:)?//[^\s<>\"')\]]+", re.IGNORECASE)
_DEGREES = r"-?\d{1,3}[.,]\d{3,}\s*°?\s*[NSEWO]?"
_COORDINATES = re.compile(
    rf"{_DEGREES}\s*[,;/ ]\s*{_DEGREES}|\d{{1,3}}\s*°[^A-Za-z]{{0,24}}[NSEWO]\b"
    r"|\b(?:lat|lon|lng|long|breite|l(?:ä|ae)nge)[a-z]*\W{0,4}-?\d{1,3}[.,]\d+"
    r"|\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b"
    r"|///[^\W\d]{1,40}\.[^\W\d]{1,40}\.[^\W\d]{1,40}",
    re.IGNORECASE,
)
_PLACE_IN_URL = re.compile(
    r"[?&#/](?:ll|sll|q|query|daddr|saddr|destination|dest|address|addr|lat|latitude"
    r"|lon|lng|place|center|cp|where)[=/]|@-?\d+\.\d+,",
    re.IGNORECASE,
)
# Streets with a number, as English and German write them; rather one too many.
_STREET = re.compile(
    r"\b\d{1,6}[a-z]?(?:\s*[-/]\s*\d+[a-z]?)?\s+"
    r"(?:(?:[NSEW]|north|south|east|west)\.?\s+)?"
    r"(?:[\w'.-]+\s+){0,4}(?:st|street|ave|avenue|rd|road|blvd|boulevard|ln|lane|dr|drive"
    r"|ct|court|pl|place|sq|square|way|ter|terrace|pkwy|parkway|hwy|highway|cir|circle)\b\.?"
    r"|\b[\w-]*(?:stra(?:ß|ss)e|str\.|weg|allee|platz|gasse|ufer|damm|ring)\s+\d{1,4}"
    r"\s?[a-z]?\b|\b(?:p\.?\s?o\.?\s?box|postfach)\s+[\d ]+",
    re.IGNORECASE,
)
#: A street without a number, where it is written as a name is.
_STREET_NAME = re.compile(
    r"\b(?:[A-ZÄÖÜ][\w'\u2019.-]+ ){1,3}(?:Street|Avenue|Road|Boulevard|Lane|Drive"
    r"|Court|Terrace|Parkway|Highway|Stra(?:ß|ss)e|Allee|Weg|Gasse)\b"
    r"|\b[A-ZÄÖÜ][\w-]+(?:stra(?:ß|ss)e|str\.|allee|gasse)(?!\w)"
)
#: What stands in a text instead of a place.
REMOVED = "[withheld]"
_MAILBOX = re.compile(
    rf"[^\s<>,;]*{re.escape(REMOVED)}[^\s<>,;]*@[^\s<>,;]+"
    rf"|[^\s<>,;]+@[^\s<>,;]*{re.escape(REMOVED)}[^\s<>,;]*"
)
#: One that is called by a street and a number.
_MAILBOX_OF_STREET = re.compile(
    r"\b(?:\d+[\w.+-]*?(?:street|avenue|road|lane|drive|blvd|(?:st|ave|rd|ln|dr))"
    r"|[^\W\d][\w.+-]*?(?:stra(?:ß|ss)e|str|weg|allee|platz|gasse)[.+-]?\d+[a-z]?)"
    r"@[^\s<>,;]+",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 5
_NAMES = frozenset({"name", "alternate_name", "code", "label", "taxonomy", "term"})
_SIGNS = re.compile(r"[^a-z0-9]")
_LINES = frozenset(
    {
        *("address1", "address2", "address3", "address4", "address", "streetaddress"),
        *("attention", "street", "strasse", "addressline", "physicaladdress"),
    }
)
_COORDINATE_FIELDS = frozenset({"latitude", "longitude", "lat", "lng", "lon", "long"})
_WORDED = frozenset({"description", "title", "department", "phones"})
#: What is worth nothing once a part of it is withheld.
_WHOLE = frozenset({"url", "uri", "website", "email", "logo", "assureremail"})

Scrub = Callable[[str], str]


def reasons(kind: str, record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why the place of an object must stay secret, sorted; none where not.

    What an organisation writes about itself counts only where it says that a place is
    secret: else all that a county offers would be, for one service among many.
    """
    found: set[str] = set()
    names: list[str] = []
    texts: list[str] = []
    for name, value in _fields(record):
        if hiding := values_of(name):
            hidden = value is True or str(value).strip().casefold() in hiding
            found.add(FLAG if hidden else "")
        if not isinstance(value, str):
            continue
        if name in _NAMES:
            names.append(value)
            if name == "code":
                found.add(code_of_term(value))
        else:
            texts.append(value)
    found.update(_of_attributes(record))
    if tells("\n".join((*names, *texts))):
        found.update(codes_in("\n".join(names)))
        told = codes_in("\n".join(texts))
        found.update(told if kind != "organization" else {SAID_SO} & set(told))
    return tuple(sorted(found - {""}))


def terms_of(record: Mapping[str, Any]) -> set[str]:
    """Return the terms that an object has, and the one above it, by their ids."""
    found = {record.get("parent_id")}
    for each in children(record, "attributes"):
        term = each.get("taxonomy_term")
        found |= {each.get("taxonomy_term_id")}
        found |= {term.get("id"), term.get("parent_id")} if _is_record(term) else set()
    return {each for each in found if isinstance(each, str) and each}


def _is_record(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def secrets_of(record: Mapping[str, Any]) -> frozenset[str]:
    """Return the texts that give a place away: lines of addresses, coordinates."""
    found: set[str] = set()
    for name, value in _fields(record):
        plain = _plain(name)
        if (plain in _LINES and isinstance(value, str)) or (
            plain in _COORDINATE_FIELDS and value not in (None, "")
        ):
            found.add(str(value).strip())
    return frozenset(each for each in found if len(each) >= _SHORTEST_SECRET)


def masked(
    kind: str, record: Mapping[str, Any], secrets: Iterable[str] = ()
) -> dict[str, Any]:
    """Return a record without where it is.

    `secrets` are texts of other records about the same place, which go too. Of a
    location nothing is left but that there is one.
    """
    if kind == "location":
        record = {k: v for k, v in record.items() if _plain(k) not in _OF_LOCATIONS}
        if ramps := children(record, "accessibility"):
            record["accessibility"] = [_without_details(each) for each in ramps]
    own = secrets_of(record) | frozenset(secrets)
    found: dict[str, Any] = _masked(record, _scrubber(own))
    return found


def scrubbed(
    record: Mapping[str, Any], secrets: Iterable[str], *, unsure: bool = False
) -> dict[str, Any]:
    """Return a record whose texts do not give away where something else is.

    Where it is itself may be known: its own address stays. `unsure` where not all of
    the secrets are known: then whatever looks like an address goes.
    """
    scrub = _scrubber(frozenset(secrets), streets=unsure)
    found: dict[str, Any] = _texts(record, scrub)
    return found


def without_words(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a masked record whose contacts say nothing but who, and by what number.

    For contacts from before a place was secret, when nobody masked their words.
    """
    found = dict(record)
    for name in ("phones", "contacts"):
        if name in found:
            found[name] = [_worded(each) for each in children(record, name)]
    return masked(kind, found)


def _worded(child: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in child.items() if key not in _WORDED}


def without_places(
    record: Mapping[str, Any], locations: frozenset[str]
) -> dict[str, Any]:
    """Return a record without what it says of these locations, by their ids."""
    found = dict(record)
    for name in ("service_at_locations", "locations"):
        rest = found.get(name)
        if isinstance(rest, list):
            found[name] = [_bare(each, locations) for each in rest]
    return found


def _without_details(child: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in child.items() if key not in {"details", "url"}}


def _bare(child: Any, locations: frozenset[str]) -> Any:
    if not isinstance(child, dict):
        return child
    location = child.get("location")
    named = location.get("id") if isinstance(location, dict) else child.get("id")
    if child.get("location_id") not in locations and named not in locations:
        return child
    bare = {key: value for key, value in child.items() if key != "location"}
    return _masked(
        bare, _scrubber(secrets_of(child)), hidden=frozenset({"description"})
    )


def _masked(value: Any, scrub: Scrub, hidden: frozenset[str] = frozenset()) -> Any:
    if isinstance(value, dict):
        return {
            key: found
            for key, each in value.items()
            if not _is_place(_plain(str(key)), each, value)
            and key not in hidden
            and not _is_spoilt(str(key), found := _masked(each, scrub))
        }
    if isinstance(value, (list, tuple)):
        return [_masked(each, scrub) for each in value]
    return scrub(value) if isinstance(value, str) else value


def _texts(value: Any, scrub: Scrub) -> Any:
    if isinstance(value, dict):
        return {
            key: found
            for key, each in value.items()
            if not _is_spoilt(str(key), found := _texts(each, scrub))
        }
    if isinstance(value, (list, tuple)):
        return [_texts(each, scrub) for each in value]
    return scrub(value) if isinstance(value, str) else value


def _is_spoilt(name: str, value: Any) -> bool:
    """Say whether a link or a mailbox is none any more, because it named a place."""
    return isinstance(value, str) and REMOVED in value and _plain(name) in _WHOLE


def _is_place(name: str, value: Any, within: Mapping[str, Any]) -> bool:
    """Say whether a field tells where something is; what only sounds so may stay."""
    if name not in _PLACES and ("address" not in name or "mail" in name):
        return False
    if name in {"position", "state", "alternatename"}:
        # A contact's title, a state of affairs, another name of somebody.
        return name == "state" or "location_type" in within
    return value not in (None, "", [], {})


@lru_cache(maxsize=256)
def _scrubber(secrets: frozenset[str], *, streets: bool = True) -> Scrub:
    known = address_lines(secrets)

    def scrub(text: str) -> str:
        text = _without_links(known.without(text, REMOVED))
        if streets and _has_digit(text):
            text = _STREET.sub(REMOVED, text)
        if streets:
            text = _STREET_NAME.sub(REMOVED, text)
        return _without_mailboxes(text, streets=streets) if "@" in text else text

    return scrub


def _without_mailboxes(text: str, *, streets: bool) -> str:
    text = _MAILBOX.sub(REMOVED, text)
    return _MAILBOX_OF_STREET.sub(REMOVED, text) if streets else text


def _without_links(text: str) -> str:
    if len(text) < _SHORTEST_SECRET:
        return text
    text = _MAP_LINK.sub(REMOVED, text)
    if "//" in text:
        text = _URL.sub(_without_place, text)
    return _COORDINATES.sub(REMOVED, text) if _has_digit(text) else text


def _has_digit(text: str) -> bool:
    return any(each.isdigit() for each in text)


def _without_place(found: re.Match[str]) -> str:
    url = found.group()
    return REMOVED if _PLACE_IN_URL.search(url) else url


def _fields(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return every name and value in a record, whichever way it is nested."""
    waiting: list[tuple[str, Any]] = list(record.items())
    found: list[tuple[str, Any]] = []
    while waiting:
        pair = waiting.pop()
        value = pair[1]
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, (list, tuple)):
            waiting += [(pair[0], each) for each in value]
        else:
            found.append(pair)
    return found


def _of_attributes(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield why attributes hide a place: a flag can be one, with its value."""
    for each in children(record, "attributes"):
        term = each.get("taxonomy_term")
        names = [each.get("link_type"), each.get("label"), each.get("name")]
        if isinstance(term, dict):
            names += [term.get("name"), term.get("code")]
        said = each.get("value")
        value = True if said in (None, "") else said
        if any(isinstance(name, str) and is_flag(name, value) for name in names):
            yield FLAG


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return _SIGNS.sub("", name.casefold())
