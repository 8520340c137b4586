"""What can be wrong with files that go out."""

from hub.errors import HubError, Recovery


class NotSentError(HubError):
    """A file that cannot be sent again."""

    code = "EXCH-040"
    summary = "The file cannot be sent again"
    remedy = (
        "Only a file of ours can that went, or was given up; of several with one"
        " content send the newest, and what was never sent by `hub replay`"
    )
    recovery = Recovery.REJECT
