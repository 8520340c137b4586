"""Complex types of FHIR R4 that resources here are made of. Source: R4, 2.24."""

from typing import Literal

from hub_fhir.resources.element import Element
from hub_fhir.resources.primitives import (
    DateTime,
    Decimals,
    Positive,
    Text,
    Texts,
    Unsigned,
    Uri,
)


class Period(Element):
    """From when to when; either end may be open."""

    start: DateTime | None = None
    end: DateTime | None = None


class Coding(Element):
    """A code of a code system."""

    system: Uri | None = None
    version: Text | None = None
    code: Text | None = None
    display: Text | None = None
    user_selected: bool | None = None


class CodeableConcept(Element):
    """A concept: codes that mean the same, and words for a person."""

    coding: list[Coding] | None = None
    text: Text | None = None


class Quantity(Element):
    """A measured amount."""

    value: Decimals | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: Text | None = None
    system: Uri | None = None
    code: Text | None = None


class Range(Element):
    """A set of amounts between two."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element):
    """An amount for each of another."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Identifier(Element):
    """A number, and who gave it."""

    use: Literal["usual", "official", "temp", "secondary", "old"] | None = None
    type: CodeableConcept | None = None
    system: Uri | None = None
    value: Text | None = None
    period: Period | None = None
    assigner: "Reference | None" = None


class Reference(Element):
    """Another resource: where it is, or how it is numbered."""

    reference: Text | None = None
    type: Uri | None = None
    identifier: Identifier | None = None
    display: Text | None = None


class HumanName(Element):
    """What somebody is called."""

    use: (
        Literal["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"]
        | None
    ) = None
    text: Text | None = None
    family: Text | None = None
    given: Texts | None = None
    prefix: Texts | None = None
    suffix: Texts | None = None
    period: Period | None = None


class ContactPoint(Element):
    """How somebody is reached."""

    system: Literal["phone", "fax", "email", "pager", "url", "sms", "other"] | None = (
        None
    )
    value: Text | None = None
    use: Literal["home", "work", "temp", "old", "mobile"] | None = None
    rank: Positive | None = None
    period: Period | None = None


class Address(Element):
    """Where somebody or something is."""

    use: Literal["home", "work", "temp", "old", "billing"] | None = None
    type: Literal["postal", "physical", "both"] | None = None
    text: Text | None = None
    line: Texts | None = None
    city: Text | None = None
    district: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None
    period: Period | None = None


class Annotation(Element):
    """A note, who wrote it and when."""

    required = ("text",)
    choices = ("author",)

    author_reference: Reference | None = None
    author_string: Text | None = None
    time: DateTime | None = None
    text: Text | None = None


class Attachment(Element):
    """Content of another format. A URL in it is never followed."""

    content_type: Text | None = None
    language: Text | None = None
    data: Text | None = None
    url: Text | None = None
    size: Unsigned | None = None
    hash: Text | None = None
    title: Text | None = None
    creation: DateTime | None = None


class ContactDetail(Element):
    """Who is to be asked about something that was published."""

    name: Text | None = None
    telecom: list[ContactPoint] | None = None


class Communication(Element):
    """A language that somebody speaks."""

    required = ("language",)

    language: CodeableConcept | None = None
    preferred: bool | None = None
