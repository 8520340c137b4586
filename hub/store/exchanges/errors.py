"""What can be wrong with what is asked of the ledger of files."""

from hub.errors import HubError, Recovery


class UnknownExchangeError(HubError):
    """A file that the ledger does not have."""

    code = "LEDGER-001"
    summary = "The ledger has no file with this id"
    remedy = "Take ids from `hub exchange list`"
    recovery = Recovery.REJECT


class NotHeldError(HubError):
    """A decision on a file of which nobody has to decide."""

    code = "LEDGER-002"
    summary = "The file does not wait for a decision"
    remedy = "Look at its state with `hub exchange show`"
    recovery = Recovery.REJECT


class UnknownFeedError(HubError):
    """A source that the configuration does not have, or one that brings no files."""

    code = "LEDGER-003"
    summary = "There is no source of files with this name"
    remedy = "Take names from `hub exchange partners`"
    recovery = Recovery.REJECT


class NothingStatedError(HubError):
    """A comparison with a partner who never said how many records there are."""

    code = "LEDGER-004"
    summary = "No file of the feed says how many records there are"
    remedy = "Give the number that the partner says: `--count`, or `count` in the API"
    recovery = Recovery.REJECT


class BytesGoneError(HubError):
    """A file whose bytes are not kept, or never were here."""

    code = "LEDGER-005"
    summary = "The bytes of the file are not there"
    remedy = "Ask its sender for it, or look in a backup of the data folder"
    recovery = Recovery.REJECT


class NotSentError(HubError):
    """A file that cannot be sent again."""

    code = "LEDGER-006"
    summary = "The file cannot be sent again"
    remedy = (
        "Only a file of ours can that is not under way, as long as its notices are in"
        " no other; send the newest of several, and single notices by `hub replay`"
    )
    recovery = Recovery.REJECT
