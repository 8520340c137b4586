"""What can go wrong with the audit."""

from hub.errors import HubError, Recovery


class AuditKeyError(HubError):
    """A key of the audit is missing, although there is an audit, or is none."""

    code = "AUDIT-001"
    summary = "A key of the audit is missing or cannot be used"
    remedy = (
        "Restore the files `audit*.key` of the data folder from the backup; without"
        " them what was recorded cannot be proved"
    )
    recovery = Recovery.STOP


class CheckpointsUnreadableError(HubError):
    """The file of checkpoints, or of the key that signs them, cannot be read."""

    code = "AUDIT-002"
    summary = "The checkpoints of the audit cannot be read"
    remedy = "Name a file of checkpoints and the public key that goes with it"
    recovery = Recovery.STOP
