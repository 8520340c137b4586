"""Who else must stay secret because somebody does (R-DIR-02).

An organisation whose place is secret has secret services, they are at secret locations,
and a location stays secret whoever else is there. What was secret stays so until a
person approves that it is not. What a package leaves out, or says as before, counts as
the hub has it.
"""

from collections import defaultdict
from typing import Any

import msgspec

from hub.coordination.directory.confidential import (
    masked,
    scrubbed,
    secrets_of,
    without_places,
)
from hub.coordination.directory.confidential_words import EARLIER, OWNER, SHARED
from hub.store.directory.against import Against
from hub.store.directory.secrets import SecretReader

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_NONE = "[]"


class Secrecy:
    """Finds out what of a staged package is secret, and masks it."""

    def __init__(self, against: Against, reader: SecretReader) -> None:
        self._against = against
        self._reader = reader
        self._why: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._secrets: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._locations: frozenset[str] = frozenset()
        #: Keys of what is secret only because it was before.
        self.kept: set[str] = set()

    def work(self) -> None:
        """Find out what is secret; stage what became so without being said anew."""
        self._begin()
        for organization in self._of("organization"):
            for service in self._reader.services_of(organization):
                self._add("service", service, OWNER)
        services = self._of("service")
        for service in services:
            for location in self._reader.places_of(service):
                self._add("location", location, SHARED)
        self._locations = frozenset(self._of("location"))
        self._gather(services)
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
        known = self._secrets.get((kind, key), set())
        if why:
            return masked(kind, record, known)
        return scrubbed(record, known) if known else record

    def _begin(self) -> None:
        """Start from what is secret by itself, or was so before."""
        for kind, key, text in self._reader.said():
            self._why[kind, key].update(_decode(text))
        for row in self._reader.before():
            if self._why.get((row.type, row.id)):
                continue
            if not row.staged:
                self._why[row.type, row.id].update(_decode(row.restricted))
            elif not row.released:
                self._why[row.type, row.id].add(EARLIER)
                self.kept.add(row.key)

    def _of(self, kind: str) -> list[str]:
        return [key for (each, key), why in self._why.items() if each == kind and why]

    def _add(self, kind: str, key: str, why: str) -> None:
        self._why[kind, key].add(why)

    def _gather(self, services: list[str]) -> None:
        """Note what gives places away, for all who may say it."""
        for service in services:
            owner = self._reader.owner_of(service)
            for location in self._reader.places_of(service):
                found = self._secrets_at(location)
                self._secrets["service", service] |= found
                self._secrets["organization", owner] |= found
            mine = self._secrets["service", service]
            for location in self._reader.places_of(service):
                self._secrets["location", location] |= mine
        for service, location in self._reader.staged_at(self._locations):
            self._secrets["service", service] |= self._secrets_at(location)

    def _secrets_at(self, location: str) -> frozenset[str]:
        body = self._reader.staged("location", location)
        body = body or self._against.record_of("location", location)
        return secrets_of(_decode(body)) if body else frozenset()

    def _fetch(self) -> None:
        """Stage what is secret now and was said as before, to be masked."""
        wanted = {each for each, why in self._why.items() if why}
        wanted |= {each for each, known in self._secrets.items() if known}
        if self._locations:
            places = self._locations
            wanted |= {("service", key) for key in self._reader.services_at(places)}
        for kind, key in sorted(wanted):
            if self._reader.staged(kind, key) is not None:
                continue
            if self._against.restricted_of(kind, key) != _NONE:
                continue  # it is masked already
            body = self._against.record_of(kind, key)
            if body is not None:
                self._reader.stage(kind, key, body)
