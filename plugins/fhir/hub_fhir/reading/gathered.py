"""The resources of one message, and where their references lead.

Only what came along is found, by its full URL, by its type and id, or because it is
contained. Nothing is ever fetched. Source: R4, sections 2.3.0 and 2.36.4.1.
"""

import re
from collections.abc import Iterator
from typing import TypeVar

from hub_fhir.resources.datatypes import Reference
from hub_fhir.resources.element import Resource
from hub_fhir.resources.messaging import Bundle

_VERSION = re.compile(r"/_history/[^/]+$")
_RELATIVE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})$", re.ASCII)
R = TypeVar("R", bound=Resource)


class Gathered:
    """Resources that came together."""

    def __init__(self, resource: Resource) -> None:
        self.root = resource
        self._listed: list[tuple[str, Resource]] = []
        self._urls: dict[str, Resource] = {}
        self._ids: dict[str, Resource] = {}
        self._copies = {id(each) for each in _created_where_missing(resource)}
        for url, each in _entries_of(resource):
            self._listed.append((url, each))
            if url:
                self._urls.setdefault(url, each)
            if each.id:
                self._ids.setdefault(f"{each.resource_type}/{each.id}", each)

    def is_copy(self, resource: Resource) -> bool:
        """Say whether a resource only came to be created where there is none yet.

        Whoever has it already is told nothing by it. Source: R4, 3.1.0.8.1.
        """
        return id(resource) in self._copies

    def all(self, kind: type[R]) -> list[R]:
        """Return the resources of a type, in their order, without contained ones."""
        return [each for _, each in self._listed if isinstance(each, kind)]

    def kinds(self) -> list[str]:
        """Return the types of the resources, each once, sorted."""
        return sorted({each.resource_type for _, each in self._listed})

    def url_of(self, resource: Resource) -> str:
        """Return the full URL of a resource, "" where it has none."""
        return next((url for url, each in self._listed if each is resource), "")

    def find(self, reference: Reference | None, within: Resource) -> Resource | None:
        """Return what `reference` in `within` leads to, None where it is not here."""
        text = reference.reference if reference else None
        if not text:
            return None
        if text.startswith("#"):
            inside = within.contained or ()
            return next((each for each in inside if each.id == text[1:]), None)
        plain = _VERSION.sub("", text)
        if found := self._urls.get(plain):
            return found
        relative = _RELATIVE.search(plain)
        # Another server's resource may have the same id as one that is here.
        if relative is None or not self._may_mean(plain, relative[1]):
            return None
        return self._ids.get(relative[1])

    def find_as(
        self, kind: type[R], reference: Reference | None, within: Resource
    ) -> R | None:
        """Return what `reference` leads to, None where that is of another type."""
        found = self.find(reference, within)
        return found if isinstance(found, kind) else None

    def _may_mean(self, text: str, relative: str) -> bool:
        if text == relative:
            return True
        target = self._ids.get(relative)
        url = self.url_of(target) if target else ""
        return url in {"", text}


def _entries_of(resource: Resource) -> Iterator[tuple[str, Resource]]:
    if not isinstance(resource, Bundle):
        yield "", resource
        return
    for each in resource.entry or ():
        if each.resource is not None:
            yield _VERSION.sub("", each.full_url or ""), each.resource


def _created_where_missing(resource: Resource) -> Iterator[Resource]:
    entries = resource.entry if isinstance(resource, Bundle) else None
    for each in entries or ():
        if each.resource is not None and each.request and each.request.if_none_exist:
            yield each.resource


def kind_and_id(text: str | None) -> tuple[str, str, str]:
    """Return the base, the type and the id of what a reference says, each "" if none.

    ``http://a/fhir/Task/7/_history/2`` is ``("http://a/fhir", "Task", "7")``.
    """
    plain = _VERSION.sub("", text or "")
    found = _RELATIVE.search(plain)
    if not found:
        return "", "", ""
    kind, _, identity = found[1].partition("/")
    return plain[: found.start(1)].rstrip("/"), kind, identity
