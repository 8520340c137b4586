"""What can be wrong with a table as a whole."""

from hub.sdk import HubError, Recovery


class NotTextError(HubError):
    """The file is something else than its name says."""

    code = "TABLE-001"
    summary = "The file is no text"
    remedy = "Ask the partner for delimited or fixed-width text, not for a workbook"
    recovery = Recovery.REJECT


class HeaderError(HubError):
    """The header does not have the columns of the profile."""

    code = "TABLE-002"
    summary = "The header of the table does not fit the profile of its feed"
    remedy = "Compare the header with `columns` of the profile, or learn it anew"
    recovery = Recovery.REJECT


class NoHeaderError(HubError):
    """A file that should have a header has nothing in it at all."""

    code = "TABLE-003"
    summary = "The table has no header"
    remedy = "A table without rows still has its header; ask the partner for the file"
    recovery = Recovery.REJECT
