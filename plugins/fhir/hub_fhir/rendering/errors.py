"""Why a notice cannot be told in FHIR."""

from hub.sdk import HubError


class NoEquivalentError(HubError):
    """The type of event has no resources in this format."""

    code = "FHIR-030"
    summary = "This format has no resources for the type of the event"
    remedy = "Leave the type out of the subscription, or use another format for it"
