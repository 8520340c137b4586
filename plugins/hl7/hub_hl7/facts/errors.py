"""Why a message cannot become facts. Framing has its own errors in `mllp`."""

from hub.sdk import HubError


class NotHl7Error(HubError):
    """What arrived does not start with an HL7 v2 header."""

    code = "HL7-001"
    summary = "The message does not start with an HL7 v2 header"
    remedy = "Look at the stored bytes and ask the sender what they are"


class DelimitersError(HubError):
    """MSH-1 and MSH-2 cannot be used to split the message."""

    code = "HL7-002"
    summary = "The message does not say with which characters it is delimited"
    remedy = "Ask the sender to send MSH-1 and MSH-2, usually |^~\\&"


class CharsetError(HubError):
    """The bytes are not text in any character set that the feed allows for."""

    code = "HL7-003"
    summary = "The message cannot be decoded in the character set it declares"
    remedy = "Set `charset_default` in the feed's profile, then replay the message"


class WideCharsetError(HubError):
    """MSH-18 declares UTF-16 or UTF-32, which MLLP cannot carry."""

    code = "HL7-004"
    summary = "The message declares a character set that MLLP cannot carry"
    remedy = "Ask the sender to use UTF-8 and to say UNICODE UTF-8 in MSH-18"


class ContinuationError(HubError):
    """The message is a part of a longer one (MSH-14, ADD or DSC)."""

    code = "HL7-005"
    summary = "The message is only a part of a longer one"
    remedy = "Ask the sender to send whole messages, without continuation"


class TooManyPartsError(HubError):
    """The message has more segments or repetitions than any real one."""

    code = "HL7-006"
    summary = "The message has more segments or repetitions than the hub accepts"
    remedy = "Look at the stored bytes and ask the sender what went wrong"


class NoPatientError(HubError):
    """An ADT message without PID, or without a usable identifier in it."""

    code = "HL7-101"
    summary = "The message does not say which patient it is about"
    remedy = "Ask the sender to value PID-3, or check the placeholders of the feed"


class NoEncounterKeyError(HubError):
    """None of the rules for finding the encounter applies (R-ENC-01)."""

    code = "HL7-102"
    summary = "The message does not say which encounter it is about"
    remedy = "Ask the sender to value PV1-19 or PV1-50, or PV1-44 with PID-18 or PID-3"


class NoTimeError(HubError):
    """No field gives a time that could be read."""

    code = "HL7-103"
    summary = "The message does not say when it was recorded or when it happened"
    remedy = "Ask the sender to value EVN-2 or MSH-7"


class NoPriorNumberError(HubError):
    """A merge, move or change does not name the number that it repairs (MRG)."""

    code = "HL7-104"
    summary = "The message repairs numbers and does not say which"
    remedy = "Ask the sender to value the field of MRG that the trigger event needs"
