"""The settings of the destinations of this plugin."""

from typing import Self

from pydantic import Field, model_validator

from hub.sdk import ConfigPath, DestinationSettings
from hub_hl7.receiving.settings import is_loopback


class SenderSettings(DestinationSettings):
    """Settings of an ``mllp-sender`` destination."""

    host: str = Field(min_length=1, description="Name or address of the receiver.")
    port: int = Field(ge=1, le=65535, description="TCP port of the receiver.")
    tls: bool = Field(
        default=True, description="Whether to speak TLS (1.2 or newer) to the receiver."
    )
    insecure: bool = Field(
        default=False,
        description=(
            "Needed with `tls = false` where the receiver is another machine: "
            "everybody on the way can read what is sent."
        ),
    )
    tls_ca: ConfigPath | None = Field(
        default=None,
        description="Authorities to trust (PEM) instead of those of the system.",
    )
    tls_certificate: ConfigPath | None = Field(
        default=None,
        description="Certificate of this hub and its chain (PEM), where one is asked.",
    )
    tls_key: ConfigPath | None = Field(
        default=None, description="Private key of `tls_certificate` (PEM)."
    )
    server_name: str = Field(
        default="",
        description="Name in the receiver's certificate; empty: the same as `host`.",
    )
    connections: int = Field(
        default=1,
        ge=1,
        le=64,
        description=(
            "Connections to the receiver at once, together with all destinations of "
            "the same `host` and `port`; more than one gives up the order. "
            "`concurrency` limits them too."
        ),
    )
    keep_open_seconds: float = Field(
        default=900,
        ge=0,
        description="How long an unused connection is kept; 0: one for each message.",
    )
    connect_timeout_seconds: float = Field(
        default=5, gt=0, le=120, description="Time allowed for opening a connection."
    )
    ack_timeout_seconds: float = Field(
        default=20,
        gt=0,
        le=600,
        description=(
            "Time that the receiver has to acknowledge; then the connection is closed "
            "and the message sent again. Less than `timeout_seconds`."
        ),
    )
    await_application_ack: bool = Field(
        default=True,
        description=(
            "Whether to wait for the application acknowledgement that a message asks "
            "for in MSH-16; without, a message that asks for no other is delivered "
            "once it is sent."
        ),
    )
    max_rejections: int = Field(
        default=10,
        ge=1,
        description=(
            "How often a message may be rejected with AR, CE or CR before it is a "
            "dead letter."
        ),
    )

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if not self.tls and (self.tls_ca or self.tls_certificate or self.server_name):
            raise ValueError("tls_ca, tls_certificate and server_name need TLS")
        if not (self.tls or self.insecure or is_loopback(self.host)):
            raise ValueError(
                f"{self.host} is another machine: leave out tls = false, or write "
                "insecure = true"
            )
        return self

    @model_validator(mode="after")
    def _answers_are_waited_for(self) -> Self:
        if self.ack_timeout_seconds >= self.timeout_seconds:
            raise ValueError("ack_timeout_seconds is less than timeout_seconds")
        return self
