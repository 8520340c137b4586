"""What can be wrong with a table of referrals as a whole, or with a row's message."""

from hub.sdk import HubError, Recovery


class NotATableError(HubError):
    """The file is something else than its name says."""

    code = "REFCSV-001"
    summary = "The file is no table in text"
    remedy = "Ask the partner to save it as CSV, not as a workbook"
    recovery = Recovery.REJECT


class StatusHeaderError(HubError):
    """The header lacks a column without which no row means anything."""

    code = "REFCSV-002"
    summary = "The header of the table does not have the columns that are needed"
    remedy = (
        "Compare the header with `columns` of the profile, or name the column there"
    )
    recovery = Recovery.REJECT


class StatusRowError(HubError):
    """A message that is no row of such a table."""

    code = "REFCSV-003"
    summary = "The message is no row of a table of referrals"
    remedy = "Let the source name the normaliser that reads its files"
    recovery = Recovery.REJECT
