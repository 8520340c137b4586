"""One notice on its way to becoming resources: options, places, and what both imply."""

from functools import cached_property
from typing import Any

from hub.sdk import CareEvent, Notice
from hub_fhir.rendering.data.systems import ACT_CODES, CONFIDENTIALITY
from hub_fhir.rendering.options import FhirOptions
from hub_fhir.rendering.payloads import at, coded, instant, moment, stated
from hub_fhir.rendering.pieces import Piece
from hub_fhir.rendering.places import Bundled, Places, entry

#: How confidential everything is about which nobody says more.
_NORMAL = {"system": CONFIDENTIALITY, "code": "N"}


class Telling:
    """A notice, the options of its recipient, and the resources made of both."""

    def __init__(
        self, notice: Notice, options: FhirOptions, places: Places | None = None
    ) -> None:
        self.notice = notice
        self.options = options
        self.places = places or Bundled(f"{notice.hub}/{notice.destination}")
        self.entries: dict[tuple[str, str], Piece] = {}

    @property
    def event(self) -> CareEvent:
        """The event that the notice is about."""
        return self.notice.event

    @property
    def payload(self) -> dict[str, Any]:
        """What the event says, three-valued."""
        return self.notice.event.payload

    @cached_property
    def name(self) -> str:
        """The part of the event's type after the dot."""
        return self.event.type.partition(".")[2]

    @property
    def systems(self) -> dict[str, str]:
        """Addresses of those who assign numbers."""
        return self.options.systems

    def said(self, *path: str) -> Any:
        """Return what the payload has at `path`, "" where it has nothing."""
        return at(self.payload, *path)

    def moment(self, value: Any) -> str:
        """Return a time as the recipient reads it."""
        return moment(value, self.options.time_zone)

    @property
    def occurred(self) -> str:
        """When it happened; where nobody said, when it was told."""
        return self.moment(self.event.times.occurred or "") or self.emitted

    @property
    def emitted(self) -> str:
        """When the hub told it, as an instant."""
        return instant(self.event.times.emitted)

    def add(self, kind: str, key: str, resource: Piece) -> str:
        """Put a resource among the entries, once; return what refers to it."""
        if (kind, key) not in self.entries:
            identity = self.places.id(kind, key)
            whole = stated(resourceType=kind, id=identity, **resource)
            self.entries[kind, key] = entry(self.places, kind, key, whole)
        return self.places.reference(kind, key)

    def meta(self, *profiles: str) -> Piece:
        """Return metadata: the profiles that are kept, and how confidential it is."""
        return stated(profile=self._named(profiles), security=self._labels())

    def _named(self, profiles: tuple[str, ...]) -> list[str]:
        if not self.options.profiles:
            return []
        version = self.options.profile_version
        return [f"{url}|{version}" if version else url for url in profiles if url]

    def _labels(self) -> list[Piece]:
        labels = self.event.labels
        marked = [(CONFIDENTIALITY, labels.confidentiality)]
        marked += [(ACT_CODES, code) for code in labels.sensitivity + labels.handling]
        found = [
            {"system": system, "code": code}
            for system, each in marked
            if (code := coded(each))
        ]
        return found if found != [_NORMAL] else []
