"""Exemplars: made-up people, worked on by the real pipeline, three visits each.

Between two visits of a person lie some weeks. What was stored of the first visits is
read apart from what was stored of the second, so that clones can be written in the
order in which a hub would have heard of them.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import crowd
from clones import NotClonedError
from working import SETTLED, working

from hub.coordination.ids import Keys
from hub.coordination.matching.blocking import blocking_keys
from hub.coordination.matching.features import features_of
from hub.demo import pathways
from hub.demo.er7 import write_message
from hub.demo.people import Address, Person
from hub.demo.sites import SITES
from hub.demo.stay import Stay
from hub.model.facts import Subject
from hub.model.identifiers import Identifier
from hub.store import schema

VISITS = 3
#: No clock changes in the three months that follow, in either country.
FIRST_DAY = datetime(2025, 11, 10, 7, tzinfo=UTC)
DAYS_BETWEEN = 30
CITY = "Musterstadt"
BORN = date(1950, 2, 3)
#: What is of the store, or is made by the store itself.
NOT_OF_PEOPLE = {"meta"}


def registered(stay):
    """A04 class O: seen in the outpatient department, and never heard of again."""
    stay.arrive("O")


#: How often each happens in 120 visits: most visits to a hospital are short.
PATHS = {
    registered: 108,
    pathways.outpatient_visit: 2,
    pathways.emergency_treated: 4,
    pathways.planned_admission: 2,
    pathways.emergency_admission: 1,
    pathways.cancelled_discharge: 1,
    pathways.corrected_discharge: 1,
    pathways.moved_house: 1,
}
COUNT = sum(PATHS.values()) // VISITS


def play() -> list[list[dict[str, list[dict[str, Any]]]]]:
    """Return what was stored of each visit of each exemplar: rows by table."""
    with (
        tempfile.TemporaryDirectory(prefix="carehub-bench-") as folder,
        working(Path(folder) / "data", FIRST_DAY) as work,
    ):
        return [_play(work, place, plan) for place, plan in enumerate(_plans())]


def _plans():
    """Return for each template the pathways of its visits."""
    paths = [path for path, count in PATHS.items() for _ in range(count)]
    Random(3).shuffle(paths)  # noqa: S311 - the same for everybody, and no secret
    return [paths[first : first + VISITS] for first in range(0, len(paths), VISITS)]


def _play(work, place, plan):
    """Let the visits of a template happen; return what was stored of each."""
    draw = Random(place)  # noqa: S311 - drawn alike each time, and no secret
    site = SITES[place % len(SITES)]
    home = Address(marked_street(place), CITY, "", marked_postcode(place), "DEU")
    family, given = marked_names(place)
    numbers = ((site, marked_number(place)),)
    person = Person(
        place, family, given, _sex(place), marked_birth(place), home, numbers
    )
    found, before = [], _stored(work.reader)
    for visit, path in enumerate(plan):
        start = FIRST_DAY + timedelta(
            days=DAYS_BETWEEN * visit, minutes=draw.randrange(3 * 24 * 60)
        )
        stay = Stay(draw, site, person, marked_visit(place, visit), start)
        path(stay)
        for number, step in enumerate(sorted(stay.finish(), key=lambda s: s.sent)):
            control_id = _control(place, visit, number)
            work.now = step.sent
            body = write_message(step, control_id)
            work.hear([(site.name, control_id, _short(body))])
            work.finish()
        work.now += SETTLED
        work.finish()
        after = _stored(work.reader)
        found.append(_new(before, after))
        before = after
    # What the first visits led to is told as it is after the last.
    return [
        {name: [before[name][key] for key in keys] for name, keys in visit.items()}
        for visit in found
    ]


def _short(body):
    """Return a message without the doctor: not every hospital sends who it was."""
    return body.replace(b"1234^Muster^Ute", b"")


def _sex(place):
    return "FM"[place % 3 % 2]


# No two templates are alike, or they would be taken for one person.
def marked_names(place):
    bits = crowd.scattered(place)
    return f"Qqf{crowd.family(bits)}", f"Qqg{crowd.given(bits)}"


def marked_street(place):
    return f"Qqs{crowd.street(crowd.scattered(place))}"


def marked_postcode(place):
    return f"Qqp{crowd.postcode(crowd.scattered(place))}"


def marked_birth(place):
    return BORN + timedelta(days=211 * place)


def marked_number(place):
    return f"Qqnumber{place:02d}"


def marked_visit(place, visit):
    return f"Qqvisit{place:02d}v{visit}"


def _control(place, visit, number):
    return f"Qqcontrol{place:02d}v{visit}n{number:02d}"


def _tables():
    return [
        table
        for table in schema.metadata.sorted_tables
        if table.name not in NOT_OF_PEOPLE
    ]


def _stored(reader):
    """Return all rows by table and primary key, as dictionaries."""
    return {
        table.name: dict(_by_key(reader, table))
        for table in _tables()
        if table.name not in DERIVED
    }


def _by_key(reader, table):
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    order = "rowid" if table.dialect_options["sqlite"]["with_rowid"] else keys[0]
    query = f"SELECT {quoted(names)} FROM {table.name} ORDER BY {order}"  # noqa: S608
    for values in reader.execute(query):
        row = dict(zip(names, values, strict=True))
        yield tuple(row[key] for key in keys), row


def quoted(names):
    """Return columns as SQL has them: some are called like its words."""
    return ", ".join(f'"{name}"' for name in names)


def _new(before, after):
    if after["timer"]:
        raise NotClonedError("a timer that still waits")
    return {
        name: [key for key in rows if key not in before[name]]
        for name, rows in after.items()
    }


def person_of(index: int, number: str = "") -> Person:
    """Return a person of the population as the demonstration plays people.

    Under their number there, or another one.
    """
    place, bits = (index - 1) % COUNT, crowd.scattered(index)
    site = SITES[place % len(SITES)]
    return Person(
        index,
        crowd.family(bits),
        crowd.given(bits),
        _sex(place),
        crowd.born(bits),
        Address(crowd.street(bits), CITY, "", crowd.postcode(bits), "DEU"),
        ((site, number or f"{index:0{site.number_digits}d}"),),
    )


def _tokens(keys: Keys, person: Person) -> list[tuple[int, str]]:
    """Return the rows by which a person is found who may be the same as another."""
    ((site, number),) = person.numbers
    known = Identifier(site.authority, number, "PI")
    home = person.address
    said = {
        "names": [{"family": person.family, "given": person.given, "use": "L"}],
        "birth_date": person.born.isoformat(),
        "sex": person.sex,
        "addresses": [
            {
                "lines": [home.street],
                "city": home.city,
                "postal_code": home.postcode,
                "country": home.country,
            }
        ],
    }
    found = blocking_keys(features_of(Subject((known,), said)))
    identity = keys.person(known)
    return [(keys.token(each), identity) for each in found]


#: Tables whose rows follow from a person in a way of their own, not from what is in
#: the slots: by table, what makes them. They are written with the first visit.
DERIVED: dict[str, Callable[[Keys, Person], list[tuple[Any, ...]]]] = {"token": _tokens}
