"""What resources travel in, and how servers speak of themselves.

Source: R4, sections 2.36 (Bundle), 2.30 (MessageHeader), 2.29 (OperationOutcome), 2.28
(CapabilityStatement), 2.46 (Subscription) and 2.43 (Parameters).
"""

from typing import Literal

from hub_fhir.resources.datatypes import (
    CodeableConcept,
    Coding,
    ContactDetail,
    ContactPoint,
    Identifier,
    Reference,
)
from hub_fhir.resources.element import AnyResource, Element, Resource, Valued
from hub_fhir.resources.primitives import (
    DateTime,
    Decimals,
    Instant,
    Opaque,
    Text,
    Unsigned,
    Uri,
)


class Link(Element):
    """Another page of a list, by what it is to this one."""

    required = ("relation", "url")

    relation: Text | None = None
    url: Uri | None = None


class Search(Element):
    """Why something is among what was found."""

    mode: Literal["match", "include", "outcome"] | None = None
    score: Decimals | None = None


class Request(Element):
    """What is to be done with a resource."""

    required = ("method", "url")

    method: Literal["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"] | None = None
    url: Uri | None = None
    if_none_match: Text | None = None
    if_modified_since: Instant | None = None
    if_match: Text | None = None
    if_none_exist: Text | None = None


class Response(Element):
    """What was done with a resource."""

    required = ("status",)

    status: Text | None = None
    location: Uri | None = None
    etag: Text | None = None
    last_modified: Instant | None = None
    outcome: AnyResource | None = None


class Entry(Element):
    """One resource of a bundle, and what it is there for."""

    link: list[Link] | None = None
    full_url: Uri | None = None
    resource: AnyResource | None = None
    search: Search | None = None
    request: Request | None = None
    response: Response | None = None


BundleType = Literal[
    "document",
    "message",
    "transaction",
    "transaction-response",
    "batch",
    "batch-response",
    "history",
    "searchset",
    "collection",
]


class Bundle(Resource):
    """Resources that travel together."""

    required = ("type",)

    resource_type: Literal["Bundle"] = "Bundle"
    identifier: Identifier | None = None
    type: BundleType | None = None
    timestamp: Instant | None = None
    total: Unsigned | None = None
    link: list[Link] | None = None
    entry: list[Entry] | None = None
    signature: Opaque | None = None


class MessageDestination(Element):
    """Where a message goes."""

    required = ("endpoint",)

    name: Text | None = None
    target: Reference | None = None
    endpoint: Uri | None = None
    receiver: Reference | None = None


class MessageSource(Element):
    """Where a message comes from."""

    required = ("endpoint",)

    name: Text | None = None
    software: Text | None = None
    version: Text | None = None
    contact: ContactPoint | None = None
    endpoint: Uri | None = None


class MessageHeader(Resource):
    """What a message is about."""

    required = ("event[x]", "source")
    choices = ("event",)

    resource_type: Literal["MessageHeader"] = "MessageHeader"
    event_coding: Coding | None = None
    event_uri: Uri | None = None
    destination: list[MessageDestination] | None = None
    sender: Reference | None = None
    enterer: Reference | None = None
    author: Reference | None = None
    source: MessageSource | None = None
    responsible: Reference | None = None
    reason: CodeableConcept | None = None
    response: Opaque | None = None
    focus: list[Reference] | None = None
    definition: Uri | None = None


class Issue(Element):
    """One thing that is wrong or worth knowing."""

    required = ("severity", "code")

    severity: Literal["fatal", "error", "warning", "information"] | None = None
    code: Text | None = None
    details: CodeableConcept | None = None
    diagnostics: Text | None = None
    location: list[Text] | None = None
    expression: list[Text] | None = None


class OperationOutcome(Resource):
    """What a server says of a request."""

    required = ("issue",)

    resource_type: Literal["OperationOutcome"] = "OperationOutcome"
    issue: list[Issue] | None = None


class Channel(Element):
    """Where and how a subscriber is told."""

    required = ("type",)

    type: Literal["rest-hook", "websocket", "email", "sms", "message"] | None = None
    endpoint: Uri | None = None
    payload: Text | None = None
    header: list[Text] | None = None


class Subscription(Resource):
    """That somebody wants to be told."""

    required = ("status", "reason", "criteria", "channel")

    resource_type: Literal["Subscription"] = "Subscription"
    status: Literal["requested", "active", "error", "off"] | None = None
    contact: list[ContactPoint] | None = None
    end: Instant | None = None
    reason: Text | None = None
    criteria: Text | None = None
    error: Text | None = None
    channel: Channel | None = None


class Parameter(Valued):
    """What an operation is given, or gives."""

    required = ("name",)

    name: Text | None = None
    resource: AnyResource | None = None
    part: list["Parameter"] | None = None


class Parameters(Resource):
    """What an operation is given, or gives."""

    resource_type: Literal["Parameters"] = "Parameters"
    parameter: list[Parameter] | None = None


class CapabilityStatement(Resource):
    """What a server can do."""

    required = ("status", "date", "kind", "fhirVersion", "format")

    resource_type: Literal["CapabilityStatement"] = "CapabilityStatement"
    url: Uri | None = None
    version: Text | None = None
    name: Text | None = None
    title: Text | None = None
    status: Literal["draft", "active", "retired", "unknown"] | None = None
    experimental: bool | None = None
    date: DateTime | None = None
    publisher: Text | None = None
    contact: list[ContactDetail] | None = None
    description: Text | None = None
    use_context: list[Opaque] | None = None
    jurisdiction: list[CodeableConcept] | None = None
    purpose: Text | None = None
    copyright: Text | None = None
    kind: Literal["instance", "capability", "requirements"] | None = None
    instantiates: list[Uri] | None = None
    imports: list[Uri] | None = None
    software: Opaque | None = None
    implementation: Opaque | None = None
    fhir_version: Literal["4.0.0", "4.0.1"] | None = None
    format: list[Text] | None = None
    patch_format: list[Text] | None = None
    implementation_guide: list[Uri] | None = None
    rest: list[Opaque] | None = None
    messaging: list[Opaque] | None = None
    document: list[Opaque] | None = None
