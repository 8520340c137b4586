"""What can go wrong between the hub and a partner's server of FHIR."""

from hub.sdk import HubError, Recovery


class ServerFailedError(HubError):
    """The server is there but could not handle this request now."""

    code = "FHIR-050"
    summary = "The partner's server could not handle the request now"
    remedy = "The hub tries again; if it goes on, ask the partner to look at its logs"
    recovery = Recovery.RETRY


class ServerBusyError(HubError):
    """The server asks for fewer requests."""

    code = "FHIR-051"
    summary = "The partner's server asks the hub to slow down"
    remedy = "The hub waits as told; if it goes on, lower concurrency"
    recovery = Recovery.RETRY


class ElsewhereError(HubError):
    """The server names another address, which nobody has checked."""

    code = "FHIR-052"
    summary = "The partner's server redirects elsewhere"
    remedy = "Set base_url to the new address; redirects are never followed"
    recovery = Recovery.RETRY


class NotLetInError(HubError):
    """The server does not let this hub in."""

    code = "FHIR-053"
    summary = "The partner's server refuses access"
    remedy = "Agree with the partner on auth, scope and the addresses it lets in"
    recovery = Recovery.RETRY


class NoServerError(HubError):
    """What answers at the address does not take what is sent there."""

    code = "FHIR-054"
    summary = "Nothing at base_url takes what is sent there"
    remedy = "Check base_url and operation; the server must speak FHIR R4 in JSON"
    recovery = Recovery.RETRY


class BundleRefusedError(HubError):
    """The server read this bundle and will never take it."""

    code = "FHIR-055"
    summary = "The partner's server refuses this bundle"
    remedy = "Ask the partner why, then replay the dead letter"
    recovery = Recovery.REJECT


class ServerUnreachableError(HubError):
    """No connection came about, so nothing was sent."""

    code = "FHIR-056"
    summary = "The partner's server cannot be reached"
    remedy = "Check name resolution, firewalls, and whether the server runs"
    recovery = Recovery.RETRY


class UntrustedServerError(HubError):
    """The certificate does not prove that the server is who it should be."""

    code = "FHIR-057"
    summary = "The certificate of the partner's server is not trusted"
    remedy = "Check the name in base_url and the certificate, or set ca_file"
    recovery = Recovery.RETRY


class NoServerAnswerError(HubError):
    """The request went out, and what became of it is not known."""

    code = "FHIR-058"
    summary = "The request was sent, but no valid answer came"
    remedy = "The hub asks again under the same Idempotency-Key"
    recovery = Recovery.RETRY


class OutcomeSaysNoError(HubError):
    """The status is 2xx, and the body says that it did not work."""

    code = "FHIR-059"
    summary = "The partner's server answers OK with an error in the body"
    remedy = "Ask the partner what its OperationOutcome means, then replay"
    recovery = Recovery.REJECT


class TooMuchAnswerError(HubError):
    """An answer is larger than the hub reads."""

    code = "FHIR-062"
    summary = "The answer of the partner's server is too large"
    remedy = "Lower page_size, or raise max_page_mebibytes"
    recovery = Recovery.RETRY


class ForeignPageError(HubError):
    """The next page is said to be somewhere else."""

    code = "FHIR-063"
    summary = "The next page of a search is not below base_url"
    remedy = "Set base_url to the address that the server itself uses in its links"
    recovery = Recovery.RETRY


class EndlessPagesError(HubError):
    """Pages lead back to pages that were seen, or do not end."""

    code = "FHIR-064"
    summary = "The pages of a search do not end"
    remedy = "Ask the partner to look at its paging; the hub asks again later"
    recovery = Recovery.RETRY


class NoSearchsetError(HubError):
    """What came is no page of a search."""

    code = "FHIR-065"
    summary = "The answer to a search is no Bundle of type searchset"
    remedy = "Check base_url and query; the server must answer in application/fhir+json"
    recovery = Recovery.RETRY
