"""Where converted objects and children go: completed, looked at, put on disk."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from hub_community.hsds.csvs import normal
from hub_community.hsds.errors import TooLargeError
from hub_community.hsds.noting import Notes
from hub_community.hsds.phones import made_id, split
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.scratch import Scratch
from hub_community.hsds.secrecy import (
    Words,
    flag_code,
    is_flagged,
    secret_type,
)

_LOCATION_TYPES: Final = frozenset({"physical", "postal", "virtual"})
_STATUSES: Final = {
    "active": "active", "open": "active", "aktiv": "active", "current": "active",
    "inactive": "inactive", "inaktiv": "inactive",
    "closed": "defunct", "defunct": "defunct",
    "temporarily closed": "temporarily closed",
    "temporarily_closed": "temporarily closed",
}  # fmt: skip
#: Children in whose words a category may stand.
_TOLD: Final = frozenset({"attribute", "program", "service_at_location"})
_LOOKED_AT: Final = _TOLD | {"address"}
_MOST_REMEMBERED: Final = 200_000
_encode = msgspec.json.Encoder().encode


class Ingest:
    """Takes what the readers of the forms made of a package."""

    def __init__(self, scratch: Scratch, notes: Notes, profile: HsdsProfile) -> None:
        self.scratch, self.notes, self.profile = scratch, notes, profile
        self._words = Words(profile)
        self._seen: dict[tuple[str, str], int] = {}
        self._taxonomies: dict[str, dict[str, Any]] = {}
        self._units: dict[str, dict[str, Any]] = {}
        self._taken = 0
        #: How many objects that stand by themselves were taken.
        self.roots = 0

    def root(
        self,
        kind: str,
        record: dict[str, Any],
        codes: set[str],
        *,
        nested: bool = False,
    ) -> None:
        """Take an object; `codes` say why its place is secret.

        Raises TooLargeError beyond the profile's limit.
        """
        self._bound()
        key = record.get("id")
        if not key:
            self.notes.add("hsds.no_id", kind)
            return
        programs = record.pop("_programs", ())
        record = _stated(record)
        if kind == "service":
            self._service(key, record, programs)
        elif kind == "location":
            codes |= _typed(record)
        if nested and self._known(kind, key, record, codes):
            return
        codes |= self._found(kind, record)
        self._inner(kind, key, record, codes)
        self.hide(kind, key, codes)
        self.roots += 1
        org = record.get("parent_id" if kind == "taxonomy_term" else "organization_id")
        self.scratch.put(kind, key, record, org=org or "", nested=int(nested))

    def hide(self, kind: str, key: str, codes: set[str]) -> None:
        """Say why the place of an object is secret."""
        if codes and (places := codes - {"contact.private"}):
            self.scratch.hide(kind, key, places)

    def child(
        self, parent: str, key: str, of: str, record: dict[str, Any], codes: set[str]
    ) -> None:
        """Take a child of the kind `of` of an object, or of another child."""
        self._bound()
        if of not in {"phone", "contact"}:
            self.hide(parent, key, codes)
        for each in self.completed(of, record, parent, key, codes):
            if of in _LOOKED_AT:
                self.hide(parent, key, self._of_child(parent, key, of, each))
            if parent == "organization" and of == "address":
                self._office(key, each, codes)
            else:
                self.scratch.put_child(parent, key, of, each)

    def completed(
        self, of: str, record: dict[str, Any], parent: str, key: str, codes: set[str]
    ) -> list[dict[str, Any]]:
        """Return what a child becomes: with an id, phones apart, nothing private."""
        if "contact.private" in codes or (codes and of in {"phone", "contact"}):
            self.notes.add("hsds.private_contact", parent, key, of)
            return []
        record = _stated(record)
        if of == "eligibility":
            return [record] if record else []
        if "id" not in record:
            record["id"] = made_id(of, key, _encode(record).decode())
        return self._phones(record, parent, key) if of == "phone" else [record]

    def taxonomy(self, record: dict[str, Any]) -> None:
        """Remember a taxonomy, of which terms tell by its id."""
        if key := record.get("id"):
            self._taxonomies.setdefault(key, record)

    def unit(self, record: dict[str, Any]) -> None:
        """Remember what capacities are counted in."""
        if key := record.get("id"):
            self._units.setdefault(key, record)

    def finish(self, kind: str, record: dict[str, Any]) -> None:
        """Put in what was looked up of a record that is about to leave."""
        if kind == "service" and "status" not in record:
            self.notes.add("hsds.status_assumed", "service", record["id"])
            record["status"] = "active"
        elif kind == "location":
            record.setdefault("location_type", "physical")
        elif kind == "taxonomy_term":
            detail = self._taxonomies.get(record.get("taxonomy_id", ""))
            if detail:
                record.setdefault("taxonomy_detail", detail)
        for capacity in record.get("capacities", ()):
            unit = self._units.get(capacity.pop("unit_id", None) or "")
            if unit:
                capacity.setdefault("unit", unit)

    def _bound(self) -> None:
        self._taken += 1
        if self._taken > self.profile.limits.objects:
            raise TooLargeError(f"more than {self.profile.limits.objects} objects")

    def _service(
        self, key: str, record: dict[str, Any], programs: Iterable[dict[str, Any]]
    ) -> None:
        if owner := record.get("organization_id"):
            for program in programs:
                self.child("organization", owner, "program", program, set())
        status = record.get("status")
        if status:
            record["status"] = _STATUSES.get(status.casefold(), status)
        if within := record.get("program_id"):
            self.scratch.tag("service", key, f"program:{within}")

    def _known(
        self, kind: str, key: str, record: dict[str, Any], codes: set[str]
    ) -> bool:
        """Return whether the very same was found nested in something before."""
        body = hash(_encode([record, sorted(codes)]))
        if self._seen.get((kind, key)) == body:
            return True
        if len(self._seen) < _MOST_REMEMBERED:
            self._seen[kind, key] = body
        return False

    def _found(self, kind: str, record: dict[str, Any]) -> set[str]:
        if kind == "taxonomy_term":
            return self._words.of_term(record)
        return self._words.of_record(record)

    def _inner(
        self, kind: str, key: str, record: dict[str, Any], codes: set[str]
    ) -> None:
        """Look at the children that came within a record."""
        for of, slot in (
            ("attribute", "attributes"),
            ("service_at_location", "service_at_locations"),
            ("program", "programs"),
            ("address", "addresses"),
        ):
            for each in record.get(slot, ()):
                codes |= self._of_child(kind, key, of, each)

    def _of_child(
        self, parent: str, key: str, of: str, record: dict[str, Any]
    ) -> set[str]:
        """Tell what a child says about what it belongs to; return its codes."""
        codes: set[str] = set()
        if of == "attribute":
            codes |= _flagged_by(record)
            if term := record.get("taxonomy_term_id"):
                self.scratch.tag(parent, key, term)
                if term in self.profile.restricted_terms:
                    codes.add("category.profile")
        elif of == "service_at_location" and (location := record.get("location_id")):
            self.scratch.put_place(key, location)
        elif of == "address" and secret_type(record.get("address_type")):
            codes.add("flag.private")
            record["address_type"] = "physical"
        if of in _TOLD:
            found = self._words.of_record(record)
            if of == "program":
                self.hide("taxonomy_term", f"program:{record.get('id')}", found)
            else:
                codes |= found
        return codes

    def _phones(
        self, record: dict[str, Any], parent: str, key: str
    ) -> list[dict[str, Any]]:
        prefix = record.pop("prefix", None)
        if prefix and not record.get("number", "+").startswith("+"):
            record["number"] = f"+{prefix.lstrip('+')} {record['number']}"
        apart = split(record)
        if len(apart) > 1:
            self.notes.add("hsds.phones_split", parent, key, "phones")
        return apart

    def _office(self, key: str, address: dict[str, Any], codes: set[str]) -> None:
        """Give an organisation's own address a location, which HSDS 3 wants."""
        kind = address.get("address_type", "physical")
        self.root(
            "location",
            {
                "id": made_id("office", key, address["id"]),
                "organization_id": key,
                "location_type": kind,
                "addresses": [address],
            },
            set(codes),
            nested=True,
        )


def _stated(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without fields that say nothing; most have none of these."""
    if None not in record.values():
        return record
    return {field: value for field, value in record.items() if value is not None}


def _typed(record: dict[str, Any]) -> set[str]:
    """Give a location one of the types of the specification."""
    said = record.get("location_type")
    if said is None or said in _LOCATION_TYPES:
        return set()
    record["location_type"] = (
        said.casefold() if said.casefold() in _LOCATION_TYPES else "physical"
    )
    return {"flag.private"} if secret_type(said) else set()


def _flagged_by(attribute: dict[str, Any]) -> set[str]:
    """Return what an attribute says that is a flag by its label or its type."""
    for field in ("label", "link_type"):
        if not (said := attribute.get(field)):
            continue
        code = flag_code(normal(said))
        if code and is_flagged(code, attribute.get("value", "yes")):
            return {code.lstrip("!?")} - {"contact.private"}
    return set()
