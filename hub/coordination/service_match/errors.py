"""What can be wrong with a question for services."""

from hub.errors import HubError, Recovery


class NoMatcherError(HubError):
    """No plugin puts services in order."""

    code = "MATCH-001"
    summary = "There is no matcher that puts services in order"
    remedy = "Install carehub-community, or name another matcher in `[matching]`"
    recovery = Recovery.REJECT


class NothingWantedError(HubError):
    """A question that names no need, or one that no service is known to meet."""

    code = "MATCH-002"
    summary = "Nothing is asked for that services are found by"
    remedy = (
        "Name a category of need, or a term of a taxonomy; see `hub services match`"
    )
    recovery = Recovery.REJECT


class MatcherFailedError(HubError):
    """A matcher raised, which none may."""

    code = "MATCH-003"
    summary = "The matcher failed on a service"
    remedy = "Tell the author of the plugin; `matcher.failed` in the log says where"
    recovery = Recovery.REJECT


class NoProposalError(HubError):
    """A message of the hub's own feed that proposes nothing."""

    code = "MATCH-004"
    summary = "A message of the feed `carehub-matches` proposes no service"
    remedy = "Leave the feed to the hub; report it as a defect if it is the hub's"
    recovery = Recovery.REJECT


class PlacesUnreadableError(HubError):
    """The site's own tables of places, or of terms, cannot be used."""

    code = "MATCH-005"
    summary = "A file that `[matching]` names cannot be used"
    remedy = "Correct the file; `docs/how-to/find-a-service.md` says what it holds"
    recovery = Recovery.STOP
