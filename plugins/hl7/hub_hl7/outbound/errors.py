"""Why a notice cannot become an HL7 v2 message for its recipient."""

from hub.sdk import HubError


class UnmappableError(HubError):
    """A value has a character that the recipient's character set lacks."""

    code = "HL7-201"
    summary = "A value cannot be written in the recipient's character set"
    remedy = "Agree on UNICODE UTF-8 with the recipient and set it as `charset`"


class NoEquivalentError(HubError):
    """The type of event has no message in this format."""

    code = "HL7-202"
    summary = "This format has no message for the type of the event"
    remedy = "Leave the type out of the subscription, or use another format for it"


class NoPriorError(HubError):
    """A repair of numbers that does not say which number was repaired."""

    code = "HL7-203"
    summary = "The event does not say which number it repairs"
    remedy = "Let the recipient's policy permit identifiers, or leave out the type"
