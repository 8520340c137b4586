"""Made-up shelters, each marked as a secret place in one way, in every dialect.

Of shelter `n` the address, the coordinates and the name of the street hold canaries of
its own: what finds one knows which mark was lost.
"""

import zlib
from contextlib import suppress

_LETTERS = "bcdfghjklm"
_KINDS = (
    *("organization", "service", "location", "address", "offered", "phone", "contact"),
    *("hours", "area", "ramp", "term", "tag", "mark", "parent"),
)


def uid(kind, n):
    """Return the id of the part `kind` of shelter `n`."""
    return f"{_KINDS.index(kind) + 1:08x}-0000-4000-8000-{n:012d}"


def word(n):
    """Return the name of a street that is nowhere else."""
    return "Zq" + "".join(_LETTERS[int(digit)] for digit in f"{n:03d}")


def place(n):
    """Return street, latitude and longitude of a shelter."""
    return f"{word(n)} Street", f"{41 + n / 1000:.3f}123", f"-{87 + n / 1000:.3f}456"


def canaries(n):
    """Return what must not get out, in lower case."""
    _, latitude, longitude = place(n)
    return word(n).lower(), latitude, longitude.lstrip("-")


def shelter(n, *marks):
    """Return the tables of a shelter whose address is wherever one could write it."""
    street, latitude, longitude = place(n)
    address, links = f"17 {street}", f"https://maps.google.com/?q={word(n)}"
    said = (
        f"Come to {address}, or 17 {word(n).upper()} ST., the door is in {street}."
        f" Map {links} or https://goo.gl/maps/{word(n)} at {latitude}, {longitude}."
        f" Write to 17{word(n).lower()}street@example.org."
    )
    of = {"service_id": uid("service", n)}
    tables = {
        "organization": [
            {"id": uid("organization", n), "name": f"Trust {n}", "description": said,
             "email": f"office{n}@example.org",
             "website": f"https://osm.org/?mlat={latitude}&mlon={longitude}"},
        ],
        "service": [
            {"id": uid("service", n), "organization_id": uid("organization", n),
             "name": f"Living {n}", "description": said, "status": "active",
             "url": links, "email": f"17.{word(n).lower()}.street@example.org",
             "application_process": f"Ring at {address}"},
            {"id": uid("service", n + 500), "organization_id": uid("organization", n),
             "name": f"Advice {n}", "description": said, "status": "active"},
        ],
        "location": [
            {"id": uid("location", n), "organization_id": uid("organization", n),
             "name": f"House, {address}", "alternate_name": word(n),
             "description": said, "transportation": f"Bus to {word(n)}",
             "latitude": latitude, "longitude": longitude},
        ],
        "address": [
            {"id": uid("address", n), "location_id": uid("location", n),
             "address_1": address, "address_2": f"Flat {word(n)}",
             "attention": f"c/o {word(n)}", "city": "Springfield",
             "state_province": "IL", "postal_code": "60601", "country": "US"},
        ],
        "service_at_location": [
            {"id": uid("offered", n), **of, "location_id": uid("location", n),
             "description": f"door {address}"},
        ],
        "phone": [
            {"id": uid("phone", n), **of, "number": f"312 555 {n:04}", "type": "voice",
             "description": f"desk at {address}"},
        ],
        "contact": [
            {"id": uid("contact", n), **of, "name": "Ada", "title": f"at {address}"},
        ],
        "schedule": [
            {"id": uid("hours", n), **of, "opens_at": "09:00", "closes_at": "17:00",
             "freq": "WEEKLY", "byday": "MO", "description": f"at {address}"},
        ],
        "service_area": [
            {"id": uid("area", n), **of, "name": f"around {address}",
             "extent": f'{{"type":"Point","coordinates":[{longitude},{latitude}]}}',
             "extent_type": "geojson"},
        ],
        "accessibility": [
            {"id": uid("ramp", n), "location_id": uid("location", n),
             "description": f"ramp at {address}", "details": f"corner of {street}"},
        ],
        "taxonomy_term": [_term("term", n, f"Term {n}")],
        "attribute": [_tag("tag", n, "service", taxonomy_term_id=uid("term", n))],
    }  # fmt: skip
    for mark in marks:
        mark(tables, n)
    return tables


def _term(kind, n, name):
    return {"id": uid(kind, n), "name": name, "description": "", "parent_id": "",
            "taxonomy": "made up", "code": f"{kind}{n}"}  # fmt: skip


def _tag(kind, n, entity, **said):
    row = {"id": uid(kind, n), "link_id": uid(entity, n), "link_entity": entity}
    return row | {"taxonomy_term_id": "", "link_type": "", "value": ""} | said


def column(table, name, value):
    """Return a mark: a value in a column of a table."""

    def mark(tables, _n):
        tables[table][0][name] = value

    return mark


def words(table, name, text):
    """Return a mark: words in a text of a table."""

    def mark(tables, _n):
        tables[table][0][name] += f" {text}"

    return mark


def attribute(entity, **said):
    """Return a mark: an attribute of an object."""

    def mark(tables, n):
        tables["attribute"].append(_tag("mark", n, entity, **said))

    return mark


def above(name):
    """Return a mark: a category above that of the service."""

    def mark(tables, n):
        tables["taxonomy_term"].append(_term("parent", n, name))
        tables["taxonomy_term"][0]["parent_id"] = uid("parent", n)

    return mark


def of_organization(name):
    """Return a mark: a category of the organisation."""

    def mark(tables, n):
        tables["taxonomy_term"].append(_term("parent", n, name))
        link = _tag("mark", n, "organization", taxonomy_term_id=uid("parent", n))
        tables["attribute"].append(link)

    return mark


FLAGS = (
    ("is_private", "Y"), ("private", "1"), ("Confidential", "true"),
    ("PhysicalAddressIsPrivate", "ja"), ("ExcludeFromWebsite", "YES"),
    ("hide_address", "x"), ("IS_CONFIDENTIAL", "T"), ("vertraulich", "Ja"),
    ("Privacy", "Confidential"),
)  # fmt: skip
WORDS = (
    "DOMESTIC VIOLENCE shelter", "domestic-violence help", "domestic  abuse",
    "Women\u2019s Shelter", "battered women", "Rape Crisis Centre", "Safe house",
    "Frauenhaus", "Autonome Frauenh\u00e4user", "Frauen-Schutzhaus",
    "Frauen- und Kinderschutzhaus", "M\u00e4dchenzuflucht", "Maedchenhaus",
    "h\u00e4usliche Gewalt", "Zeugenschutz", "Opferschutz: anonyme Adresse",
    "human trafficking survivors", "undisclosed location", "victims of abuse",
    "violencia dom\u00e9stica",
)  # fmt: skip
#: Marks that every dialect has a place for.
EVERYWHERE = (
    *(column("service", *flag) for flag in FLAGS),
    *(column("location", *flag) for flag in FLAGS),
    *(column("address", *flag) for flag in FLAGS[:4]),
    *(column("organization", *flag) for flag in FLAGS[:4]),
    *(column("service", "name", said) for said in WORDS),
    *(words("service", "description", f"We are a {said}.") for said in WORDS[::3]),
    *(column("organization", "name", said) for said in WORDS[::3]),
    *(column("location", "name", said) for said in WORDS[::4]),
    *(column("taxonomy_term", "name", said) for said in WORDS[::4]),
    *(column("location", "location_type", said) for said in ("Private", "RESTRICTED")),
    *(column("address", "address_type", said) for said in ("Confidential", "geheim")),
)
#: Marks of attributes and of taxonomies with levels.
LINKED = (
    *(above(said) for said in WORDS[::5]),
    *(of_organization(said) for said in WORDS[::5]),
    *(attribute(each, link_type="is_private", value="Y")
      for each in ("service", "location", "organization")),
    *(attribute(each, label="Confidential")
      for each in ("service", "location", "organization")),
    *(attribute(each, link_type="category", value="Domestic violence")
      for each in ("service", "location", "organization")),
)  # fmt: skip
ALL = (*EVERYWHERE, *LINKED)


def everything(world):
    """Return all that the store holds but for the packages, in lower case."""
    tables = world.query("SELECT name FROM sqlite_master WHERE type = 'table'")
    found = []
    for (table,) in tables:
        which = " WHERE source != 'dir'" if table == "message" else ""
        for row in world.query(f"SELECT * FROM {table}{which}"):  # noqa: S608
            found += [_text(value) for value in row if value is not None]
    return "\n".join(found).lower()


def _text(value):
    if not isinstance(value, bytes):
        return str(value)
    with suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode(errors="replace")
