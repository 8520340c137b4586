"""What can go wrong where somebody sends a referral, or says something of one."""

from hub.errors import HubError, Recovery


class NobodyKnownError(HubError):
    """A referral is about nobody whom the hub knows, or about several."""

    code = "SEND-001"
    summary = "The hub knows nobody, or several people, by this number"
    remedy = (
        "Look the person up with `hub persons show --system … --value …`, and name the"
        " key; for somebody new give `names` and `telecoms` too, so that whoever acts"
        " can call them"
    )
    recovery = Recovery.REJECT


class NoPerformerError(HubError):
    """A referral to nobody, or to somebody who takes no referrals."""

    code = "SEND-002"
    summary = "The referral names nobody who takes referrals"
    remedy = (
        "Name partners whose `sides` have `performer`, or services of a directory;"
        " `hub services match` proposes some"
    )
    recovery = Recovery.REJECT


class NotNowError(HubError):
    """Somebody says of a referral what its state does not allow, or not to them."""

    code = "SEND-003"
    summary = "The referral does not allow this now"
    remedy = "Look at `hub referrals show` for where it is, and who may say what"
    recovery = Recovery.REJECT


class NotATakenStatementError(HubError):
    """A statement was stored, and the core could not make anything of it."""

    code = "SEND-004"
    summary = "The statement was set aside"
    remedy = "Look at the message with `hub messages`; correct it, or replay it"
    recovery = Recovery.REJECT


class SentOtherwiseError(HubError):
    """Another referral was sent under the same key before."""

    code = "SEND-005"
    summary = "Another referral was sent under this key"
    remedy = "Send what is sent again as it was, and another referral under a new key"
    recovery = Recovery.REJECT
