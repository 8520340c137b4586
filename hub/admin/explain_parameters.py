"""The query parameters of explanations."""

from typing import Literal

from pydantic import Field

from hub.admin.parameters import Parameters, Text


class MessageExplained(Parameters):
    """The message that is asked about."""

    message: Text = Field(
        description="The id of the message, or of an event that it led to."
    )


class ExplainParameters(Parameters):
    """What to explain, and to whom."""

    message: Text | None = Field(
        default=None,
        description="The id of the message, or of an event that it led to; for the"
        " hub's own view also the key of a referral, or of another record: then it is"
        " the newest message that changed that.",
    )
    person: Text | None = Field(
        default=None, description="The key of a person, instead of a message."
    )
    destination: Text | None = Field(
        default=None, description="Explain only what concerns this destination."
    )
    view: Literal["hub", "sender", "recipient"] = Field(
        default="hub",
        description="`sender` says only what the sender of the message may know, "
        "`recipient` only what the `destination` may.",
    )

    def problems(self) -> list[str]:
        """Return what does not go together; empty where all does."""
        if self.message is None and self.person is None:
            return ["message: is needed, or person"]
        if self.message is not None and self.person is not None:
            return ["person: cannot be asked for together with message"]
        if self.view != "hub" and self.message is None:
            return [f"message: is needed for the view of a {self.view}"]
        if self.view == "recipient" and self.destination is None:
            return ["destination: is needed for the view of a recipient"]
        if self.view == "sender" and self.destination is not None:
            return ["destination: is not for a sender to know"]
        return []
