"""What can be wrong with what is asked of the panels."""

from hub.errors import HubError, Recovery


class UnknownPanelError(HubError):
    """A panel that the configuration does not have."""

    code = "PANEL-002"
    summary = "There is no panel with this name"
    remedy = (
        "Take names from `hub panels list`; a panel is a table of the configuration"
    )
    recovery = Recovery.REJECT


class UnknownLoadError(HubError):
    """A list that was never given."""

    code = "PANEL-003"
    summary = "No list was given under this id"
    remedy = "Take ids from `hub panels show`"
    recovery = Recovery.REJECT


class NotWaitingError(HubError):
    """A decision on a list of which nobody has to decide."""

    code = "PANEL-004"
    summary = "The list does not wait for a decision"
    remedy = "Look at its state with `hub panels show`"
    recovery = Recovery.REJECT


class ListWaitsError(HubError):
    """Changes of a panel while a whole list of it waits to be approved."""

    code = "PANEL-005"
    summary = "A list of this panel waits for a decision, and changes cannot pass it"
    remedy = "Approve or refuse it with `hub panels`, then give the changes again"
    recovery = Recovery.REJECT


class PanelMovedError(HubError):
    """A list of changes rests on a version that is not in force any more."""

    code = "PANEL-006"
    summary = "Another list was put in force meanwhile"
    remedy = "Give the changes again"
    recovery = Recovery.RETRY


class PanelFileError(HubError):
    """A list changed, or ended, while it was being read."""

    code = "PANEL-007"
    summary = "The list changed while it was read"
    remedy = "Write it under another name and rename it when it is complete"
    recovery = Recovery.RETRY


class UnknownEpisodeError(HubError):
    """An episode that no subscription follows."""

    code = "PANEL-008"
    summary = "No subscription follows this"
    remedy = "Take subscription and key from `hub episodes list`"
    recovery = Recovery.REJECT


class NoEpisodesError(HubError):
    """A subscription that is not about episodes, or is not there."""

    code = "PANEL-009"
    summary = "There is no subscription of this name to episodes"
    remedy = 'Name a subscription with `panel = "episode"`'
    recovery = Recovery.REJECT
