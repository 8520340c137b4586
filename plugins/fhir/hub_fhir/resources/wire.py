"""Resources between their models and JSON.

`read_resource` is for what others sent: it keeps what it does not know, and refuses
what must not be taken for understood. `built` is for what is made here: it refuses
what is unknown too. Source: R4, sections 2.6.2 (JSON) and 2.24.0.4 (modifiers).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError

from hub_fhir.reading.errors import (
    InvalidResourceError,
    NotResourceError,
    UnknownModifierError,
)
from hub_fhir.resources import (
    clinical,
    messaging,
    people,
    places,
    requests,
    visits,
)
from hub_fhir.resources.element import (
    MODELS,
    Element,
    OtherResource,
    Resource,
    unknown_in,
)
from hub_fhir.resources.kinds import R4_TYPES

MEDIA_TYPE = "application/fhir+json"
#: Whose importing has filled `MODELS`.
SPOKEN = (clinical, messaging, people, places, requests, visits)
_MOST_PLACES = 5
_encode = msgspec.json.Encoder(decimal_format="number").encode
_MODIFIERS = ("modifierExtension", "implicitRules")


class Read(NamedTuple):
    """A resource, and the models of its elements that hold something unknown."""

    resource: Resource
    unknown: tuple[str, ...] = ()


def read_resource(tree: Any) -> Read:
    """Return the resource that `tree` is, as `read_json` returns it.

    Of a bundle each entry is one too. A resource of a type that is not spoken here is
    kept as it is. Raises NotResourceError, InvalidResourceError and
    UnknownModifierError.
    """
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    if not isinstance(kind, str) or kind not in R4_TYPES:
        raise NotResourceError
    if modifiers := sorted(set(_modified(tree))):
        raise UnknownModifierError(", ".join(modifiers[:_MOST_PLACES]))
    try:
        resource = MODELS.get(kind, OtherResource).model_validate(tree)
    except ValidationError as error:
        raise InvalidResourceError(", ".join(_places(kind, error))) from None
    return Read(resource, tuple(sorted(set(unknown_in(resource)))))


def _modified(tree: Any) -> Iterator[str]:
    """Yield the type of each resource of ours in which a modifier stands."""
    if isinstance(tree, list):
        for each in tree:
            yield from _modified(each)
    if not isinstance(tree, dict):
        return
    kind = tree.get("resourceType")
    if isinstance(kind, str) and kind not in MODELS:
        return  # nobody takes it for understood
    if any(name in tree for name in _MODIFIERS):
        yield kind if isinstance(kind, str) else "element"
    for name, value in tree.items():
        # Consents and the like are for reference, and their rules are not applied.
        if name not in _MODIFIERS:
            yield from _modified(value)


def _places(kind: str, error: ValidationError) -> list[str]:
    """Return where the rules are broken; what a sender made up is not quoted."""
    found: dict[str, None] = {}
    for each in error.errors(include_input=False, include_url=False):
        known = [str(step) for step in each["loc"] if _is_name(step)]
        found[".".join([kind, *known])] = None
    places = list(found)
    more = len(places) - _MOST_PLACES
    return places[:_MOST_PLACES] + ([f"and {more} more"] if more > 0 else [])


def _is_name(step: int | str) -> bool:
    return isinstance(step, int) or step in _names()


def _names() -> frozenset[str]:
    if not _NAMES:
        _NAMES.append(frozenset(_all_names(Element)))
    return _NAMES[0]


_NAMES: list[frozenset[str]] = []


def _all_names(model: type[Element]) -> Iterator[str]:
    for each in model.model_fields.values():
        yield each.alias or ""
    for heir in model.__subclasses__():
        yield from _all_names(heir)


def built(tree: dict[str, Any]) -> Resource:
    """Return what was made here as a resource.

    Raises ValueError, a mistake of ours, where R4 does not know it.
    """
    model = MODELS[tree["resourceType"]]
    try:
        resource = model.model_validate(tree)
    except ValidationError as error:
        places = _places(tree["resourceType"], error)
        raise ValueError(f"R4 forbids {', '.join(places)}") from None
    if unknown := sorted(set(unknown_in(resource))):
        raise ValueError(f"R4 does not know what is in {', '.join(unknown)}")
    return resource


def tree_of(resource: Element) -> dict[str, Any]:
    """Return a resource as it stands in JSON: nothing is lost and nothing added."""
    return resource.model_dump(by_alias=True, exclude_unset=True)


def write(value: Resource | dict[str, Any]) -> bytes:
    """Return a resource as JSON in UTF-8. Decimals have the digits that they had."""
    tree = tree_of(value) if isinstance(value, Resource) else value
    return _encode(tree)
