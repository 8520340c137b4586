"""Which referral a resource is about, when it was said, and by whom it was sent."""

from typing import NamedTuple

from hub.sdk import FuzzyTime, Identifier, RecordKey
from hub_fhir.reading.errors import NoReferralNumberError, NoTimeError
from hub_fhir.reading.gathered import Gathered, kind_and_id
from hub_fhir.reading.numbers import identifier_of, type_of
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.times import not_later, read_time
from hub_fhir.rendering.data.systems import PARTY
from hub_fhir.resources.datatypes import Identifier as Number
from hub_fhir.resources.datatypes import Reference
from hub_fhir.resources.element import Resource
from hub_fhir.resources.messaging import Bundle
from hub_fhir.resources.requests import ServiceRequest, Task

_URN = "urn:uuid:"
#: Whose every value names itself. Source: RFC 3986.
_SELF_NAMED = "urn:ietf:rfc:3986"


class Context(NamedTuple):
    """What came together, and what is known of the feed."""

    gathered: Gathered
    profile: FhirProfile
    warnings: set[str]

    @property
    def party(self) -> str:
        """The configured partner that sent this, "" where nobody said."""
        if self.profile.party:
            return self.profile.party
        meta = self.gathered.root.meta
        tags = (meta.tag if meta else None) or ()
        codes = (each.get("code") for each in tags if each.get("system") == PARTY)
        return next((code for code in codes if isinstance(code, str)), "")

    @property
    def sent(self) -> FuzzyTime | None:
        """When the bundle was made."""
        root = self.gathered.root
        return read_time(root.timestamp if isinstance(root, Bundle) else None)


def number_in(listed: list[Number] | None, kind: str) -> Number | None:
    """Return the number of a type, None where there is none."""
    return next((each for each in listed or () if type_of(each) == kind), None)


def record_number(resource: Resource, context: Context, kind: str) -> Identifier:
    """Return how a resource is numbered: by an identifier, else on its server.

    An id that no server is known for is known in its feed only. Raises
    NoReferralNumberError.
    """
    listed: list[Number] = getattr(resource, "identifier", None) or []
    placer = number_in(listed, "PLAC")
    others = [each for each in listed if type_of(each) != "FILL"]
    for each in [placer, *others]:
        if found := identifier_of(each, context.profile):
            return Identifier(found.system, found.value)
    url = context.gathered.url_of(resource)
    local = _on_server(url, context) or _on_server(
        f"{kind}/{resource.id}" if resource.id else "", context
    )
    if local:
        return local
    if url.startswith(_URN):
        return Identifier(_SELF_NAMED, url)
    raise NoReferralNumberError(kind)


def _on_server(text: str | None, context: Context) -> Identifier | None:
    base, kind, identity = kind_and_id(text)
    if not identity:
        return None
    server = base or context.profile.base_url
    if not server:
        context.warnings.add("number.of_feed_only")
    return Identifier(f"{server}/{kind}" if server else "", identity)


def request_key(request: ServiceRequest, context: Context) -> RecordKey:
    """Return the record that a request is. Raises NoReferralNumberError."""
    found = record_number(request, context, "ServiceRequest")
    return RecordKey("referral", found.system, found.value)


def request_of(task: Task, context: Context) -> ServiceRequest | None:
    """Return the request that a task is about, None where it did not come along."""
    for each in (task.focus, *(task.based_on or ())):
        found = context.gathered.find_as(ServiceRequest, each, task)
        if found is not None:
            return found
    return None


def task_key(task: Task, context: Context) -> RecordKey:
    """Return the record that a task is about. Raises NoReferralNumberError.

    A number in the focus decides: it is by which the requester knows the referral.
    """
    references = [each for each in (task.focus, *(task.based_on or ())) if each]
    for each in references:
        if found := identifier_of(each.identifier, context.profile):
            return RecordKey("referral", found.system, found.value)
    request = request_of(task, context)
    if request is not None:
        return request_key(request, context)
    for each in references:
        if found := _referred_to(each, context):
            return RecordKey("referral", found.system, found.value)
    placer = identifier_of(number_in(task.identifier, "PLAC"), context.profile)
    if placer:
        return RecordKey("referral", placer.system, placer.value)
    raise NoReferralNumberError("Task")


def _referred_to(reference: Reference, context: Context) -> Identifier | None:
    found = _on_server(reference.reference, context)
    kind = kind_and_id(reference.reference)[1]
    return found if kind == "ServiceRequest" else None


class When(NamedTuple):
    """When something was said, and when it happened."""

    recorded: FuzzyTime
    occurred: FuzzyTime


def when(
    context: Context,
    resource: Resource,
    *stated: str | None,
    otherwise: str | None = None,
) -> When:
    """Return when a resource was written, and the first of `stated` that is a time.

    What is stated to have happened later than it was written did not. `otherwise` is
    a time at which it was there already, where nobody says anything else. Raises
    NoTimeError.
    """
    zone = context.profile.time_zone
    happened = [found for each in stated if (found := read_time(each, zone))]
    meta = resource.meta
    written = read_time(meta.last_updated if meta else None, zone)
    recorded = written or context.sent or (happened[0] if happened else None)
    recorded = recorded or read_time(otherwise, zone)
    if recorded is None:
        raise NoTimeError(resource.resource_type)
    if not (written or context.sent):
        context.warnings.add("time.recorded_assumed")
    occurred = next((each for each in happened if not_later(each, recorded)), recorded)
    return When(recorded, occurred)
