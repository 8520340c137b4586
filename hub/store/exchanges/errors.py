"""What can be wrong with what is asked of the ledger of files."""

from hub.errors import HubError, Recovery


class UnknownExchangeError(HubError):
    """A file that the ledger does not have."""

    code = "EXCH-020"
    summary = "The ledger has no file with this id"
    remedy = "Take ids from `hub exchange list`"
    recovery = Recovery.REJECT


class NotHeldError(HubError):
    """A decision on a file of which nobody has to decide."""

    code = "EXCH-021"
    summary = "The file does not wait for a decision"
    remedy = "Look at its state with `hub exchange show`"
    recovery = Recovery.REJECT
