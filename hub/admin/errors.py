"""What can go wrong with the admin API, and the HTTP status of each error."""

from collections.abc import Sequence

from hub.admin.access_errors import ACCESS_STATUS
from hub.coordination.panel_errors import (
    ListWaitsError,
    NoEpisodesError,
    NotWaitingError,
    UnknownEpisodeError,
    UnknownLoadError,
    UnknownPanelError,
)
from hub.coordination.referral_errors import (
    NobodyKnownError,
    NoPerformerError,
    NotATakenStatementError,
    NotNowError,
    SentOtherwiseError,
)
from hub.coordination.service_match.errors import MatcherFailedError, NoMatcherError
from hub.errors import HubError, Recovery
from hub.store.directory.errors import (
    FeedAtWorkError,
    RunNotHeldError,
    UnknownDirectoryError,
    UnknownHeldError,
    UnknownObjectError,
    UnknownRunError,
)
from hub.store.entity_views import LinkView
from hub.store.exchanges.errors import (
    BytesGoneError,
    NotHeldError,
    NothingStatedError,
    NotSentError,
    UnknownExchangeError,
    UnknownFeedError,
)
from hub.store.query_errors import (
    BadCursorError,
    NothingKnownError,
    SlowQueryError,
    UnknownIdError,
)
from hub.store.shadow_errors import OtherProfilesError


class AddressTakenError(HubError):
    """The admin API cannot listen where it was told to."""

    code = "ADMIN-001"
    summary = "The admin API cannot listen at its address"
    remedy = "Stop what uses the port, or choose another one in `[admin]`"
    recovery = Recovery.STOP


class NotLoopbackError(HubError):
    """The configured host can be reached from other machines, and by anybody."""

    code = "ADMIN-002"
    summary = "Without tokens the admin API listens on loopback only"
    remedy = (
        "Make a token with `hub tokens create --role admin`, or set `host` in"
        " `[admin]` to 127.0.0.1 or ::1"
    )
    recovery = Recovery.STOP


class ForeignRequestError(HubError):
    """A request for an unknown host, or one that another web site caused."""

    code = "ADMIN-003"
    summary = "The request is for another host, or was caused by a web site"
    remedy = "Ask for http://127.0.0.1, or for a name in `hosts` of `[admin]`"
    recovery = Recovery.REJECT


class BadRequestError(HubError):
    """Parameters that are unknown, repeated or out of range: all of them."""

    code = "ADMIN-004"
    summary = "The request has parameters that cannot be used"
    remedy = "Correct what `problems` lists; `/api/v1/openapi.json` has the rules"
    recovery = Recovery.REJECT

    def __init__(self, problems: Sequence[str] = ()) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)


class RequestFailedError(HubError):
    """A defect of the hub. What it was is in the log, under the same id."""

    code = "ADMIN-005"
    summary = "The hub failed to answer"
    remedy = "Look for the id of this error in the hub's log"
    recovery = Recovery.REJECT


class NoSuchAddressError(HubError):
    """A path that the API does not have."""

    code = "ADMIN-006"
    summary = "There is nothing at this address"
    remedy = "Take addresses from `/api/v1/openapi.json`"
    recovery = Recovery.REJECT


class MethodRefusedError(HubError):
    """A method that the address does not take."""

    code = "ADMIN-007"
    summary = "This address does not take this method"
    remedy = "Use a method of the header `Allow`"
    recovery = Recovery.REJECT


class TooLargeError(HubError):
    """A body that is larger than any request needs."""

    code = "ADMIN-008"
    summary = "The body of the request is too large"
    remedy = "Send only what the address asks for"
    recovery = Recovery.REJECT


class NothingToReplayError(HubError):
    """A replay of something that is still under way, or needs none."""

    code = "ADMIN-009"
    summary = "There is nothing to do again"
    remedy = "Replay parked or unmapped messages, and deliveries that are not waiting"
    recovery = Recovery.REJECT


class NoSuchSourceError(HubError):
    """A message for a source that the configuration does not have."""

    code = "ADMIN-010"
    summary = "There is no source with this name"
    remedy = "Take names from `/api/v1/sources`"
    recovery = Recovery.REJECT


class DecidedMeanwhileError(HubError):
    """A decision on two identities of which somebody decided before."""

    code = "ADMIN-011"
    summary = "It was decided already who these are"
    remedy = "Look at `decided`; to decide anew, say `again`"
    recovery = Recovery.REJECT

    def __init__(self, decided: Sequence[LinkView] = ()) -> None:
        super().__init__()
        self.decided = list(decided)


class NothingToDecideError(HubError):
    """A merge of what is one person, or a split of what is not."""

    code = "ADMIN-012"
    summary = "There is nothing to merge or split"
    remedy = (
        "Look at `identities` of the person: a merge takes two people, a split one"
        " who has several identities"
    )
    recovery = Recovery.REJECT


class FactsRefusedError(BadRequestError):
    """A body of facts in which something is wrong: all of it."""

    code = "ADMIN-020"
    summary = "The body does not hold facts in the form that is asked for"
    remedy = "Correct what `problems` lists; `/api/v1/facts/schema` is the form"
    recovery = Recovery.REJECT


class KeyReusedError(HubError):
    """Another body was sent under the same key before."""

    code = "ADMIN-021"
    summary = "Another body was sent under this key"
    remedy = "Send a body that is sent again as it was, and another one under a new key"
    recovery = Recovery.REJECT


class NoSuchScorerError(HubError):
    """A run of a scorer that the configuration does not have."""

    code = "ADMIN-023"
    summary = "There is no scorer with this name"
    remedy = "Take names from `/api/v1/scorers`"
    recovery = Recovery.REJECT


class NotForFactsError(HubError):
    """Facts for a feed of something else, or in another form than its own."""

    code = "ADMIN-022"
    summary = "The feed does not take facts in this form"
    remedy = (
        "Name a source whose normaliser is `facts-json` or `facts-csv`, and send the"
        " header `Content-Type` with `application/json` or `text/csv`"
    )
    recovery = Recovery.REJECT


_STATUS: dict[type[HubError], int] = {
    **ACCESS_STATUS,
    BadCursorError: 400,
    BadRequestError: 400,
    DecidedMeanwhileError: 409,
    FactsRefusedError: 422,
    ForeignRequestError: 403,
    KeyReusedError: 409,
    MethodRefusedError: 405,
    NoSuchAddressError: 404,
    NoSuchScorerError: 404,
    NoSuchSourceError: 404,
    NotForFactsError: 415,
    NothingKnownError: 404,
    NothingToDecideError: 409,
    NothingToReplayError: 409,
    RequestFailedError: 500,
    SlowQueryError: 503,
    TooLargeError: 413,
    UnknownIdError: 404,
    BytesGoneError: 404,
    ListWaitsError: 409,
    NotHeldError: 409,
    NotSentError: 409,
    NothingStatedError: 409,
    UnknownExchangeError: 404,
    UnknownRunError: 404,
    UnknownHeldError: 404,
    UnknownObjectError: 404,
    UnknownDirectoryError: 404,
    RunNotHeldError: 409,
    FeedAtWorkError: 409,
    UnknownFeedError: 404,
    OtherProfilesError: 409,
    NoEpisodesError: 404,
    NotWaitingError: 409,
    UnknownEpisodeError: 404,
    UnknownLoadError: 404,
    UnknownPanelError: 404,
    NobodyKnownError: 422,
    NoPerformerError: 422,
    NotATakenStatementError: 422,
    NotNowError: 409,
    SentOtherwiseError: 409,
    NoMatcherError: 404,
    MatcherFailedError: 500,
}
_BY_RECOVERY = {Recovery.RETRY: 503, Recovery.REJECT: 400, Recovery.STOP: 500}


def status_of(error: HubError) -> int:
    """Return the HTTP status that `error` is answered with."""
    return _STATUS.get(type(error), _BY_RECOVERY[error.recovery])
