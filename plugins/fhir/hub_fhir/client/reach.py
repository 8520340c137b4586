"""How a partner's server is reached: settings that all who call one have."""

import ssl
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from hub.sdk import ConfigPath, Secret, Settings, checked_url
from hub_fhir.tokens.assertion import read_key


def _check_key(secret: SecretStr) -> SecretStr:
    read_key(secret.get_secret_value())
    return secret


def _base(text: str) -> str:
    if "?" in text:
        raise ValueError("base_url is the address of a server, without a search")
    return checked_url(text).rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base)]
Url = Annotated[str, AfterValidator(checked_url)]
SigningSecret = Annotated[Secret, AfterValidator(_check_key)]


class SmartSettings(Settings):
    """How the hub proves who it is: SMART backend services."""

    method: Literal["smart"] = Field(
        default="smart", description="SMART backend services (private_key_jwt)."
    )
    token_url: Url = Field(description="The token endpoint of the partner's server.")
    client_id: str = Field(min_length=1, description="What the hub is called there.")
    signing_key: SigningSecret = Field(
        description="The hub's private key (PEM): RSA for RS384, EC P-384 for ES384."
    )
    key_id: str = Field(
        min_length=1, description="The `kid` of the key in the set that they have."
    )
    scope: str = Field(
        default="system/*.cruds", description="What is asked for, as they offer it."
    )


class Reach(Settings):
    """The part of a table that says how a server is reached."""

    base_url: BaseUrl = Field(
        description="The server's address; https, or http on this machine."
    )
    auth: SmartSettings | None = Field(
        default=None, description="How the hub proves who it is; left out: it does not."
    )
    ca_file: ConfigPath | None = Field(
        default=None,
        description="Certificates to trust (PEM) instead of those of the system.",
    )
    tls_certificate: ConfigPath | None = Field(
        default=None, description="The hub's own certificate (PEM), where one is asked."
    )
    tls_key: ConfigPath | None = Field(
        default=None, description="Private key of `tls_certificate` (PEM)."
    )

    @model_validator(mode="after")
    def _files_hold(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        try:
            self.tls()
        except OSError:  # ssl.SSLError is one
            raise ValueError("ca_file or tls_certificate is not usable PEM") from None
        return self

    def tls(self) -> ssl.SSLContext:
        """Return how certificates are checked. Raises OSError."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.tls_certificate:
            context.load_cert_chain(
                self.tls_certificate, self.tls_key, password=lambda: b""
            )
        return context
