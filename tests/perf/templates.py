"""Templates: the rows of an exemplar, with a slot for all that is of nobody else."""

from dataclasses import dataclass
from itertools import product

import crowd
import msgspec
from clones import NotClonedError, Reference, RowMaker, Slots, pattern_of
from exemplars import (
    VISITS,
    marked_birth,
    marked_names,
    marked_number,
    marked_postcode,
    marked_street,
    marked_visit,
    play,
)
from lean import LEAN
from msgspec.structs import replace

from hub.coordination.ids import TIME_DIGITS, Keys, event_id
from hub.demo.sites import SITES
from hub.model.facts import Fact
from hub.store import schema


@dataclass
class Template:
    """What makes the rows of one visit of a person, by table."""

    slots: Slots
    makers: list[dict[str, list[RowMaker]]]


def make_templates(keys: Keys, *, whole: bool) -> tuple[list[Template], "Layout"]:
    """Return templates whose clones are people of the store that `keys` are of.

    `whole`: the bodies as they are; else without what nobody reads who works on the
    next message.
    """
    layout = Layout()
    templates = [
        _template(place, visits, keys, layout, whole=whole)
        for place, visits in enumerate(play())
    ]
    layout.settle(templates)
    return templates, layout


#: What other rows refer to by its number.
REFERRED = ("message", "entity")


class Layout:
    """Where the rows of each clone are: how many of their table come before them."""

    def __init__(self) -> None:
        self.first: dict[tuple[str, int, int], int] = {}
        self.block: dict[tuple[str, int], int] = {}
        self.blocks = 0

    def settle(self, templates: list[Template]) -> None:
        """Count the rows of a block, which is one clone of each template."""
        for table, visit in product(REFERRED, range(VISITS)):
            before = 0
            for place, each in enumerate(templates):
                self.first[table, visit, place] = before
                before += len(each.makers[visit].get(table, ()))
            self.block[table, visit] = before

    def seq(self, table: str, visit: int, place: int, number: int, block: int) -> int:
        """Return the number of a row of a table."""
        visits = self.blocks * sum(self.block[table, each] for each in range(visit))
        here = self.block[table, visit] * block + self.first[table, visit, place]
        return 1 + visits + here + number


def _template(place, visits, keys, layout, *, whole):
    slots = Slots()
    _add_person(slots, place)
    for visit, rows in enumerate(visits):
        _add_messages(slots, place, visit, rows["message"])
        for table in REFERRED:
            for number, row in enumerate(rows[table]):
                make = _seq(layout, table, visit, place, number)
                slots.add((table, row["seq"]), make)
    _add_keys(slots, visits, keys)
    for rows in visits:
        _add_events(slots, rows["event"])
    pattern = pattern_of(slots)
    makers = [
        {
            name: [_maker(name, row, slots, pattern, whole=whole) for row in found]
            for name, found in rows.items()
            if found
        }
        for rows in visits
    ]
    return Template(slots, makers)


def _add_person(slots, place):
    """Add what is said of a person: all of it follows from their number."""
    digits = SITES[place % len(SITES)].number_digits
    bits = slots.add(("bits",), lambda who, _: crowd.scattered(who.index))
    slots.add(marked_number(place), lambda who, _: f"{who.index:0{digits}d}")
    names = marked_names(place)
    slots.add(names[0], lambda _, made: crowd.family(made[bits]), bits)
    slots.add(names[1], lambda _, made: crowd.given(made[bits]), bits)
    slots.add(marked_street(place), lambda _, made: crowd.street(made[bits]), bits)
    slots.add(marked_postcode(place), lambda _, made: crowd.postcode(made[bits]), bits)
    born = slots.add(
        marked_birth(place).isoformat(),
        lambda _, made: crowd.born(made[bits]).isoformat(),
        bits,
    )
    slots.add(
        marked_birth(place).strftime("%Y%m%d"),
        lambda _, made: made[born].replace("-", ""),
        born,
    )


def _add_messages(slots, place, visit, rows):
    site = SITES[place % len(SITES)]
    slots.add(
        marked_visit(place, visit),
        lambda who, _: f"{site.visit_prefix}{visit}{who.index:07d}",
    )
    for number, row in enumerate(rows):
        slots.add(
            row["control_id"], _control_id(f"{site.control_prefix}{visit}", number)
        )
        name = slots.add(
            row["id"], _message_id(row["received_at"], visit * 32 + number)
        )
        slots.places["message id", row["seq"]] = name


def _control_id(prefix, number):
    return lambda who, _: f"{prefix}{who.index:07d}{number:02d}"


def _message_id(received_at, number):
    milliseconds = received_at // 1000

    def make(who, _):
        time = milliseconds + who.days * 86_400_000
        digest = crowd.scattered(who.index << 8 | number)
        return f"msg_{time:0{TIME_DIGITS}x}{who.index & 0xFFFF:04x}{digest:016x}"

    return make


def _seq(layout, table, visit, place, number):
    return lambda who, _: layout.seq(table, visit, place, number, who.block)


def _add_keys(slots, visits, keys):
    """Add the keys of the person, and of all that is theirs."""
    first = msgspec.json.decode(visits[0]["fact"][0]["body"], type=Fact)
    known = first.subject.identifiers[0]
    number = slots.places[known.value]
    (person,) = [row["key"] for row in visits[0]["entity"] if row["kind"] == "person"]
    slots.add(
        person,
        lambda _, made: keys.person(replace(known, value=made[number])),
        number,
    )
    named = {row["seq"]: row["key"] for rows in visits for row in rows["entity"]}
    feeds = {row["seq"]: row["source"] for rows in visits for row in rows["message"]}
    for rows in visits:
        for row in rows["fact"]:
            key = named[row["entity"]]
            fact = msgspec.json.decode(row["body"], type=Fact)
            if fact.encounter and key not in slots.places:
                _add_encounter(slots, key, feeds[row["message"]], fact, keys)
    for rows in visits:
        for row in rows["entity"]:
            _add_entity(slots, row, keys)
            slots.places["entity key", row["seq"]] = slots.places[row["key"]]


def _add_encounter(slots, key, feed, fact, keys):
    visit, stated = slots.places[fact.encounter.value], fact.encounter
    slots.add(
        key,
        lambda _, made: keys.encounter(feed, replace(stated, value=made[visit])),
        visit,
    )


class _Stay(msgspec.Struct):
    key: str


class _StayBody(msgspec.Struct):
    stay: _Stay


def _add_entity(slots, row, keys):
    if row["kind"] == "stay":
        body = msgspec.json.decode(row["body"], type=_StayBody)
        first = slots.places[body.stay.key]
        slots.add(row["key"], lambda _, made: keys.stay(made[first]), first)
    elif row["key"] not in slots.places:
        raise NotClonedError(row["kind"])


def _add_events(slots, rows):
    for row in rows:
        message = slots.places["message id", row["message"]]
        entity = slots.places["entity key", row["entity"]]
        make = _event_id(message, entity, row["version"])
        slots.add(row["id"], make, message, entity)


def _event_id(message, entity, version):
    return lambda _, made: event_id(made[message], made[entity], version)


def _maker(name, row, slots, pattern, *, whole):
    table = schema.metadata.tables[name]
    if not whole and name in LEAN:
        row = row | {"body": LEAN[name](row["body"])}
    values = [
        _referred(table.columns[column], value, slots)
        for column, value in row.items()
        if column != "seq"
    ]
    maker = RowMaker(values, slots, pattern)
    if name == "message":
        columns = [column for column in row if column != "seq"]
        maker.digest = tuple(columns.index(each) for each in ("body", "sha256", "size"))
    return maker


def _referred(column, value, slots):
    """Return `value`, or what stands for the number of the row that it refers to."""
    for key in column.foreign_keys:
        if key.column.name == "seq" and value is not None:
            return Reference(slots.places[key.column.table.name, value])
    return value
