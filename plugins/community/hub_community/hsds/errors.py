"""Why a directory cannot be used as a whole."""

from hub.sdk import HubError, Recovery


class UnreadablePackageError(HubError):
    """What came is no archive, no JSON and no table."""

    code = "HSDS-001"
    summary = "The package is in none of the forms that a directory comes in"
    remedy = "Send a zip archive of tables, one table, JSON or NDJSON"
    recovery = Recovery.REJECT


class DamagedArchiveError(HubError):
    """The archive is cut short or damaged."""

    code = "HSDS-002"
    summary = "The archive is damaged"
    remedy = "Make the archive anew and send it again"
    recovery = Recovery.REJECT


class UnsafeArchiveError(HubError):
    """The archive would write outside of its folder, or hides what it holds."""

    code = "HSDS-003"
    summary = "The archive holds entries that no directory needs"
    remedy = "Pack only the tables: no links, no paths that lead out, no archives"
    recovery = Recovery.REJECT


class EncryptedArchiveError(HubError):
    """The archive is encrypted, or packed in a way that is not read."""

    code = "HSDS-004"
    summary = "The archive is encrypted, or packed by a method that is not read"
    remedy = "Pack it without a password, by the method deflate"
    recovery = Recovery.REJECT


class TooLargeError(HubError):
    """The package, or what comes out of it, is beyond the profile's limits."""

    code = "HSDS-005"
    summary = "The package is larger than this feed may send"
    remedy = "Look at what was sent, or raise `limits` in the profile of the feed"
    recovery = Recovery.REJECT


class NoDirectoryError(HubError):
    """The package can be read, and nothing in it is of a directory."""

    code = "HSDS-006"
    summary = "The package holds no services, organisations, locations or terms"
    remedy = "Send their tables or objects, or map their columns by `aliases`"
    recovery = Recovery.REJECT


class BrokenJsonError(HubError):
    """The JSON cannot be read from its start on."""

    code = "HSDS-007"
    summary = "The JSON of the package is malformed"
    remedy = "Check it with a JSON parser and send it again"
    recovery = Recovery.REJECT


class BrokenSnapshotError(HubError):
    """The first line of a snapshot of an API does not say what it must."""

    code = "HSDS-008"
    summary = "The snapshot of the directory's API has an unusable first line"
    remedy = "Fetch the directory anew; snapshots are made by the hub's own sources"
    recovery = Recovery.REJECT


class DirectoryOnlyError(HubError):
    """A directory was taken for a message about people."""

    code = "HSDS-009"
    summary = "The normaliser hsds reads directories as a whole, not messages"
    remedy = "Bind it to a source of directories; the directory keeper reads them"
    recovery = Recovery.REJECT
