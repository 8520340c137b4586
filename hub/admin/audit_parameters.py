"""What is asked of the audit."""

from typing import Literal

from pydantic import Field

from hub.admin.parameters import Moment, Paging, Parameters, Text


class AuditParameters(Paging):
    """Which records."""

    action: Text | None = Field(
        default=None, description="What was done, such as `notice.sent`."
    )
    actor: Text | None = Field(default=None, description="Who did it.")
    object: Text | None = Field(
        default=None, description="The id of what it was done to."
    )
    recipient: Text | None = Field(
        default=None, description="The destination that was told."
    )
    outcome: Text | None = Field(default=None, description="What came of it.")
    since: Moment | None = Field(default=None, description="Not before this time.")
    until: Moment | None = Field(default=None, description="Before this time.")
    format: Literal["json", "fhir"] = Field(
        default="json",
        description="`fhir` answers a bundle of AuditEvent resources, without `next`.",
    )


class AboutPerson(Parameters):
    """Whom it is about."""

    person: Text = Field(description="The key of the person.")
