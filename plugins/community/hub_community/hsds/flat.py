"""A directory in one table: each row becomes an organisation, a service, a location."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from hub_community.hsds.csvs import normal
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.phones import made_id
from hub_community.hsds.secrecy import flag_code, is_flagged
from hub_community.hsds.tables.flat import ADDRESS_TYPE, LEVEL, LEVELS, PLACES, TYPES
from hub_community.hsds.tabular import month_first, parts
from hub_community.hsds.values import EMPTY, readers, text

#: So many columns must be known, and such a part of them, for a table to be one.
_LEAST: Final = 3
_LEAST_PART: Final = 0.25
_KINDS: Final[Mapping[str, str]] = {
    "o": "organization",
    "s": "service",
    "l": "location",
}
#: Children that only some kinds have; else the service's.
_ONLY: Final[Mapping[str, str]] = {"accessibility": "l"}
Row = dict[str, dict[str, Any]]


def is_flat(header: Sequence[str]) -> bool:
    """Return whether a table with these normalised columns is a whole directory."""
    known = {column for column in header if column in PLACES}
    named = any(PLACES[column].endswith((".name", ".id")) for column in known)
    enough = len(known) >= max(_LEAST, _LEAST_PART * len([c for c in header if c]))
    return named and enough


class FlatConverter:
    """Turns the rows of such a table into objects."""

    def __init__(self, ingest: Ingest, header: Sequence[str], name: str) -> None:
        self._ingest, self._name = ingest, name
        self._read = readers(month_first=month_first(ingest.profile))
        extra = {normal(each) for each in ingest.profile.private_columns}
        self._plan: list[tuple[int, str]] = []
        self._flags: list[tuple[int, str]] = []
        self._unmapped: list[tuple[int, str]] = []
        self._counts: dict[str, int] = {}
        self._level = -1
        for index, column in enumerate(header):
            if column in header[:index]:
                ingest.notes.add("hsds.header_repeated", field=column)
            else:
                self._column(index, column, extra)
        self._main = _mainly({place.lstrip("+") for _, place in self._plan})

    def _column(self, index: int, column: str, extra: set[str]) -> None:
        place = PLACES.get(column, "")
        code = "?flag.private" if column == ADDRESS_TYPE else flag_code(column, extra)
        if column == LEVEL:
            self._level = index
        elif code and not place.endswith("!"):
            self._flags.append((index, code))
        elif place:
            self._plan.append((index, place))
        elif column:
            self._unmapped.append((index, column))

    def take(self, row: Sequence[str]) -> None:
        """Take one row apart."""
        made: Row = {}
        listed: list[tuple[str, str]] = []
        remarks = []
        for index, place in self._plan:
            cell = row[index].strip()
            if cell in EMPTY:
                continue
            if place[0] == "*":
                listed.append((place[1:], cell))
            elif code := self._put(made, place, cell):
                remarks.append((code, place.partition(".")[2].partition(":")[0]))
        for index, column in self._unmapped:
            if row[index].strip():
                self._counts[column] = self._counts.get(column, 0) + 1
        codes = {
            code.lstrip("!?")
            for index, code in self._flags
            if is_flagged(code, row[index])
        } - {"contact.private"}
        self._settle(made, listed, codes, self._about(row), remarks)

    def _about(self, row: Sequence[str]) -> str:
        said = row[self._level].strip().casefold() if self._level >= 0 else ""
        return LEVELS.get(said, self._main) if self._level < 0 or said else self._main

    def _put(self, made: Row, place: str, cell: str) -> str:
        adds = "+" in place
        part, _, rest = place.replace("+", "").partition(".")
        field, _, kind = rest.partition(":")
        value, code = self._read[kind](cell)
        if value is not None:
            into = made.setdefault(part, {})
            before = into.get(field)
            into[field] = f"{before}; {value}" if adds and before else value
        return code

    def _settle(
        self,
        made: Row,
        listed: Sequence[tuple[str, str]],
        codes: set[str],
        about: str,
        remarks: Sequence[tuple[str, str]],
    ) -> None:
        self._generic(made, about)
        if about == "o" and "s" in made:
            made.setdefault("o", {})  # what only a service has stays unsaid
            del made["s"]
        self._keys(made, about)
        if about not in made or not made[about].get("id"):
            self._ingest.notes.add("hsds.no_id", _KINDS[about])
            return
        for code, field in remarks:
            self._ingest.notes.add(code, _KINDS[about], made[about]["id"], field)
        self._objects(made, codes, about)
        self._children(made, listed, about)

    def _generic(self, made: Row, about: str) -> None:
        """Give what is said of the row as such to what it is mainly about."""
        generic = made.pop("g", {})
        if about == "o" and "url" in generic:
            generic["website"] = generic.pop("url")
        if about != "s":
            generic.pop("status", None)
        if about == "l":
            generic.pop("email", None)
        if generic:
            own = made.setdefault(about, {})
            made[about] = {**generic, **own}

    def _keys(self, made: Row, about: str) -> None:
        """Make ids that stay the same where the table has none."""
        publisher = self._ingest.profile.publisher
        owner = made.get("o")
        if owner is not None and "id" not in owner and owner.get("name"):
            owner["id"] = made_id("organization", publisher, owner["name"])
        whose = (owner or {}).get("id", "")
        service = made.get("s")
        if service is not None and "id" not in service and service.get("name"):
            service["id"] = made_id("service", publisher, whose, service["name"])
        if made.keys() & {"l", "a", "m"}:
            place = made.setdefault("l", {})
            if "id" not in place:
                key = (made.get(about) or {}).get("id") or place.get("name", "")
                place["id"] = made_id("location", publisher, whose, key)

    def _objects(self, made: Row, codes: set[str], about: str) -> None:
        owner, service, place = (made.get(part) for part in ("o", "s", "l"))
        if owner and owner.get("id"):
            # A flag of a service's row says nothing of all its organisation does.
            self._ingest.root(
                "organization",
                owner,
                set(codes) if about == "o" else set(),
                nested=True,
            )
        if place:
            place["addresses"] = list(self._addresses(made, place["id"]))
            if owner and owner.get("id"):
                place["organization_id"] = owner["id"]
            self._ingest.root("location", place, set(codes), nested=True)
        if service and service.get("id"):
            if owner and owner.get("id"):
                service["organization_id"] = owner["id"]
            self._ingest.root("service", service, set(codes))
            if place:
                offered = {
                    "id": made_id("offered", service["id"], place["id"]),
                    "location_id": place["id"],
                }
                self._ingest.child(
                    "service", service["id"], "service_at_location", offered, set()
                )

    def _addresses(self, made: Row, key: str) -> Any:
        for part, kind in (("a", "physical"), ("m", "postal")):
            if address := made.get(part):
                yield {
                    "id": made_id("address", key, kind),
                    **address,
                    "address_type": kind,
                }

    def _children(
        self, made: Row, listed: Sequence[tuple[str, str]], about: str
    ) -> None:
        parent, key = _KINDS[about], made[about]["id"]
        for part, phone in made.items():
            if part[0] == "p" and phone.get("number"):
                private = is_flagged("", phone.pop("!", ""))
                codes = {"contact.private"} if private else set[str]()
                phone.setdefault("type", TYPES.get(part, "voice"))
                phone["id"] = made_id("phone", key, part)
                self._ingest.child(parent, key, "phone", phone, codes)
        if contact := made.get("c"):
            contact["id"] = made_id("contact", key)
            self._ingest.child(parent, key, "contact", contact, set())
        if hours := made.get("h"):
            hours["id"] = made_id("schedule", key)
            self._ingest.child(parent, key, "schedule", hours, set())
        for place, cell in listed:
            self._list(made, place, cell, about)

    def _list(self, made: Row, place: str, cell: str, about: str) -> None:
        of, _, rest = place.partition(".")
        field, _, role = rest.partition("/")
        part = _ONLY.get(of, about)
        if not (key := (made.get(part) or {}).get("id")):
            return
        for each in parts(cell):
            said, _ = text(each)
            child = {"id": made_id(of, key, role, each), field: said}
            child |= {"link_type": role} if role else {}
            self._ingest.child(_KINDS[part], key, of, child, set())

    def report(self) -> None:
        """Report the columns without a place, and how many cells they held."""
        for _, column in self._unmapped:
            self._ingest.notes.unmapped(self._name, column, self._counts.get(column, 0))


def _mainly(places: AbstractSet[str]) -> str:
    """Return the part that each row of a table is mainly about."""
    if places & {"s.id", "s.name", "g.id"}:
        return "s"
    if places & {"l.id", "l.name"}:
        return "l"
    if "g.name" in places and ("o.name" in places or "o.id" not in places):
        return "s"
    return "o"
