"""The settings of the sources of this plugin."""

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.sdk import ConfigPath, SourceSettings

_FINGERPRINT = re.compile(r"sha256:[0-9A-Fa-f]{64}")
_NAMED = re.compile(r"(?:cn|dns):\S(?:.*\S)?")
_TYPE = re.compile(r"[A-Z][A-Z0-9]{2}(?:\^[A-Z][A-Z0-9]{2})?")
_ADDRESS = re.compile(r"(?:\[[^\[\]]+\]|[^\[\]:\s]+):(\d{1,5})")
_LARGEST_PORT = 65535


def is_loopback(host: str) -> bool:
    """Say whether `host`, as an operator writes it, is this machine alone.

    No name but ``localhost`` counts: what a name means is not known for certain.
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError(
            f"{text} is no IP address or network such as 192.0.2.0/24"
        ) from None
    return text


def _certificate(text: str) -> str:
    """Return `text` in the form in which certificates are compared."""
    fingerprint = text.replace(":", "").removeprefix("sha256")
    if text.startswith("sha256:"):
        text = f"sha256:{fingerprint.lower()}"
    elif text.startswith("dns:"):
        text = text.lower()
    if _FINGERPRINT.fullmatch(text) or _NAMED.fullmatch(text):
        return text
    raise ValueError(
        "a certificate is written as sha256: and 64 hexadecimal digits, cn:NAME or "
        "dns:NAME"
    )


def _message_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise ValueError("a message type is written as ADT or ADT^A01")
    return text


def _peer_address(text: str) -> str:
    match = _ADDRESS.fullmatch(text)
    if text and not (match and 0 < int(match[1]) <= _LARGEST_PORT):
        raise ValueError("an address is written as host:port")
    return text


Network = Annotated[str, AfterValidator(_network)]
Certificate = Annotated[str, AfterValidator(_certificate)]
MessageType = Annotated[str, AfterValidator(_message_type)]
PeerAddress = Annotated[str, AfterValidator(_peer_address)]


class ListenerSettings(SourceSettings):
    """Settings of an ``mllp-listener`` source."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        ge=0, le=65535, description="TCP port to listen on; 0 takes any free one."
    )
    max_frame_bytes: int = Field(
        default=16 << 20, ge=1, description="Largest message accepted, in bytes."
    )
    idle_timeout_seconds: float = Field(
        default=900, gt=0, description="Silence after which a connection is closed."
    )
    frame_timeout_seconds: float = Field(
        default=60, gt=0, description="Time that a peer has to end a frame it began."
    )
    write_timeout_seconds: float = Field(
        default=60, gt=0, description="Time that a peer has to read its answers."
    )
    max_connections: int = Field(
        default=256, ge=1, description="Connections that may be open at once."
    )
    max_connections_per_address: int = Field(
        default=64,
        ge=1,
        description="Connections that may be open at once from one IP address.",
    )
    max_pipelined: int = Field(
        default=64,
        ge=1,
        description="Messages of one connection that may wait for the store at once.",
    )
    framing: Literal["lenient", "strict"] = Field(
        default="lenient",
        description=(
            "Whether frames that keep to less than the letter of MLLP are read "
            "(lenient) or close the connection (strict)."
        ),
    )

    acknowledge: Literal["after_commit", "after_processing"] = Field(
        default="after_commit",
        description=(
            "Whether a message is acknowledged once it is stored, or only once it "
            "is understood too, which makes the sender wait longer."
        ),
    )
    mode: Literal["auto", "original", "enhanced"] = Field(
        default="auto",
        description=(
            "Acknowledgement mode; auto: enhanced for messages that hold MSH-15 or "
            "MSH-16, original for all others."
        ),
    )
    application_ack_to: PeerAddress = Field(
        default="",
        description=(
            "Where application acknowledgements of enhanced mode go, as host:port; "
            "empty: the connection on which the message came. Those that are owed are "
            "held in memory and not given after a crash."
        ),
    )
    batch_ack: Literal["batch", "messages", "errors"] = Field(
        default="batch",
        description=(
            "How a batch is answered: once as a whole, once for each message, or "
            "only for messages that were refused."
        ),
    )
    max_batch_messages: int = Field(
        default=10_000,
        ge=1,
        description=(
            "Messages of a batch that are looked at before it is answered; a larger "
            "one is stored and answered as a whole, whatever is in it."
        ),
    )
    accept_types: tuple[MessageType, ...] = Field(
        default=(),
        description=(
            "Message types to accept, such as ADT or ADT^A01; others are refused "
            "with AR. Empty: all."
        ),
    )
    on_problem: Literal["store_and_forward", "strict"] = Field(
        default="store_and_forward",
        description=(
            "Whether a stored message that is not understood is acknowledged and set "
            "aside, or refused with AE, which stops the queue of most senders."
        ),
    )
    test_messages: Literal["accept", "reject"] = Field(
        default="accept",
        description=(
            "Whether messages with MSH-11 other than P are stored as tests or "
            "refused with AR."
        ),
    )
    sequence_protocol: bool = Field(
        default=False,
        description="Whether the sender numbers its messages in MSH-13, by agreement.",
    )

    insecure: bool = Field(
        default=False,
        description=(
            "Needed to listen on an address that others can reach without TLS: "
            "everybody on the way can read what arrives."
        ),
    )
    allow_from: tuple[Network, ...] = Field(
        default=(),
        description=(
            "IP addresses and networks that may connect, such as 192.0.2.0/24; "
            "empty: all."
        ),
    )
    tls_certificate: ConfigPath | None = Field(
        default=None,
        description=(
            "Certificate of this listener and its chain (PEM); with it, only TLS 1.2 "
            "and newer is spoken. Read anew when the file changes."
        ),
    )
    tls_key: ConfigPath | None = Field(
        default=None, description="Private key of `tls_certificate` (PEM)."
    )
    tls_client_ca: ConfigPath | None = Field(
        default=None,
        description=(
            "Authorities whose client certificates are accepted (PEM); with it, a "
            "peer without certificate is refused."
        ),
    )
    tls_client_crl: ConfigPath | None = Field(
        default=None,
        description="Revocation lists of `tls_client_ca` (PEM); checked where given.",
    )
    client_certificates: tuple[Certificate, ...] = Field(
        default=(),
        description=(
            "Client certificates of this feed, each as sha256:FINGERPRINT, cn:NAME "
            "or dns:NAME; empty: all that `tls_client_ca` vouches for. Sources that "
            "name theirs may share one `host` and `port`."
        ),
    )

    @property
    def shares_address(self) -> bool:
        """Whether certificates say to which feed a connection belongs."""
        return bool(self.client_certificates)

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if self.tls_client_ca and not self.tls_certificate:
            raise ValueError("tls_client_ca needs tls_certificate and tls_key")
        if self.tls_client_crl and not self.tls_client_ca:
            raise ValueError("tls_client_crl needs tls_client_ca")
        if self.client_certificates and not self.tls_client_ca:
            raise ValueError("client_certificates needs tls_client_ca")
        return self

    @model_validator(mode="after")
    def _nobody_reads_answers_on_the_way(self) -> Self:
        host = self.application_ack_to.rpartition(":")[0].strip("[]")
        if host and not self.insecure and not is_loopback(host):
            raise ValueError(
                f"application_ack_to {host} is another machine and is sent to without "
                "TLS: write insecure = true, or leave it empty"
            )
        return self

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        plain = self.tls_certificate is None
        if plain and not self.insecure and not is_loopback(self.host):
            raise ValueError(
                f"{self.host} can be reached by others: name tls_certificate and "
                "tls_key, or write insecure = true"
            )
        return self
