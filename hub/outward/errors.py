"""What is wrong with a place that the hub is to call."""

from hub.errors import HubError, Recovery


class ForbiddenAddressError(HubError):
    """The name resolves to an address that cannot be a receiver."""

    code = "HTTP-010"
    summary = "The name of the receiver resolves to a forbidden address"
    remedy = "Correct the name in url or its DNS entry; for this machine use localhost"
    recovery = Recovery.RETRY
