"""What can go wrong with amendments."""

from hub.errors import HubError, Recovery


class OtherProfilesError(HubError):
    """Messages were to be read by other profiles than those of this hub."""

    code = "AMEND-001"
    summary = "The hub does not read its feeds by this configuration"
    remedy = "Start the hub with the new configuration first, then apply it"
    recovery = Recovery.REJECT
