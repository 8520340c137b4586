"""What can go wrong in the demonstration."""

from hub.errors import HubError, Recovery


class AsyncsshMissingError(HubError):
    """The payer's SSH server needs a library that the hub itself does not."""

    code = "DEMO-001"
    summary = "The demonstration needs asyncssh to play the payer's SFTP server"
    remedy = "Install it with: pip install 'carehub[demo]'"
    recovery = Recovery.STOP


class HubUnreachableError(HubError):
    """A simulated hospital got no proper answer for too long."""

    code = "DEMO-002"
    summary = "The hub does not answer a simulated hospital"
    remedy = "Look at the hub's log for the reason, and whether its disk is full"
    recovery = Recovery.STOP


class ConsentsRefusedError(HubError):
    """The hub did not take what people decided."""

    code = "DEMO-004"
    summary = "The hub does not take the consents of the demonstration"
    remedy = "Look at the hub's log for the reason, and whether its disk is full"
    recovery = Recovery.STOP


class DemoFolderTakenError(HubError):
    """A demonstration starts from nothing, so that its books are its own."""

    code = "DEMO-003"
    summary = "The folder for the demonstration is not empty"
    remedy = "Name another folder with --data-dir, or empty this one"
    recovery = Recovery.STOP


class HelpRefusedError(HubError):
    """The hub did not take what somebody who helps asked of it."""

    code = "DEMO-005"
    summary = "The hub does not take what a helper of the demonstration says"
    remedy = "Look at the hub's log for the reason, and whether its disk is full"
    recovery = Recovery.STOP
