"""What can be wrong with a question to the store."""

from hub.errors import HubError, Recovery


class StoreUnreadableError(HubError):
    """There is no store, or it cannot be read."""

    code = "QUERY-001"
    summary = "The store cannot be read"
    remedy = "Check `data_dir` and its permissions; `hub run` makes a new store"
    recovery = Recovery.STOP


class UnknownIdError(HubError):
    """An id that is not in the store."""

    code = "QUERY-002"
    summary = "The store holds nothing under this id"
    remedy = "Take ids from a list, such as `hub messages` or `hub persons`"
    recovery = Recovery.REJECT


class DamagedBytesError(HubError):
    """A message is not what was received any more."""

    code = "QUERY-003"
    summary = "The stored bytes of a message do not match their SHA-256"
    remedy = "Check the disk, and restore the data folder from a backup"
    recovery = Recovery.STOP


class BadCursorError(HubError):
    """A cursor that no list of this kind gave out."""

    code = "QUERY-004"
    summary = "The cursor does not belong to this list"
    remedy = "Use the value of `next` of the page before, as it is"
    recovery = Recovery.REJECT


class SlowQueryError(HubError):
    """The answer took longer than is allowed."""

    code = "QUERY-005"
    summary = "The store did not answer in time"
    remedy = "Ask again with a narrower filter, or when the hub is less busy"
    recovery = Recovery.RETRY


class NothingKnownError(HubError):
    """A question about a time at which nothing had been heard of the thing yet."""

    code = "QUERY-006"
    summary = "Nothing was known of it at that time"
    remedy = "Ask for a later time, or without `known_at` for what is known now"
    recovery = Recovery.REJECT
