"""What can be wrong with who asks the admin API, and the HTTP status of each error."""

from typing import ClassVar

from hub.errors import HubError, Recovery


class NoTokenError(HubError):
    """A request without a token, where there are tokens."""

    code = "ACCESS-001"
    summary = "The hub wants to know who asks"
    remedy = (
        "Send a token as `Authorization: Bearer …`; commands take it from"
        " CAREHUB_TOKEN or `hub --token-file`"
    )
    recovery = Recovery.REJECT
    headers: ClassVar = {"WWW-Authenticate": 'Bearer realm="carehub"'}


class BadTokenError(HubError):
    """A token that is none, or is none any more. Which of them is not said."""

    code = "ACCESS-002"
    summary = "The token is not valid"
    remedy = "Ask an administrator for one; `hub tokens list` says which have ended"
    recovery = Recovery.REJECT
    headers: ClassVar = {
        "WWW-Authenticate": 'Bearer realm="carehub", error="invalid_token"'
    }


class RoleRefusedError(HubError):
    """A token whose role may not do what was asked."""

    code = "ACCESS-003"
    summary = "The role of the token does not allow this"
    remedy = "Look at `docs/reference/roles.md`, and use a token of another role"
    recovery = Recovery.REJECT


class ReasonNeededError(HubError):
    """Content was asked for by a role that has to say why."""

    code = "ACCESS-004"
    summary = "An operator sees content only for a reason"
    remedy = "Give the reason in the header `Carehub-Reason`; it is audited"
    recovery = Recovery.REJECT


class TooManyRequestsError(HubError):
    """More requests, or more failed ones, than are allowed."""

    code = "ACCESS-005"
    summary = "There are too many requests"
    remedy = "Wait as long as `Retry-After` says; `rate` in `[admin]` is the limit"
    recovery = Recovery.RETRY

    def __init__(self, seconds: int = 1) -> None:
        super().__init__()
        self.headers = {"Retry-After": str(seconds)}


#: The HTTP status of each of them.
ACCESS_STATUS: dict[type[HubError], int] = {
    NoTokenError: 401,
    BadTokenError: 401,
    RoleRefusedError: 403,
    ReasonNeededError: 403,
    TooManyRequestsError: 429,
}
