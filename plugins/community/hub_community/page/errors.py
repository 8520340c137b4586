"""What can go wrong on the referral page, for operators and for those who visit.

An error of a visit has the `status` of its answer. What a visitor reads of it is in
their language and without detail: see `hub_community.page.wording`.
"""

from typing import ClassVar

from hub.sdk import HubError, Recovery


class PageAddressTakenError(HubError):
    """Nothing can listen where the page should."""

    code = "PAGE-001"
    summary = "The referral page cannot listen at its address"
    remedy = "Choose another port, or stop the program that has it"
    recovery = Recovery.RETRY


class VisitError(HubError):
    """A visit that comes to nothing."""

    code = "PAGE-002"
    summary = "The page could not do what was asked of it"
    remedy = "Look for request.failed in the log, at the time of the visit"
    recovery = Recovery.REJECT
    status: ClassVar[int] = 500


class NoSuchLinkError(VisitError):
    """An address that the hub never gave to anybody."""

    code = "PAGE-010"
    summary = "The link is not one that this hub has made"
    remedy = "Open the link as it stands in the mail; programs cut long links"
    status = 404


class LinkExpiredError(VisitError):
    """A link after its time, or to an address that is no longer the partner's."""

    code = "PAGE-011"
    summary = "The link has expired"
    remedy = "Use the link of the newest mail, or ask the operator for another one"
    status = 410


class NotSignedInError(VisitError):
    """No session, or one that is over."""

    code = "PAGE-012"
    summary = "The visit needs a code, or had one that is over"
    remedy = "Ask for a code on the page of the link and enter it"
    status = 403


class NothingToSeeError(VisitError):
    """The policy does not permit it, or no longer."""

    code = "PAGE-013"
    summary = "The referral cannot be shown to this partner, or no longer"
    remedy = "Look with `hub explain` at what the policy decides, and why"
    status = 404


class NotNowError(VisitError):
    """The state of the referral does not allow what was chosen."""

    code = "PAGE-014"
    summary = "The state of the referral does not allow this step"
    remedy = "Look at the referral again: something has happened since"
    status = 409


class TooManyCodesError(VisitError):
    """More codes were asked for than anybody needs."""

    code = "PAGE-015"
    summary = "Too many codes were asked for"
    remedy = "Wait for an hour; if nobody there asked, somebody else has the link"
    status = 429


class ForeignFormError(VisitError):
    """A form that this page did not make for this visitor."""

    code = "PAGE-016"
    summary = "The form does not come from this page, or from an earlier visit"
    remedy = "Open the link again and fill in the form there"
    status = 403


class NotStoredError(VisitError):
    """The hub could not keep what was said."""

    code = "PAGE-017"
    summary = "The hub could not store the statement"
    remedy = "Send the form again; look at why the hub cannot store"
    recovery = Recovery.RETRY
    status = 503


class CodeNotSentError(VisitError):
    """The mail with the code did not go out."""

    code = "PAGE-018"
    summary = "The mail with the code could not be sent"
    remedy = "Look at the error code of the mail in the log, then ask for a code again"
    recovery = Recovery.RETRY
    status = 503


class BadVisitError(VisitError):
    """A request that no browser sends from this page."""

    code = "PAGE-019"
    summary = "The request cannot be understood"
    remedy = "Open the link in a browser"
    status = 400


class NoStatementError(HubError):
    """A message of a feed of statements that says nothing of a referral."""

    code = "PAGE-020"
    summary = "The message is no statement about a referral"
    remedy = "Compare it with `Statement` in the reference; its form is JSON"
    recovery = Recovery.REJECT
