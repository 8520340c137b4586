"""Who else must stay secret because somebody does (R-DIR-02).

An organisation whose place is secret has secret services, they are at secret locations,
and a location stays secret whoever else is there. What was secret stays so until a
person approves that it is not. What a package leaves out, or says as before, counts as
the hub has it.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from hub.coordination.directory.confidential import (
    masked,
    scrubbed,
    secrets_of,
    terms_of,
    without_places,
)
from hub.coordination.directory.confidential_words import (
    EARLIER,
    ELSEWHERE,
    OWNER,
    SHARED,
    TERM,
)
from hub.coordination.directory.names import folded
from hub.runtime.directory.carrying import secret_elsewhere
from hub.store.directory.against import Against
from hub.store.directory.secrets import Before, SecretReader

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_NONE = "[]"
#: With more secret places an organisation is one for all, and who else belongs to it
#: knows nothing of them.
MOST_NEAR = 50


class Secrecy:
    """Finds out what of a staged package is secret, and masks it."""

    def __init__(self, feed: str, against: Against, reader: SecretReader) -> None:
        self._feed = feed
        self._against = against
        self._reader = reader
        self._why: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._secrets: dict[tuple[str, str], frozenset[str]] = {}
        #: Near to a place of which the hub does not know what gives it away.
        self._unsure: set[tuple[str, str]] = set()
        self._fetched: set[tuple[str, str]] = set()
        self._locations: frozenset[str] = frozenset()
        self._at: dict[str, frozenset[str]] = {}
        #: Keys of what is secret only because it was before.
        self.kept: set[str] = set()
        #: Types and ids of what is secret only because another feed says so.
        self.carried: list[tuple[str, str]] = []

    def work(self) -> None:
        """Find out what is secret; stage what became so without being said anew."""
        for kind, key, text in self._reader.said():
            self._why[kind, key].update(_decode(text))
        self._by_terms()
        self._carry()
        self._spread()
        self._remember()
        self._spread()
        self._locations = frozenset(self._of("location"))
        self._gather()
        self._fetch()

    def why(self, kind: str, key: str, own: list[str]) -> list[str]:
        """Return why an object is secret, with what is said of itself."""
        return sorted({*own, *self._why.get((kind, key), ())})

    def mask(
        self, kind: str, key: str, record: dict[str, Any], why: list[str]
    ) -> dict[str, Any]:
        """Return a record without what it must not say."""
        if self._locations and kind == "service":
            record = without_places(record, self._locations)
        known = self._secrets.get((kind, key), frozenset())
        if why:
            return masked(kind, record, known)
        unsure = (kind, key) in self._unsure and (kind, key) not in self._fetched
        return scrubbed(record, known, unsure=unsure) if known or unsure else record

    def _carry(self) -> None:
        """Hide what other feeds hide, where both say the same."""
        for kind, key in secret_elsewhere(self._feed, self._reader):
            if not self._why.get((kind, key)):
                self._add(kind, key, ELSEWHERE)
                self.carried.append((kind, key))

    def _spread(self) -> None:
        """Hide what belongs to what is secret, and where that is."""
        for organization in self._of("organization"):
            for service in self._reader.services_of(organization):
                self._add("service", service, OWNER)
            for location in self._reader.offices_of(organization):
                self._add("location", location, OWNER)
        for service in self._of("service"):
            for location in self._reader.places_of(service):
                self._add("location", location, SHARED)

    def _remember(self) -> None:
        """Let what was secret be so still, where nothing else makes it so."""
        lost = []
        for row in self._reader.before():
            if self._why.get((row.type, row.id)):
                continue
            if not row.staged:
                self._why[row.type, row.id].update(_decode(row.restricted))
                lost += [] if row.there else [row]
            elif not row.released:
                self._why[row.type, row.id].add(EARLIER)
                self.kept.add(row.key)
        self._find_again(lost)

    def _find_again(self, lost: list[Before]) -> None:
        """Let what is secret be so too where it comes with another id."""
        known = {(row.type, folded(row.name), folded(row.owner)): row for row in lost}
        for kind in {row.type for row in lost if row.name} & {
            "organization",
            "service",
        }:
            for key, name, owner in self._reader.names(kind):
                row = known.get((kind, folded(name), folded(self._name_of(owner))))
                if row is not None and folded(name) and not self._why.get((kind, key)):
                    self._why[kind, key].add(EARLIER)
                    self.kept.add(row.key)

    def _name_of(self, organization: str) -> str:
        if not organization:
            return ""
        body = self._reader.staged("organization", organization)
        name = _decode(body).get("name") if body else None
        if isinstance(name, str):
            return name
        return self._against.name_of("organization", organization)

    def _by_terms(self) -> None:
        """Hide what has a term that hides it only now, as far as it is not said anew.

        What is said anew was looked at when it was taken in.
        """
        terms = set(self._of("taxonomy_term")) - self._against.secret_terms()
        if not terms:
            return
        for kind, key, body in self._reader.known_records():
            if not terms.isdisjoint(terms_of(_decode(body))):
                self._why[kind, key].add(TERM)

    def _of(self, kind: str) -> list[str]:
        return [key for (each, key), why in self._why.items() if each == kind and why]

    def _add(self, kind: str, key: str, why: str) -> None:
        self._why[kind, key].add(why)

    def _gather(self) -> None:
        """Note what gives places away, for all who may say it."""
        near: dict[str, set[str]] = defaultdict(set)
        at: dict[str, set[str]] = defaultdict(set)
        for service, location in self._offered():
            at[service].add(location)
            near[self._reader.owner_of(service)].add(location)
        for location in self._locations:
            self._tell("location", {location}, {location})
            near[self._office(location)].add(location)
        near.pop("", None)
        for service, places in at.items():
            self._tell("service", {service}, places)
        for organization, places in near.items():
            self._tell("organization", {organization}, places)
            self._tell("location", places, places)
            if len(places) <= MOST_NEAR:
                services = set(self._reader.services_of(organization))
                self._tell("service", services, places)

    def _offered(self) -> Iterator[tuple[str, str]]:
        """Yield services at secret locations, with these."""
        staged = self._reader.staged_at(self._locations)
        anew = {service for service, _ in staged}
        yield from staged
        for service, location in self._reader.services_at(self._locations):
            if service not in anew:
                yield service, location

    def _office(self, location: str) -> str:
        """Return the organisation that a location says it is of."""
        body = self._reader.staged("location", location)
        body = body or self._against.record_of("location", location)
        owner = _decode(body).get("organization_id") if body else ""
        return owner if isinstance(owner, str) else ""

    def _tell(self, kind: str, keys: set[str], places: set[str]) -> None:
        """Note what gives places away, for those who may say it."""
        each = [self._secrets_at(place) for place in sorted(places)]
        found = frozenset[str]().union(*each)
        for key in keys:
            before = self._secrets.get((kind, key), frozenset())
            self._secrets[kind, key] = found if before <= found else before | found
        if not all(each):
            self._unsure.update((kind, key) for key in keys)

    def _secrets_at(self, location: str) -> frozenset[str]:
        found = self._at.get(location)
        if found is None:
            found = self._at[location] = self._read_secrets(location)
        return found

    def _read_secrets(self, location: str) -> frozenset[str]:
        body = self._reader.staged("location", location)
        body = body or self._against.record_of("location", location)
        return secrets_of(_decode(body)) if body else frozenset()

    def _fetch(self) -> None:
        """Stage what is secret now and was said as before, to be masked."""
        wanted = {each for each, why in self._why.items() if why}
        wanted |= {each for each, known in self._secrets.items() if known}
        if self._locations:
            places = self._locations
            wanted |= {("service", key) for key, _ in self._reader.services_at(places)}
        for kind, key in sorted(wanted):
            if self._reader.staged(kind, key) is not None:
                continue
            if self._against.restricted_of(kind, key) != _NONE:
                continue  # it is masked already
            body = self._against.record_of(kind, key)
            if body is not None:
                self._reader.stage(kind, key, body)
                self._fetched.add((kind, key))
