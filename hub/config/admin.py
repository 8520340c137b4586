"""The table of the admin API."""

import ipaddress
import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from hub.settings import Settings

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?")
_RATE = re.compile(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,3})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _host(host: str) -> str:
    """Return a name in lower case, or an address; ValueError for anything else."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if _HOST.fullmatch(host.lower()):
            return host.lower()
    raise ValueError("must be the name or the address of a host, without a port")


def parse_rate(text: str) -> tuple[int, int]:
    """Return how many in how many seconds; ValueError for what is no rate."""
    parts = _RATE.fullmatch(text)
    if parts is None:
        raise ValueError('must be like "600/1m": how many in how long (s, m or h)')
    count, units, unit = parts.groups()
    return int(count), int(units) * _SECONDS[unit]


def _rate(text: str) -> str:
    parse_rate(text)
    return text


class AdminTable(Settings):
    """``[admin]``: health, metrics, the JSON API and the console."""

    host: Annotated[str, AfterValidator(_host)] = Field(
        default="127.0.0.1",
        description=(
            "The address to listen at. Other than loopback only once there is a "
            "token: `hub tokens create`."
        ),
    )
    port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="The port to listen at; 0: any that is free.",
    )
    hosts: list[Annotated[str, AfterValidator(_host)]] = Field(
        default=[],
        description=(
            "The names and addresses, besides `host` and those of loopback, by which "
            "clients ask for the API; requests for others are refused."
        ),
    )
    rate: Annotated[str, AfterValidator(_rate)] = Field(
        default="600/1m",
        description=(
            "How many requests one token, and one peer, may make in how long. "
            "Without tokens there is no limit."
        ),
        json_schema_extra={"pattern": _RATE.pattern},
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self._everywhere and not self.hosts:
            raise ValueError("`hosts` must name by what clients ask for the API")
        return self

    @property
    def _everywhere(self) -> bool:
        return self.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound

    @property
    def asked_by(self) -> frozenset[str]:
        """What a client may write in the header `Host`, besides loopback."""
        own = [] if self._everywhere else [self.host]
        return frozenset(_bracketed(each) for each in (*own, *self.hosts))

    @property
    def own_address(self) -> str:
        """Where a command on this machine finds the API."""
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - as above
        return loopback.get(self.host, self.host)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
