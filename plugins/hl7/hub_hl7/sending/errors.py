"""What can go wrong between the hub and a receiver of HL7 v2 over MLLP."""

from hub.sdk import HubError, Recovery


class UnreachableError(HubError):
    """No connection came about, so nothing was sent."""

    code = "MLLP-101"
    summary = "The receiver of HL7 messages cannot be reached"
    remedy = "Check `host`, `port`, firewalls, and whether the receiver runs"
    recovery = Recovery.RETRY


class UntrustedError(HubError):
    """The two sides did not agree on TLS, or one does not trust the other."""

    code = "MLLP-102"
    summary = "No trusted TLS connection to the receiver of HL7 messages"
    remedy = (
        "Check the receiver's certificate and name, `tls_ca`, `server_name`, and "
        "whether the receiver knows the certificate of this hub"
    )
    recovery = Recovery.RETRY


class NoAnswerError(HubError):
    """The message went out, and what became of it is not known."""

    code = "MLLP-103"
    summary = "The message was sent, but no acknowledgement came in time"
    remedy = (
        "The hub sends the same bytes under the same MSH-10 again; if it goes on, "
        "raise `ack_timeout_seconds` or ask the receiver to look at its logs"
    )
    recovery = Recovery.RETRY


class WrongAnswerError(HubError):
    """What the receiver answered is no acknowledgement of what was sent."""

    code = "MLLP-104"
    summary = "The receiver answered with something else than an acknowledgement of it"
    remedy = (
        "The hub closes the connection and sends the message again; if it goes on, "
        "ask the receiver whether it repeats MSH-10 in MSA-2 unchanged"
    )
    recovery = Recovery.RETRY


class MessageRefusedError(HubError):
    """The receiver found the message wrong (AE) and will find it wrong again."""

    code = "MLLP-105"
    summary = "The receiver reports an error in the message"
    remedy = "Ask the receiver why, correct the cause, then replay the dead letter"
    recovery = Recovery.REJECT


class ReceiverRefusesError(HubError):
    """The receiver does not take the message now (AR, CE, CR)."""

    code = "MLLP-106"
    summary = "The receiver rejects the message for now"
    remedy = "The hub tries again a few times; if it goes on, ask the receiver why"
    recovery = Recovery.RETRY


class RejectedForGoodError(HubError):
    """The receiver does not take messages like this, or rejected it too often."""

    code = "MLLP-107"
    summary = "The receiver rejects the message"
    remedy = (
        "Agree with the receiver on message types, version and MSH-11, then replay "
        "the dead letter"
    )
    recovery = Recovery.REJECT


class UnsendableError(HubError):
    """What is to be sent is no message, or MLLP cannot carry it."""

    code = "MLLP-108"
    summary = "This is no HL7 message that could be sent over MLLP"
    remedy = "Give the destination a `format` that renders HL7 v2, such as hl7-adt"
    recovery = Recovery.REJECT


class LineBusyError(HubError):
    """Others talk to the same receiver, which gets no more connections than agreed."""

    code = "MLLP-109"
    summary = "All connections to the receiver are busy"
    remedy = "Raise `connections` if the receiver allows more, or lower `concurrency`"
    recovery = Recovery.RETRY


class OwnCertificateError(HubError):
    """A file of certificates or keys of a destination cannot be used."""

    code = "MLLP-110"
    summary = "A TLS certificate, key or authority of a destination cannot be used"
    remedy = "Put valid PEM files in place; they are read at each connection"
    recovery = Recovery.RETRY


class NoApplicationAnswerError(HubError):
    """The receiver took the message (CA) and did not say what it makes of it."""

    code = "MLLP-111"
    summary = "The receiver took the message but sent no application acknowledgement"
    remedy = (
        "The message counts as delivered; where the receiver answers elsewhere, set "
        "`await_application_ack = false`"
    )
    recovery = Recovery.RETRY
