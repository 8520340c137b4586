"""Objects of the API and of JSON files: children within what they belong to."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from hub_community.hsds.catalogue import by_name, fields
from hub_community.hsds.csvs import normal
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.phones import made_id
from hub_community.hsds.secrecy import flag_code, is_flagged
from hub_community.hsds.settling import ANY, entity, settle
from hub_community.hsds.tables.form import LEFT_OUT, ROOTS, SLOTS, Table
from hub_community.hsds.tabular import month_first, parts
from hub_community.hsds.values import Reader, readers

#: What children are called besides their tables' names.
_NAMES: Final[Mapping[str, str]] = {
    "additional_urls": "url",
    "additional_websites": "url",
    "capacities": "service_capacity",
    "taxonomy_detail": "taxonomy",
    "holiday_schedule_collection": "holiday_schedule",
    "regular_schedule_collection": "regular_schedule",
    "parent_organization": "organization",
}
#: What a child is that is no object but a text.
_TEXT_OF: Final[Mapping[str, str]] = {
    "accessibility": "description",
    "attribute": "value",
    "cost_option": "option",
    "eligibility": "eligibility_description",
    "funding": "source",
    "language": "name",
    "phone": "number",
    "program": "name",
    "required_document": "document",
    "service_area": "name",
    "url": "url",
}
#: Which kind an object is of that has these fields and no sign of another.
_SIGNS: Final = (
    ("service", ("service_at_locations", "eligibility_description", "status",
                 "application_process", "service_areas", "assured_date",
                 "interpretation_services", "fees_description", "program_id",
                 "cost_options", "required_documents", "capacities",
                 "service_taxonomys", "eligibilitys")),
    ("location", ("location_type", "latitude", "longitude", "addresses",
                  "accessibility", "transportation", "physical_addresses",
                  "external_identifier", "accessibility_for_disabilities")),
    ("organization", ("legal_status", "tax_status", "tax_id", "year_incorporated",
                      "parent_organization_id", "organization_identifiers", "programs",
                      "website", "additional_websites", "locations", "services",
                      "logo")),
    ("taxonomy_term", ("taxonomy_id", "taxonomy_detail", "taxonomy", "term_uri",
                       "parent_id", "vocabulary", "code")),
    ("taxonomy", ("version", "uri")),
    ("service", ("organization_id", "organization", "schedules")),
    ("organization", ("email", "funding", "phones", "contacts")),
)  # fmt: skip
#: Where a term stood before 3.0.
_OLD_TERM: Final = ("attribute", "taxonomy")
#: Children of which nothing is made but what they are.
_AS_THEY_ARE: Final = SLOTS.keys() - {"eligibility", "phone", "url"}
#: Fields that are remembered; beyond, somebody makes them up.
_MOST_FIELDS: Final = 10_000
#: No export nests deeper, and attacks do.
_DEEPEST: Final = 12


def kind_of(record: Mapping[str, Any]) -> str:
    """Return the kind of an object by its fields, empty where nothing tells it."""
    has = {normal(key) for key, value in record.items() if value is not None}
    if {"service", "location"} <= has or {"service_id", "location_id"} <= has:
        return "service_at_location"
    if "service" in has and "name" not in has:
        return "service_at_location"
    for kind, signs in _SIGNS:
        if has & set(signs):
            return kind
    return "organization" if {"id", "name", "description"} == has else ""


class _Column(NamedTuple):
    """What a field is called, which flag it is, and its place.

    `read` reads a plain value of it into `field`, where its place is a field alone and
    it is no flag.
    """

    name: str
    code: str
    place: str
    field: str
    read: Reader | None


class NestedReader:
    """Takes objects apart into what stands by itself and what hangs off it.

    `met` are the fields that it met, with their kinds: they tell the version.
    """

    def __init__(self, ingest: Ingest) -> None:
        self._ingest, self._notes = ingest, ingest.notes
        self._readers = readers(month_first=month_first(ingest.profile))
        self._fields: dict[str, dict[str, str]] = {}
        self._columns: dict[str, dict[str, _Column]] = defaultdict(dict)
        self._known = 0
        self._extra = {normal(each) for each in ingest.profile.private_columns}
        self.met: set[tuple[str, str]] = set()

    def take(self, record: dict[str, Any], kind: str = "") -> None:
        """Take an object that stands by itself, of a kind or of what it looks like."""
        kind = kind or kind_of(record)
        if not kind:
            self._notes.add("hsds.unknown_shape", key=_text_id(record))
            return
        made, links, codes = self._object(kind, record, {}, 0)
        if kind == "service_at_location" and not links:
            self._notes.add("hsds.orphan", kind, made.get("id") or "")
            return
        settle(self._ingest, kind, made, links, codes)

    def _object(
        self,
        kind: str,
        source: Mapping[str, Any],
        always: Mapping[str, str],
        depth: int,
    ) -> tuple[dict[str, Any], list[tuple[str, str]], set[str]]:
        """Return record, links and codes of one object; take what it holds."""
        made: dict[str, Any] = dict(always)
        rest: list[tuple[str, Any]] = []
        codes: set[str] = set()
        links: list[tuple[str, str]] = []
        known = self._columns[kind]
        for key, value in source.items():
            if value is None or value == "":
                continue
            found = known.get(key) or self._column(kind, key)
            column, code, place, field, read = found
            plain = type(value) not in (list, dict)
            if plain and read:  # as nearly all are
                said, problem = read(value)
                if said is not None:
                    made[field] = said
                if problem:
                    self._notes.add(problem, kind, _text_id(source), field)
            elif plain and code:
                codes |= {code.lstrip("!?")} if is_flagged(code, value) else set()
            elif not place or not self._taken(kind, made, found, value, source, links):
                rest.append((column, value))
        for column, value in rest:
            self._within(kind, made, column, value, depth, links)
        codes.update(made.pop("_codes", ()))
        return made, links, codes

    def _taken(
        self,
        kind: str,
        made: dict[str, Any],
        column: _Column,
        value: Any,
        source: Mapping[str, Any],
        links: list[tuple[str, str]],
    ) -> bool:
        """Take a value whose place is no field alone; say whether it has one."""
        place = column.place
        if isinstance(value, dict):
            return False
        if place[0] == "^":
            named = source.get("link_entity") or source.get("link_type")
            links += _linked(place, value, named)
        elif isinstance(value, list) and _child_of(column.name):
            return False
        else:
            self._value(kind, made, place, value, source)
        return True

    def _column(self, kind: str, key: str) -> _Column:
        """Return what is known of a field that comes for the first time."""
        column = normal(key)
        if kind not in self._fields:
            self._fields[kind] = fields(kind)
        place = self._fields[kind].get(column, "")
        field, _, typed = place.partition(":")
        code = flag_code(column, self._extra)
        alone = place and place[0] not in "^*+" and not code
        read = self._readers[typed] if alone else None
        known = _Column(column, code, place, field, read)
        if self._known < _MOST_FIELDS:
            self._known += 1
            self._columns[kind][key] = known
            self.met.add((kind, column))
        return known

    def _value(
        self,
        kind: str,
        made: dict[str, Any],
        place: str,
        value: Any,
        source: Mapping[str, Any],
    ) -> None:
        if place[0] == "*":
            _listed(made, place, value, source)
            return
        field, _, typed = place.lstrip("+").partition(":")
        found, code = self._readers[typed](value)
        if code:
            self._notes.add(code, kind, _text_id(source), field)
        if found is not None:
            before = made.get(field) if place[0] == "+" else None
            made[field] = f"{before}; {found}" if before else found

    def _within(
        self,
        kind: str,
        made: dict[str, Any],
        column: str,
        value: Any,
        depth: int,
        links: list[tuple[str, str]],
    ) -> None:
        """Take what an object holds under a name that is no plain field."""
        table = _child_of("taxonomy_term" if (kind, column) == _OLD_TERM else column)
        if table is None or depth >= _DEEPEST:
            self._notes.unmapped(kind, column)
            return
        if table.kind in LEFT_OUT:
            count = len(value) if isinstance(value, list) else 1
            self._notes.unmapped(table.kind, "*", count)
            return
        listed = value if isinstance(value, list) else [value]
        if not isinstance(value, list) and column.endswith("s") and table.kind in SLOTS:
            self._notes.add("hsds.type", kind, made.get("id") or "", column)
        for each in listed:
            self._part(kind, made, column, table, each, depth, links)

    def _part(
        self,
        kind: str,
        made: dict[str, Any],
        column: str,
        table: Table,
        value: Any,
        depth: int,
        links: list[tuple[str, str]],
    ) -> None:
        of = table.kind
        if isinstance(value, str) and of in _TEXT_OF:
            self._notes.add("hsds.type", kind, made.get("id") or "", column)
            value = {_TEXT_OF[of]: value}
        if not isinstance(value, dict):
            if value is not None:
                self._notes.add("hsds.type", kind, made.get("id") or "", column)
            return
        inner, _, codes = self._object(of, value, table.always, depth + 1)
        if of in ROOTS:
            self._root(kind, made, column, of, inner, codes, links)
        elif of in ("taxonomy", "unit"):
            self._looked_up(made, of, inner)
        elif of == "program" and kind == "service":
            self._program(made, inner)
        else:
            self._child(kind, made, of, inner, codes)

    def _root(
        self,
        kind: str,
        made: dict[str, Any],
        column: str,
        of: str,
        inner: dict[str, Any],
        codes: set[str],
        links: list[tuple[str, str]],
    ) -> None:
        """Take an object that stands by itself out of the one that holds it."""
        key, mine = inner.get("id"), made.get("id")
        if not key:
            self._notes.add("hsds.no_id", of)
            return
        if column == "parent_organization":
            made.setdefault("parent_organization_id", key)
        elif (kind, of) == ("service", "location"):
            offered = {"id": made_id("offered", mine or "", key), "location_id": key}
            made.setdefault("service_at_locations", []).append(offered)
        elif of == "service" and kind == "service_at_location":
            links.append(("service", key))
        elif kind == "organization" and mine:
            inner.setdefault("organization_id", mine)
        elif of != "service":
            made.setdefault(f"{of}_id", key)
        self._ingest.root(of, inner, codes, nested=True)

    def _looked_up(self, made: dict[str, Any], of: str, inner: dict[str, Any]) -> None:
        key = inner.get("id")
        made.setdefault(f"{of}_id", key)
        (self._ingest.taxonomy if of == "taxonomy" else self._ingest.unit)(inner)
        if not key:
            made["taxonomy_detail" if of == "taxonomy" else of] = inner

    def _program(self, made: dict[str, Any], inner: dict[str, Any]) -> None:
        if key := inner.get("id"):
            made.setdefault("program_id", key)
        made.setdefault("_programs", []).append(inner)

    def _child(
        self,
        kind: str,
        made: dict[str, Any],
        of: str,
        inner: dict[str, Any],
        codes: set[str],
    ) -> None:
        if of in _AS_THEY_ARE and not codes and "id" in inner:  # as nearly all are
            made.setdefault(SLOTS[of], []).append(inner)
            return
        key = made.get("id") or ""
        if codes and of not in {"phone", "contact"}:
            made.setdefault("_codes", []).extend(codes)
        for child in self._ingest.completed(of, inner, kind, key, codes):
            if of == "eligibility":
                _eligible(made, child)
            else:
                slot = SLOTS[of]
                if of == "url" and kind == "organization":
                    slot = "additional_websites"
                made.setdefault(slot, []).append(child)


def _linked(place: str, value: Any, named: Any) -> list[tuple[str, str]]:
    if place == "^entity" or not isinstance(value, str | int):
        return []
    if place == "^":
        return [(entity(named) if isinstance(named, str) else ANY, str(value))]
    return [(place[1:], str(value))]


def _listed(
    made: dict[str, Any], place: str, value: Any, source: Mapping[str, Any]
) -> None:
    """Make children of the parts of a list."""
    of, _, rest = place[1:].partition(".")
    field, _, role = rest.partition("/")
    listed = value if isinstance(value, list) else parts(str(value))
    for part in listed:
        if isinstance(part, str | int):
            child = {"id": made_id(of, _text_id(source), role, str(part))}
            child |= {field: str(part)} | ({"link_type": role} if role else {})
            made.setdefault(SLOTS[of], []).append(child)


def _eligible(made: dict[str, Any], child: Mapping[str, Any]) -> None:
    said, before = (
        child.get("eligibility_description"),
        made.get("eligibility_description"),
    )
    if said and said != before:
        made["eligibility_description"] = f"{before}; {said}" if before else said
    for age in ("minimum_age", "maximum_age"):
        if age in child:
            made.setdefault(age, child[age])


@lru_cache(maxsize=4096)
def _child_of(column: str) -> Table | None:
    found = by_name(_NAMES.get(column, column)) or by_name(column.removesuffix("s"))
    return found[0][1] if found else None


def _text_id(record: Mapping[str, Any]) -> str:
    key = record.get("id")
    return str(key)[:64] if isinstance(key, str | int) else ""
