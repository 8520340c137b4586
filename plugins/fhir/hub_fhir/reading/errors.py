"""Why what somebody sent in FHIR cannot be used. No detail quotes what was sent."""

from hub.sdk import HubError


class NotJsonError(HubError):
    """The body is no JSON, or not in UTF-8, or has something behind it."""

    code = "FHIR-001"
    summary = "The body is not one JSON value in UTF-8"
    remedy = "Ask the partner for application/fhir+json without anything around it"


class DuplicateKeyError(HubError):
    """An object has the same key twice, and readers differ in which one holds."""

    code = "FHIR-002"
    summary = "An object in the body has the same key twice"
    remedy = "Ask the partner to send each element once, repeated ones as a list"


class BadNumberError(HubError):
    """A number is none, or so large that readers disagree about it."""

    code = "FHIR-003"
    summary = "The body has a number that FHIR does not know"
    remedy = "Ask the partner to leave out NaN, infinities and numbers without bounds"


class TooDeepError(HubError):
    """The body is nested deeper than any resource is."""

    code = "FHIR-004"
    summary = "The body is nested too deep"
    remedy = "Look at the body by hand; no resource of FHIR is nested like this"


class BadTextError(HubError):
    """A text holds what is no character of a text."""

    code = "FHIR-005"
    summary = "A text in the body has control characters or half a character"
    remedy = "Ask the partner to send texts in valid Unicode, without controls"


class NotResourceError(HubError):
    """The body says no type of resource, or one that R4 does not have."""

    code = "FHIR-006"
    summary = "The body is no resource of FHIR R4"
    remedy = "Check that the partner sends R4 (4.0.1), not another version"


class InvalidResourceError(HubError):
    """A resource breaks the rules of R4; the detail names the elements."""

    code = "FHIR-007"
    summary = "A resource breaks the rules of FHIR R4"
    remedy = "Have the partner correct the named elements, and replay the message"


class UnknownModifierError(HubError):
    """An element says that the rest does not mean what it seems to mean."""

    code = "FHIR-008"
    summary = "A resource has a modifier that is not known here"
    remedy = "Read the resource by hand: what it says may be turned into its contrary"


class BadBundleError(HubError):
    """A bundle contradicts itself."""

    code = "FHIR-009"
    summary = "The entries of a bundle contradict each other"
    remedy = "Ask the partner for a bundle with one entry for each full URL, not nested"


class NoReferralNumberError(HubError):
    """Nothing says which referral a task or a request is about."""

    code = "FHIR-010"
    summary = "A task or request does not say which referral it is about"
    remedy = "Ask for an identifier, or a focus that is in the bundle or has one"


class NoTimeError(HubError):
    """Nothing says when it was said."""

    code = "FHIR-011"
    summary = "A resource does not say when it was written"
    remedy = "Ask the partner for meta.lastUpdated, authoredOn or lastModified"


class NoPatientError(HubError):
    """A request does not say for whom it is."""

    code = "FHIR-012"
    summary = "A resource does not say whom it is about"
    remedy = "Ask for the patient in the bundle, or for a reference with an identifier"
