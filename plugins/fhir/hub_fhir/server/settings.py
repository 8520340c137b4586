"""Settings of a ``fhir-server`` source."""

import ssl
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from hub.sdk import ConfigPath, PartnerName, Secret, Settings, SourceSettings, is_local
from hub_fhir.client.reach import BaseUrl, Reach, Url
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.tokens.scopes import checked_scope

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good


class ClientTable(Settings):
    """A system that may ask; the name of the table is its client id."""

    party: PartnerName = Field(
        min_length=1, description="The partner for which it speaks."
    )
    jwks_file: ConfigPath = Field(
        description="Its public keys, a JSON Web Key Set; read anew for each token."
    )
    scopes: tuple[Annotated[str, AfterValidator(checked_scope)], ...] = Field(
        default=("system/Task.crus", "system/ServiceRequest.cru"),
        min_length=1,
        description="What it may do at most, as SMART writes it.",
    )


class SubscriberTable(Settings):
    """Who is told that something changed, by a rest-hook without content."""

    party: PartnerName = Field(min_length=1, description="The partner whose referrals.")
    endpoint: Url = Field(description="Where to post; https, or http on this machine.")
    secret: Secret | None = Field(
        default=None, description="What is sent as Bearer, as the partner wants it."
    )
    ca_file: ConfigPath | None = Field(
        default=None,
        description="Certificates to trust (PEM) instead of those of the system.",
    )

    def reach(self) -> Reach:
        """Return how the endpoint is reached."""
        address = self.endpoint.partition("?")[0]
        return Reach(base_url=address, ca_file=self.ca_file)


class ServerSettings(SourceSettings):
    """A ``[sources.NAME]`` table of kind ``fhir-server``."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port; 0: any that is free.")
    public_url: BaseUrl | None = Field(
        default=None,
        description="Where clients reach it, with its path; left out: the address that"
        " it listens on, with the path /fhir. What a request says is never used.",
    )
    tls_certificate: ConfigPath | None = Field(
        default=None, description="Its own certificate and chain (PEM)."
    )
    tls_key: ConfigPath | None = Field(
        default=None, description="Private key of `tls_certificate` (PEM)."
    )
    tls_client_ca: ConfigPath | None = Field(
        default=None,
        description="Authorities (PEM) of which clients must have a certificate.",
    )
    clients: dict[str, ClientTable] = Field(
        min_length=1, description="The systems that may ask, by their client id."
    )
    subscribers: list[SubscriberTable] = Field(
        default=[], description="Who is told at once that something changed."
    )
    format_options: ReferralOptions = Field(
        default=ReferralOptions(), description="Options of `fhir-referral` for reading."
    )
    if_match: bool = Field(
        default=False, description="Whether a change must name the version it changes."
    )
    token_seconds: int = Field(
        default=300, ge=30, le=3600, description="How long a token is good."
    )
    max_body_mebibytes: int = Field(
        default=8, ge=1, le=64, description="Largest body that is read, in MiB."
    )
    max_connections: int = Field(
        default=256, ge=1, description="Connections that may be open at once."
    )
    max_requests: int = Field(
        default=64, ge=1, description="Requests that may be under way at once."
    )
    idle_seconds: float = Field(
        default=15,
        gt=0,
        le=600,
        description="How long a connection may have no request, or an unfinished head.",
    )
    request_seconds: float = Field(
        default=30, gt=0, le=600, description="Time allowed for one request."
    )
    notify_seconds: float = Field(
        default=5, gt=0, le=3600, description="How often is looked for what changed."
    )
    notify_again_hours: float = Field(
        default=1,
        ge=0,
        le=72,
        description="How far back subscribers are told after a start.",
    )

    @property
    def path(self) -> str:
        """The path below which everything is, without a slash at its end."""
        return urlsplit(self.public_url).path if self.public_url else "/fhir"

    @property
    def systems(self) -> dict[str, str]:
        """Addresses of those who assign numbers, for reading and writing alike."""
        given = self.profile.get("systems")
        return {**(given if isinstance(given, dict) else {})} | {
            **self.format_options.systems
        }

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if self.tls_client_ca and not self.tls_certificate:
            raise ValueError("tls_client_ca needs tls_certificate")
        if self.tls_certificate is None and not is_local(self.host):
            raise ValueError(
                f"host: {self.host} can be reached by others: name tls_certificate and"
                " tls_key, or let a proxy on this machine speak TLS"
            )
        try:
            self.tls()
        except OSError:  # ssl.SSLError is one
            raise ValueError("tls_certificate or tls_client_ca is not usable") from None
        return self

    def tls(self) -> ssl.SSLContext | None:
        """Return how connections are protected, None for not. Raises OSError."""
        if self.tls_certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
        context.num_tickets = 0
        key: Path | None = self.tls_key
        context.load_cert_chain(self.tls_certificate, key, password=lambda: b"")
        if self.tls_client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.tls_client_ca)
        return context
