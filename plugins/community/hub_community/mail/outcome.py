"""What an attempt to send a mail tells the hub. Pure.

==================================  ==========  ======  =========
What happened                       Outcome     Route?  Error
==================================  ==========  ======  =========
250 to the end of the mail          accepted
4xx to anything                     retryable           MAIL-005
5xx to the recipient or the mail    permanent           MAIL-006
5xx to greeting, user or sender     retryable   yes     MAIL-004
no connection, or lost before data  retryable           MAIL-001
certificate not trusted             retryable   yes     MAIL-002
no TLS where it is demanded         retryable   yes     MAIL-003
lost or silent after data           unknown             MAIL-007
==================================  ==========  ======  =========

*Route* means that the destination is at fault, not the mail: a wrong password must
not make dead letters of all that waits. What a server says beside its code is read by
nobody, as it may quote the mail. Source: RFC 5321, section 4.2.
"""

from typing import Literal

from hub.sdk import HubError, Outcome, Receipt, Recovery
from hub_community.mail import errors

#: How far a conversation is.
Stage = Literal["connect", "secure", "greet", "sign in", "sender", "recipient", "data"]
_OURS = frozenset({"connect", "secure", "greet", "sign in", "sender"})
_BLAMES_ROUTE = {
    errors.MailServerUntrustedError,
    errors.MailNotEncryptedError,
    errors.MailAccessRefusedError,
}
_FINAL = 500  # RFC 5321, section 4.2.1: from here on the server will not change


def answered(status: int, stage: Stage) -> Receipt:
    """Return the receipt of a mail of which the server said `status` at a stage."""
    evidence = f"SMTP {status}"
    if status // 100 == 2 and stage == "data":  # noqa: PLR2004  # 2xx, as in the table
        return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)
    if status < _FINAL:
        return failed(errors.MailServerBusyError, evidence)
    if stage in _OURS:
        return failed(errors.MailAccessRefusedError, evidence)
    return failed(errors.MailRefusedError, evidence)


def broken(stage: Stage) -> Receipt:
    """Return the receipt of a conversation that broke off, or went silent."""
    if stage != "data":
        return failed(errors.MailServerUnreachableError)
    return Receipt(outcome=Outcome.UNKNOWN, error_code=errors.MailUnansweredError.code)


def failed(error: type[HubError], evidence: str = "") -> Receipt:
    """Return the receipt of an attempt that ended with `error`."""
    final = error.recovery is Recovery.REJECT
    return Receipt(
        outcome=Outcome.PERMANENT if final else Outcome.RETRYABLE,
        evidence=evidence,
        error_code=error.code,
        blames_route=error in _BLAMES_ROUTE,
    )
