"""What can go wrong between the hub and a mail server."""

from hub.sdk import HubError, Recovery


class MailServerUnreachableError(HubError):
    """No conversation came about, so nothing was sent."""

    code = "MAIL-001"
    summary = "The mail server cannot be reached"
    remedy = "Check `host` and `port` of `smtp`, firewalls, and whether it runs"
    recovery = Recovery.RETRY


class MailServerUntrustedError(HubError):
    """The certificate does not prove that the server is who it should be."""

    code = "MAIL-002"
    summary = "The certificate of the mail server is not trusted"
    remedy = "Check the name in `host` and the server's certificate, or set `ca_file`"
    recovery = Recovery.RETRY


class MailNotEncryptedError(HubError):
    """The server cannot speak TLS as it is configured to."""

    code = "MAIL-003"
    summary = "The mail server does not offer the encryption that is demanded"
    remedy = "Choose the port and `security` that the server has; never without"
    recovery = Recovery.RETRY


class MailAccessRefusedError(HubError):
    """The server does not let this hub send, or not in this name."""

    code = "MAIL-004"
    summary = "The mail server refuses this hub, or its sender"
    remedy = "Check `user`, `password` and `sender` of `smtp` with its operator"
    recovery = Recovery.RETRY


class MailServerBusyError(HubError):
    """The server says: not now."""

    code = "MAIL-005"
    summary = "The mail server cannot take the mail now"
    remedy = "The hub tries again; if it goes on, ask the operator of the mail server"
    recovery = Recovery.RETRY


class MailRefusedError(HubError):
    """The server will never take this mail."""

    code = "MAIL-006"
    summary = "The mail server refuses the mail"
    remedy = "Check the address that it goes to, then replay the dead letter"
    recovery = Recovery.REJECT


class MailUnansweredError(HubError):
    """The mail went out, and nobody said whether it was taken."""

    code = "MAIL-007"
    summary = "The mail was sent, but the mail server did not answer"
    remedy = "The hub sends it again under the same Message-ID"
    recovery = Recovery.RETRY
