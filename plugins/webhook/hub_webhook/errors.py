"""What can go wrong between the hub and a receiver of webhooks."""

from hub.sdk import HubError, Recovery


class ReceiverFailedError(HubError):
    """The receiver is there but could not handle this request now."""

    code = "HTTP-001"
    summary = "The receiver could not handle the request now"
    remedy = "The hub tries again; if it goes on, ask the receiver to look at its logs"
    recovery = Recovery.RETRY


class ReceiverBusyError(HubError):
    """The receiver asks for fewer requests."""

    code = "HTTP-002"
    summary = "The receiver asks the hub to slow down"
    remedy = "The hub waits as told; if it goes on, lower concurrency"
    recovery = Recovery.RETRY


class RedirectedError(HubError):
    """The receiver names another address, which nobody has checked."""

    code = "HTTP-003"
    summary = "The receiver redirects elsewhere"
    remedy = "Set url to the new address; redirects are never followed"
    recovery = Recovery.RETRY


class AccessRefusedError(HubError):
    """The receiver does not let this hub in."""

    code = "HTTP-004"
    summary = "The receiver refuses access"
    remedy = "Agree with the receiver on secret, url and the addresses it lets in"
    recovery = Recovery.RETRY


class WrongReceiverError(HubError):
    """What answers at the URL does not take artifacts of this format."""

    code = "HTTP-005"
    summary = "Nothing at the url takes what is sent there"
    remedy = "Check url and format; the receiver may have moved or been removed"
    recovery = Recovery.RETRY


class ArtifactRefusedError(HubError):
    """The receiver read this artifact and will never take it."""

    code = "HTTP-006"
    summary = "The receiver refuses this artifact"
    remedy = "Ask the receiver why, then replay the dead letter"
    recovery = Recovery.REJECT


class UnreachableError(HubError):
    """No connection came about, so nothing was sent."""

    code = "HTTP-007"
    summary = "The receiver cannot be reached"
    remedy = "Check name resolution, firewalls, and whether the receiver runs"
    recovery = Recovery.RETRY


class UntrustedReceiverError(HubError):
    """The certificate does not prove that the receiver is who it should be."""

    code = "HTTP-008"
    summary = "The certificate of the receiver is not trusted"
    remedy = "Check the name in url and the receiver's certificate, or set ca_file"
    recovery = Recovery.RETRY


class NoAnswerError(HubError):
    """The request went out, and what became of it is not known."""

    code = "HTTP-009"
    summary = "The request was sent, but no valid answer came"
    remedy = "The hub sends it again under the same id, which the receiver must honour"
    recovery = Recovery.RETRY
