"""What can go wrong between the hub and who publishes a directory.

Each says in `retry_after_seconds` how long to leave the publisher alone.
"""

from hub.sdk import HubError, Recovery

_MINUTE, _QUARTER = 60.0, 900.0


class DirectoryBusyError(HubError):
    """The publisher asks for fewer requests (429, 503)."""

    code = "HSDS-020"
    summary = "The publisher of the directory asks the hub to slow down"
    remedy = "The hub waits as told; if it goes on, lower requests_per_second"
    recovery = Recovery.RETRY

    def __init__(self, detail: str = "", wait: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = wait or _MINUTE


class DirectoryFailedError(HubError):
    """The publisher failed, or its answer broke off."""

    code = "HSDS-021"
    summary = "The publisher of the directory did not answer, or not to the end"
    remedy = "The hub tries again; if it goes on, ask the publisher to look at its logs"
    recovery = Recovery.RETRY
    retry_after_seconds = _MINUTE


class DirectoryRefusesError(HubError):
    """The publisher does not let this hub in (401, 402, 403, 407)."""

    code = "HSDS-022"
    summary = "The publisher of the directory refuses access"
    remedy = "Agree with the publisher on what `authorization` is, and on the address"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class NothingThereError(HubError):
    """There is no directory at the address, or not to such a request."""

    code = "HSDS-023"
    summary = "There is no directory at the url"
    remedy = "Check `url`: the directory may have moved, or need another kind of source"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class DirectoryMovedError(HubError):
    """The publisher names another host, or goes in circles."""

    code = "HSDS-024"
    summary = "The publisher of the directory redirects to where the hub may not go"
    remedy = "Set `url` to the new address, or name its host in `redirect_hosts`"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class DirectoryUnreachableError(HubError):
    """No connection came about."""

    code = "HSDS-025"
    summary = "The publisher of the directory cannot be reached"
    remedy = "Check name resolution, firewalls, and whether its server runs"
    recovery = Recovery.RETRY
    retry_after_seconds = _MINUTE


class DirectoryUntrustedError(HubError):
    """The certificate does not prove that the publisher is who it should be."""

    code = "HSDS-026"
    summary = "The certificate of the directory's publisher is not trusted"
    remedy = "Check the name in `url` and the certificate, or set `ca_file`"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class DirectoryAddressError(HubError):
    """The name resolves to an address that nothing is fetched from."""

    code = "HSDS-027"
    summary = "The name of the directory's publisher resolves to a forbidden address"
    remedy = "Correct `url` or its DNS entry; for this machine use localhost"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class UnusableAnswerError(HubError):
    """What came with the status of a success is no directory."""

    code = "HSDS-028"
    summary = "What the publisher of the directory answers is not a directory"
    remedy = "Open `url` in a browser: it may be a page for people, or an error"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class DirectoryTooLargeError(HubError):
    """The directory is larger than its source may fetch."""

    code = "HSDS-029"
    summary = "The directory is larger than its source may fetch"
    remedy = "Look at what is there, or raise `max_mebibytes` of the source"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class RefreshTooLongError(HubError):
    """The directory could not be read within its time."""

    code = "HSDS-030"
    summary = "The directory could not be fetched within its time"
    remedy = "Raise `max_minutes` or `requests_per_second`, or ask why it is slow"
    recovery = Recovery.RETRY
    retry_after_seconds = _QUARTER


class FolderUnreadableError(HubError):
    """The folder, or a file in it, cannot be read."""

    code = "HSDS-031"
    summary = "The folder of the directory cannot be read"
    remedy = "Check that `folder` is there and that the hub's user may read it"
    recovery = Recovery.RETRY
    retry_after_seconds = _MINUTE
