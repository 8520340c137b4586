"""What can be wrong with bodies of facts."""

from hub.sdk import HubError, Recovery


class BadFactsError(HubError):
    """A body that came by another way than the API, which refuses such a one."""

    code = "FACTS-001"
    summary = "The body does not hold facts in the form that is asked for"
    remedy = "Correct it by docs/reference/facts.schema.json and send it anew"
    recovery = Recovery.REJECT


class BadTableError(HubError):
    """A table that cannot be read, or that lacks columns of the profile."""

    code = "FACTS-002"
    summary = "The table cannot be read by the profile of its feed"
    remedy = "Compare its header, separator and character set with the profile"
    recovery = Recovery.REJECT
