"""Settings of a ``webhook`` destination."""

import ssl
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from hub.sdk import ConfigPath, DestinationSettings, Secret, checked_url
from hub_webhook.signature import secret_key


def _check_secret(secret: SecretStr) -> SecretStr:
    secret_key(secret.get_secret_value())
    return secret


def _check_certificates(path: ConfigPath) -> ConfigPath:
    try:
        ssl.create_default_context(cafile=path)
    except OSError:  # ssl.SSLError is one
        raise ValueError(f"{path} is not a PEM file of certificates") from None
    return path


SigningSecret = Annotated[Secret, AfterValidator(_check_secret)]


class WebhookSettings(DestinationSettings):
    """A ``[destinations.NAME]`` table of kind ``webhook``."""

    url: Annotated[str, AfterValidator(checked_url)] = Field(
        description="Where to post; https, or http on this machine."
    )
    secret: SigningSecret = Field(
        description="What requests are signed with: whsec_ and a key in base64."
    )
    secret_previous: SigningSecret | None = Field(
        default=None,
        description="The secret before this one, signed with too while it is replaced.",
    )
    ca_file: Annotated[ConfigPath, AfterValidator(_check_certificates)] | None = Field(
        default=None,
        description="Certificates to trust (PEM) instead of those of the system.",
    )
    concurrency: int = Field(
        default=8, ge=1, le=64, description="Requests that may be under way at once."
    )
    timeout_seconds: float = Field(
        default=10, gt=0, le=600, description="Time allowed for one attempt."
    )

    @property
    def keys(self) -> list[bytes]:
        """Return the keys to sign with, the current one first."""
        secrets = [self.secret, self.secret_previous]
        return [secret_key(each.get_secret_value()) for each in secrets if each]
