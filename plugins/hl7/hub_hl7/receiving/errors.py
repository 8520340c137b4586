"""Why a listener does not serve a peer, or cannot listen at all."""

from hub.sdk import HubError, Recovery


class AddressUnavailableError(HubError):
    """The listener cannot have the address that it is to listen on."""

    code = "MLLP-010"
    summary = "The address to listen on cannot be used"
    remedy = "Check `host` and `port` of this source and what else listens there"
    recovery = Recovery.STOP


class TooManyConnectionsError(HubError):
    """More peers connect than the listener serves."""

    code = "MLLP-011"
    summary = "The listener has as many connections as it may"
    remedy = (
        "Raise `max_connections` or `max_connections_per_address` of this source, "
        "or see who holds them"
    )
    recovery = Recovery.RETRY


class UnreadAnswersError(HubError):
    """The peer sends and does not read what it is answered (F49)."""

    code = "MLLP-012"
    summary = "The peer does not read its acknowledgements"
    remedy = "Check the sender and the network, or raise `write_timeout_seconds`"
    recovery = Recovery.RETRY


class HandshakeError(HubError):
    """The peer and the listener did not agree on a TLS connection."""

    code = "MLLP-013"
    summary = "A peer could not connect with TLS"
    remedy = "Check the peer's certificate, its authority, its clock and TLS version"
    recovery = Recovery.REJECT


class CertificateUnusableError(HubError):
    """A file of certificates or keys cannot be used; the one before it stays."""

    code = "MLLP-014"
    summary = "A TLS certificate, key or authority of a listener cannot be used"
    remedy = (
        "Put valid PEM files in place; a listener that runs goes on with the ones "
        "that it had"
    )
    recovery = Recovery.STOP


class CertificateExpiresError(HubError):
    """A certificate is no longer valid, or will soon not be."""

    code = "MLLP-015"
    summary = "A TLS certificate of a listener is about to expire, or has expired"
    remedy = "Renew it and replace the file; no restart is needed"
    recovery = Recovery.RETRY


class UnknownCertificateError(HubError):
    """No feed, or more than one, claims the certificate of a peer."""

    code = "MLLP-016"
    summary = "The peer's certificate belongs to no feed, or to more than one"
    remedy = "Name it in `client_certificates` of exactly one source of this port"
    recovery = Recovery.REJECT


class AddressRefusedError(HubError):
    """The peer's address is not one that may connect."""

    code = "MLLP-017"
    summary = "A peer connects from an address that is not allowed"
    remedy = "Add its address to `allow_from` of this source if it is trusted"
    recovery = Recovery.REJECT


class SharedPortError(HubError):
    """Two sources name the same host and port and cannot share it."""

    code = "MLLP-018"
    summary = "Two sources cannot share one port"
    remedy = (
        "Give both the same `tls_` files and different `client_certificates`, or one "
        "of them another port"
    )
    recovery = Recovery.STOP
