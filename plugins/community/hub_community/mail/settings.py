"""Settings of mail: by which server, in whose name, to whom."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.sdk import Certificates, DestinationSettings, Secret, Settings, is_local
from hub_community.page.wording import Language

#: The addresses that every mail server takes, and nothing with a meaning in a header.
#: Source: RFC 5321, section 4.1.2, without quoted local parts.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_LONGEST_ADDRESS = 254
#: A header is one line.
_NO_LINE = r"^[^\x00-\x1f\x7f]*$"


def _address(text: str) -> str:
    if len(text) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        raise ValueError("must be a mail address such as office@example.org")
    return text


MailAddress = Annotated[str, AfterValidator(_address)]


class SmtpSettings(Settings):
    """The server that takes mail from the hub."""

    host: str = Field(min_length=1, description="Its name, as in its certificate.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description=(
            "`starttls` demands encryption after the greeting, `tls` from the start"
            " (port 465); `none` is for a server on this machine only."
        ),
    )
    ca_file: Certificates | None = Field(
        default=None,
        description="Certificates to trust (PEM) instead of those of the system.",
    )
    user: str = Field(default="", description="Who signs in; empty: nobody does.")
    password: Secret | None = Field(default=None, description="The user's password.")
    sender: MailAddress = Field(description="The address that mail comes from.")
    sender_name: str = Field(
        default="",
        max_length=100,
        pattern=_NO_LINE,
        description="The name beside it.",
    )
    step_seconds: float = Field(
        default=10,
        gt=0,
        le=300,
        description="How long the server may take for each answer.",
    )

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        if self.security == "none" and not is_local(self.host):
            raise ValueError(
                f"security: {self.host} is another machine, choose starttls or tls"
            )
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        return self


class ReferralMailSettings(DestinationSettings):
    """A ``[destinations.NAME]`` table of kind ``referral-mail``."""

    format: str = Field(
        default="referral-invitation", description="Which renderer makes what is sent."
    )
    to: MailAddress = Field(description="The address of the partner.")
    language: Language = Field(default="en", description="The language of the subject.")
    subject: str = Field(
        default="",
        max_length=100,
        pattern=_NO_LINE,
        description="The subject, without any content; empty: a neutral one.",
    )
    smtp: SmtpSettings = Field(description="The mail server by which it goes out.")
