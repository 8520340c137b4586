"""Why the hub's own server of FHIR refuses what it is asked."""

from hub.sdk import HubError, Recovery


class FhirAddressTakenError(HubError):
    """Somebody else listens there, or the address is not of this machine."""

    code = "FHIR-070"
    summary = "The FHIR server cannot listen at its address"
    remedy = "Choose another host or port, or stop what listens there"
    recovery = Recovery.STOP


class NoTokenError(HubError):
    """Nobody has proved who asks."""

    code = "FHIR-071"
    summary = "The request has no token that is good"
    remedy = "Get a token from the token endpoint, and send it as Bearer"


class NotPermittedError(HubError):
    """The token is good, and not for this."""

    code = "FHIR-072"
    summary = "The token does not permit this"
    remedy = "Ask for the scope that this needs; the operator grants it in clients"


class BadRequestError(HubError):
    """The request does not say what is wanted, in a way that is known here."""

    code = "FHIR-075"
    summary = "The request is not understood"
    remedy = "Keep to what /metadata says; the detail names the part"


class NothingThereError(HubError):
    """There is no such resource for this client."""

    code = "FHIR-076"
    summary = "There is no such resource"
    remedy = "Look for tasks of yours with GET Task; others are not shown"


class ChangedMeanwhileError(HubError):
    """The version that the client has is no longer the newest."""

    code = "FHIR-077"
    summary = "The resource was changed in the meantime"
    remedy = "Get it again, and decide again"


class KeyReusedError(HubError):
    """The same Idempotency-Key came with something else."""

    code = "FHIR-078"
    summary = "The Idempotency-Key was used for something else"
    remedy = "Make a new key for each request, and keep it for its repetitions"


class NotOfferedError(HubError):
    """The interaction is not one of this server's."""

    code = "FHIR-079"
    summary = "This server does not offer that"
    remedy = "Keep to what /metadata lists; subscribers are set by the operator"


class TooLargeError(HubError):
    """The body is larger than is read."""

    code = "FHIR-080"
    summary = "The request is too large"
    remedy = "Send less at once, or have the operator raise max_body_mebibytes"


class WrongMediaTypeError(HubError):
    """The body is not in a form that is read here."""

    code = "FHIR-081"
    summary = "The body is not application/fhir+json in UTF-8, unpacked"
    remedy = "Send JSON without Content-Encoding, and say so in Content-Type"


class TooManyRequestsError(HubError):
    """More is under way than is allowed at once."""

    code = "FHIR-083"
    summary = "Too many requests are under way"
    remedy = "Wait as Retry-After says, and try again"
    recovery = Recovery.RETRY


class TooSlowError(HubError):
    """The request did not come to an end in time."""

    code = "FHIR-084"
    summary = "The request took too long"
    remedy = "Send it again; bodies must arrive within request_seconds"
    recovery = Recovery.RETRY


class ServerFaultError(HubError):
    """A mistake of the hub's own."""

    code = "FHIR-085"
    summary = "The server failed"
    remedy = "Ask the operator to look in the log for the time of the request"


class HookRefusedError(HubError):
    """A subscriber's endpoint does not take notifications."""

    code = "FHIR-086"
    summary = "A subscriber does not take notifications"
    remedy = "Check endpoint and secret of the subscriber; it can poll meanwhile"
    recovery = Recovery.RETRY


class UnderWayError(HubError):
    """The first request with this key is not answered yet."""

    code = "FHIR-087"
    summary = "The same request is under way"
    remedy = "Wait for its answer, or repeat it a little later"
    recovery = Recovery.RETRY
