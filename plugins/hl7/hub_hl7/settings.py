"""The settings of the sources of this plugin."""

from pydantic import Field

from hub.sdk import SourceSettings


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
    max_connections: int = Field(
        default=256, ge=1, description="Connections that may be open at once."
    )
    max_pipelined: int = Field(
        default=64,
        ge=1,
        description="Messages of one connection that may wait for the store at once.",
    )
