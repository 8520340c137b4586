"""How to reach an SFTP server, whether to fetch files from it or to put them there."""

from typing import Self

from pydantic import Field, model_validator

from hub.sdk import ConfigPath, Secret, Settings


class ConnectionSettings(Settings):
    """What every table may hold that names an SFTP server."""

    host: str = Field(min_length=1, description="Name or address of the server.")
    port: int = Field(default=22, ge=1, le=65535, description="TCP port of the server.")
    user: str = Field(min_length=1, description="Who the hub is on the server.")
    private_key: Secret | None = Field(
        default=None,
        description=(
            "Ed25519, ECDSA or RSA key of the user, OpenSSH or PEM, without a "
            "passphrase. Either this or `password`."
        ),
    )
    password: Secret | None = Field(
        default=None,
        description="Password of the user. Either this or `private_key`.",
    )
    known_hosts: ConfigPath = Field(
        description=(
            "OpenSSH known_hosts file with the server's key, under `host`, or under "
            "`[host]:port` where the port is not 22."
        )
    )
    connect_timeout_seconds: float = Field(
        default=10,
        gt=0,
        le=120,
        description="Time allowed for each step of opening the connection.",
    )

    @model_validator(mode="after")
    def _one_way_to_prove_who_we_are(self) -> Self:
        if (self.private_key is None) == (self.password is None):
            raise ValueError("exactly one of private_key and password is needed")
        return self
