"""Why a message of the other families cannot become facts."""

from hub.sdk import HubError


class NoRecordKeyError(HubError):
    """A referral, appointment, document or result without a number of its own."""

    code = "HL7-111"
    summary = "The message does not number the record that it is about"
    remedy = (
        "Ask the sender to value RF1-6, ORC-2, SCH-2, TXA-12 or OBR-3, "
        "whichever belongs to the type of the message"
    )


class NoRecordError(HubError):
    """A message without the segment that its type is about."""

    code = "HL7-112"
    summary = "The message lacks the segment that its type is about"
    remedy = "Ask the sender to send RF1, ORC, SCH or TXA as its message type demands"
