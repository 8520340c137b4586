"""What every element and resource has: strictness, extensions, what is unknown.

A model knows the elements of R4 that are spoken here. Whatever else there is stays
where it is (`model_extra`) and is written again; `unknown_in` says where. A choice
such as ``value[x]`` is one field for each of its types, and at most one is there.
A primitive may have an id and extensions beside it, under its name with a ``_``.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializeAsAny,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from hub_fhir.resources.primitives import Id, Instant, Opaque, Text, Uri

_VALUE_TYPES = """
    Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer
    Markdown Oid PositiveInt String Time UnsignedInt Uri Url Uuid Address Age
    Annotation Attachment CodeableConcept Coding ContactPoint Count Distance Duration
    HumanName Identifier Money Period Quantity Range Ratio Reference SampledData
    Signature Timing ContactDetail Contributor DataRequirement Expression
    ParameterDefinition RelatedArtifact TriggerDefinition UsageContext Dosage Meta
"""
#: The types that ``value[x]`` of an extension can have. Source: R4, section 2.24.0.2.
VALUE_TYPES = frozenset(_VALUE_TYPES.split())


def wire_name(name: str) -> str:
    """Return the name of a field as FHIR writes it; ``class_`` is ``class``."""
    return to_camel(name.rstrip("_"))


class Element(BaseModel):
    """A piece of a resource.

    `required` are the elements that R4 demands, and `choices` those of which at most
    one of several types may be there. Refusals hold names of elements, no values.
    """

    model_config = ConfigDict(
        defer_build=True,
        frozen=True,
        extra="allow",
        strict=True,
        alias_generator=wire_name,
        hide_input_in_errors=True,
    )

    required: ClassVar[tuple[str, ...]] = ()
    choices: ClassVar[tuple[str, ...]] = ()

    id: Text | None = None
    extension: list["Extension"] | None = None
    modifier_extension: list["Extension"] | None = None

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> Self:
        stated = stated_in(self)
        for name in self.required:
            if not _has(stated, name):
                raise PydanticCustomError("fhir_required", "lacks what R4 demands")
        for name in self.choices:
            if sum(1 for _ in _types_of(name, stated)) > 1:
                raise PydanticCustomError("fhir_choice", "has several types of one")
        return self


def stated_in(element: Element) -> frozenset[str]:
    """Return the names of what is there, as FHIR writes them."""
    known = type(element).model_fields
    found = {
        known[name].alias or name for name in element.model_fields_set if name in known
    }
    return frozenset(found | set(element.model_extra or ()))


def _has(stated: frozenset[str], name: str) -> bool:
    """Say whether an element is there, if only as the reason why it is not."""
    if not name.endswith("[x]"):
        return name in stated or f"_{name}" in stated
    return any(True for _ in _types_of(name.removesuffix("[x]"), stated))


def _types_of(name: str, stated: frozenset[str]) -> Iterator[str]:
    kind = re.compile(f"_?({name}[A-Z].*)")
    yield from {found[1] for each in stated if (found := kind.fullmatch(each))}


class Valued(Element):
    """An element with a ``value[x]`` of any type."""

    choices = ("value",)

    @property
    def value(self) -> Any:
        """The value as it stands in the JSON, None where there is none."""
        found = self.model_extra or {}
        names = (f"value{kind}" for kind in VALUE_TYPES)
        return next((found[name] for name in names if name in found), None)


class Extension(Valued):
    """More than R4 has, by a URL that says what it is."""

    required = ("url",)

    url: Text | None = None


class Meta(Element):
    """What a server says of a resource."""

    version_id: Text | None = None
    last_updated: Instant | None = None
    source: Uri | None = None
    profile: list[Uri] | None = None
    security: list[Opaque] | None = None
    tag: list[Opaque] | None = None


class Resource(Element):
    """A resource: an element with a type, which can hold other resources.

    `text` is for people: it is kept, and never shown, run or copied.
    """

    resource_type: str
    id: Id | None = None
    meta: Meta | None = None
    implicit_rules: Uri | None = None
    language: Text | None = None
    text: Opaque | None = None
    contained: list["AnyResource"] | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Make it known which model a type has."""
        super().__pydantic_init_subclass__(**kwargs)
        name = cls.model_fields["resource_type"].default
        if isinstance(name, str):
            MODELS[name] = cls


class OtherResource(Resource):
    """A resource of a type that is not spoken here: kept as it is."""


#: The model of each type that is spoken here.
MODELS: dict[str, type[Resource]] = {}


def _typed(value: Any) -> Any:
    """Return a resource in the model of its type."""
    if not isinstance(value, dict):
        return value
    model = MODELS.get(str(value.get("resourceType")), OtherResource)
    try:
        return model.model_validate(value)
    except ValidationError:
        # Its text would be taken for that of the place, and lose where it was.
        raise PydanticCustomError("fhir_resource", "breaks the rules of R4") from None


AnyResource = Annotated[SerializeAsAny[Resource], BeforeValidator(_typed)]
for each in (Element, Valued, Extension, Meta, Resource, OtherResource):
    each.model_rebuild()


def unknown_in(element: Element) -> Iterator[str]:
    """Yield the name of the model of each element that has something unknown in it."""
    if isinstance(element, OtherResource):
        return
    known = {each.alias for each in type(element).model_fields.values()}
    for name in element.model_extra or ():
        if not _is_known(name, known, element):
            yield type(element).__name__
    for name in type(element).model_fields:
        value = getattr(element, name)
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, Element):
                yield from unknown_in(each)


def _is_known(name: str, known: set[str | None], element: Element) -> bool:
    plain = name.removeprefix("_")
    if isinstance(element, Valued) and plain.startswith("value"):
        return plain.removeprefix("value") in VALUE_TYPES
    return name.startswith("_") and plain in known
