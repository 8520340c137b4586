"""Settings of a ``referral-page`` source."""

import ssl
from typing import Self

from pydantic import Field, model_validator

from hub.sdk import (
    ConfigPath,
    PartnerName,
    Settings,
    SourceSettings,
    TimeZone,
    is_local,
)
from hub_community.mail.invitation import LinkSecret, PageUrl
from hub_community.mail.settings import MailAddress, SmtpSettings
from hub_community.page.wording import Language


class PartySettings(Settings):
    """One partner that works its referrals on the page."""

    email: MailAddress = Field(
        description="Where its codes are sent: the address that gets its invitations."
    )
    language: Language = Field(
        default="en", description="The language of its pages; there is a switch."
    )
    name: str = Field(default="", description="What it is called, for operators.")


class PageSettings(SourceSettings):
    """A ``[sources.NAME]`` table of kind ``referral-page``."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port; 0: any that is free.")
    public_url: PageUrl = Field(
        description="Where browsers reach the page, through a proxy with TLS or not."
    )
    tls_certificate: ConfigPath | None = Field(
        default=None, description="Its own certificate (PEM), without a proxy."
    )
    tls_key: ConfigPath | None = Field(
        default=None, description="The key of the certificate (PEM)."
    )
    secret: LinkSecret = Field(
        description="What links are signed with, 32 characters or more; the same as in"
        " `format_options` of the destinations that invite."
    )
    secret_previous: LinkSecret | None = Field(
        default=None, description="The secret before this one, while it is replaced."
    )
    smtp: SmtpSettings = Field(description="The server that sends the codes.")
    parties: dict[PartnerName, PartySettings] = Field(
        min_length=1, description="The partners, as they are called in `partners`."
    )
    time_zone: TimeZone = Field(
        default="UTC", description="The IANA time zone in which appointments are made."
    )
    code_valid_minutes: int = Field(
        default=10, ge=1, le=60, description="How long a code can be used."
    )
    tries: int = Field(
        default=5, ge=1, le=10, description="How often a code can be entered wrongly."
    )
    session_minutes: int = Field(
        default=30, ge=1, le=240, description="How long a visit can last."
    )

    @property
    def secrets(self) -> list[str]:
        """The secrets that links may be signed with, the current one first."""
        given = [self.secret, self.secret_previous]
        return [each.get_secret_value() for each in given if each]

    def tls(self) -> ssl.SSLContext | None:
        """Return how connections are protected, None for not. Raises OSError."""
        if self.tls_certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Nobody is there to be asked for the password of a key.
        context.load_cert_chain(
            self.tls_certificate, self.tls_key, password=lambda: b""
        )
        return context

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if self.tls_certificate is None and not is_local(self.host):
            raise ValueError(
                f"host: {self.host} can be reached by others: name tls_certificate and"
                " tls_key, or let a proxy on this machine speak TLS"
            )
        try:
            self.tls()
        except OSError:  # ssl.SSLError is one
            raise ValueError(
                "tls_certificate and tls_key must be PEM files that can be read and"
                " belong together, the key without a password"
            ) from None
        return self
