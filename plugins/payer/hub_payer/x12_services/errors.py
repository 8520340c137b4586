"""Why a notice cannot become an X12 transaction set for its recipient."""

from hub.sdk import HubError


class NoNotificationError(HubError):
    """The event is about something that a 278N or a 270 does not tell."""

    code = "X12-101"
    summary = "This X12 format has nothing for the type of the event"
    remedy = (
        "Name only types of the family encounter in the subscription, or use another"
        " format for the others"
    )


class UnwritableNumberError(HubError):
    """A number has characters that X12 cannot hold, or more than it can."""

    code = "X12-102"
    summary = "A number of the person or the event cannot be written in X12"
    remedy = (
        "Correct the number in the recipient's panel: it has ASCII characters without"
        " * : ^ ~ and at most 80 of them"
    )


class NoMemberError(HubError):
    """A question about somebody whom the payer cannot know by any number."""

    code = "X12-103"
    summary = "The notice has no number by which the payer knows the person"
    remedy = (
        "Feed the panel with the payer's own numbers, or let its policy permit the"
        " coverage of the person"
    )
