"""What can go wrong with the store."""

from hub.errors import HubError, Recovery


class DataFolderError(HubError):
    """The data folder cannot be used."""

    code = "STORE-001"
    summary = "The data folder cannot be used"
    remedy = "Give the hub a folder on a local disk that it may write to"
    recovery = Recovery.STOP


class DataFolderLockedError(HubError):
    """Another hub owns the data folder."""

    code = "STORE-002"
    summary = "Another hub is using this data folder"
    remedy = "Stop the other hub, or give this one its own `data_dir`"
    recovery = Recovery.STOP


class StorageFullError(HubError):
    """The disk has no room for what was to be stored."""

    code = "STORE-003"
    summary = "The disk is full"
    remedy = "Free space; senders get no answer until then and will resend"
    recovery = Recovery.RETRY


class StorageFailedError(HubError):
    """The disk or the database file is damaged, or does not answer."""

    code = "STORE-004"
    summary = "The store can no longer be trusted to keep what it is given"
    remedy = "Check the disk, then start the hub again; it has stopped accepting"
    recovery = Recovery.STOP


class PragmaError(HubError):
    """SQLite did not take a setting that durability depends on."""

    code = "STORE-005"
    summary = "SQLite did not accept a setting that the hub depends on"
    remedy = "Use a local file system and a standard build of SQLite"
    recovery = Recovery.STOP


class SchemaError(HubError):
    """The database was written by a newer hub."""

    code = "STORE-006"
    summary = "The database belongs to a newer release of the hub"
    remedy = "Start that release, or restore the backup made before the upgrade"
    recovery = Recovery.STOP


class StoreClosedError(HubError):
    """The hub is stopping and takes nothing more."""

    code = "STORE-007"
    summary = "The store is closed"
    remedy = "Nothing was stored; the sender will resend when the hub is back"
    recovery = Recovery.RETRY


class IntakeFullError(HubError):
    """Messages arrive faster than they can be stored."""

    code = "STORE-010"
    summary = "More messages wait to be stored than the hub may hold in memory"
    remedy = "Nothing is lost: senders get no answer and send again; check the disk"
    recovery = Recovery.RETRY


class DamagedMessageError(HubError):
    """What is stored is not what was received."""

    code = "STORE-011"
    summary = "The stored bytes of the message have changed"
    remedy = "Check the disk; ask the sender to send the message again"


class RowRefusedError(HubError):
    """The database refused a row."""

    code = "STORE-008"
    summary = "The database refused what was to be stored"
    remedy = "Report this with the hub's log: it is a defect of the hub"
    recovery = Recovery.REJECT


class StorageBusyError(HubError):
    """Another program keeps the database locked."""

    code = "STORE-009"
    summary = "Another program keeps the database locked"
    remedy = "Let nothing but the hub write to its data folder"
    recovery = Recovery.RETRY
