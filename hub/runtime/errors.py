"""What can go wrong between the store and the plugins."""

from hub.errors import HubError, Recovery


class NormaliserFailedError(HubError):
    """A normaliser raised, which its contract forbids."""

    code = "PIPE-001"
    summary = "The normaliser failed on this message"
    remedy = "Report it to the plugin's author; `hub replay` tries again after a fix"


class NormaliserResultError(HubError):
    """A normaliser returned something else than facts."""

    code = "PIPE-002"
    summary = "The normaliser did not return what its contract says"
    remedy = "Report it to the plugin's author; `hub replay` tries again after a fix"


class ForeignVisitError(HubError):
    """A visit number came with a patient that it does not belong to."""

    code = "PIPE-003"
    summary = "The visit number belongs to another patient"
    remedy = "Ask the sender which patient is right, then `hub replay` the message"


class UnknownReferralError(HubError):
    """A statement is about a referral that nobody told the hub of."""

    code = "REF-001"
    summary = "The statement is about a referral that the hub does not know"
    remedy = "Send the request first, or name the person; then `hub replay` the message"


class NotRecordedError(HubError):
    """What came of a message could not be stored."""

    code = "PIPE-004"
    summary = "The hub could not record what it made of this message"
    remedy = "Report this with the hub's log: it is a defect of the hub"


class NotProcessedError(HubError):
    """The core failed on what a normaliser made of a message."""

    code = "PIPE-006"
    summary = "The hub failed on what this message says"
    remedy = "Report this with the hub's log: it is a defect of the hub"


class PipelineFailedError(HubError):
    """The pipeline can no longer work."""

    code = "PIPE-007"
    summary = "The hub can no longer process what it receives"
    remedy = "Look for its entry in the log, then start the hub again"
    recovery = Recovery.STOP


class FeedGoneError(HubError):
    """A stored message is of a feed that the configuration no longer has."""

    code = "PIPE-005"
    summary = "The configuration no longer has the feed of this message"
    remedy = "Configure the source again under its old name, then `hub replay`"


class SendTimeoutError(HubError):
    """A destination did not come back in time."""

    code = "DELIVERY-001"
    summary = "The destination did not finish in time"
    remedy = "Raise `timeout_seconds` if the recipient is slow; the hub tries again"
    recovery = Recovery.RETRY


class SendFailedError(HubError):
    """A destination raised something that is not in the catalogue."""

    code = "DELIVERY-002"
    summary = "The destination failed in a way it does not explain"
    remedy = "Look for its entry in the log; the hub tries again"
    recovery = Recovery.RETRY


class ReceiptError(HubError):
    """A destination returned something else than a receipt."""

    code = "DELIVERY-003"
    summary = "The destination did not return a receipt"
    remedy = "Report it to the plugin's author; the hub tries again"
    recovery = Recovery.RETRY


class RenderFailedError(HubError):
    """A renderer raised, or returned something else than an artifact."""

    code = "DELIVERY-004"
    summary = "The notice could not be written in the recipient's format"
    remedy = "Report it to the plugin's author; `hub replay` tries again after a fix"


class NothingRunsError(HubError):
    """None of the configured sources could start."""

    code = "HUB-001"
    summary = "No source could start"
    remedy = "Correct what the log says about each of them"
    recovery = Recovery.STOP


class PartFailedError(HubError):
    """A plugin raised when it was to build a source or destination."""

    code = "HUB-003"
    summary = "A plugin could not build a part of the configuration"
    remedy = "Look at the part's settings, then report it to the plugin's author"
    recovery = Recovery.STOP


class AddressSharedError(HubError):
    """Two parts are to listen at one address."""

    code = "HUB-004"
    summary = "Two parts of the configuration listen at the same address"
    remedy = "Give each its own `port`, or remove the one that the other replaces"
    recovery = Recovery.STOP


class SourceFailedError(HubError):
    """A source raised something that is not in the catalogue."""

    code = "HUB-002"
    summary = "The source failed in a way it does not explain"
    remedy = "Look for its entry in the log; the hub starts it again"
    recovery = Recovery.RETRY


class NoDeskError(HubError):
    """A source wants to deliver files, and its settings do not say of which kind."""

    code = "HUB-005"
    summary = "The source delivers files, and its settings are not those of files"
    remedy = "Let the plugin derive its settings from `FileSourceSettings`"
    recovery = Recovery.STOP
