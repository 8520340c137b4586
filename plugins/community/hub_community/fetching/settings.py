"""Settings of the sources of directories."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from yarl import URL

from hub.sdk import Certificates, ConfigPath, Secret, SourceSettings, checked_url


def _check_header(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+(?: +[\x21-\x7e]+)*", secret.get_secret_value()):
        raise ValueError("the value of a header is one line of ASCII, and not empty")
    return secret


def _check_host(name: str) -> str:
    try:
        host = URL(checked_url(f"https://{name}/")).host
    except ValueError:
        host = None
    if host != name:
        raise ValueError("must be the name of a host, such as files.example.org")
    return name


def _check_base(text: str) -> str:
    if URL(checked_url(text)).query_string:
        raise ValueError("the address of an API has no query; keys go in authorization")
    return text.rstrip("/")


def _check_marker(name: str) -> str:
    if "/" in name or name in {".", ".."}:
        raise ValueError("must be the name of a file in the folder")
    return name


_Host = Annotated[str, AfterValidator(_check_host)]
_HeaderValue = Annotated[Secret, AfterValidator(_check_header)]
Resource = Literal[
    "organizations",
    "locations",
    "service_at_locations",
    "taxonomies",
    "taxonomy_terms",
]


class FolderSettings(SourceSettings):
    """A ``[sources.NAME]`` table of kind ``hsds-folder``."""

    folder: ConfigPath = Field(
        description="Where packages are put: the tables of one, or archives (zip)."
    )
    poll_seconds: float = Field(
        default=60, ge=0.01, le=86400, description="Time between two looks."
    )
    marker: Annotated[str, AfterValidator(_check_marker)] = Field(
        default="",
        description=(
            "Name of the file whose presence says that the package is complete; "
            "empty: it is when nothing changed between two looks."
        ),
    )
    patience_minutes: float = Field(
        default=60,
        ge=0,
        description=(
            "How long a package waits for tables that its datapackage.json names and "
            "that are not there; after that it is taken as it is."
        ),
    )
    max_mebibytes: int = Field(
        default=500, ge=1, le=900, description="Largest package that is taken, in MiB."
    )


class WebSettings(SourceSettings):
    """What both sources that ask a server have."""

    authorization: _HeaderValue | None = Field(
        default=None,
        description="Value of the header that lets the hub in, as in `Bearer …`.",
    )
    authorization_header: str = Field(
        default="Authorization",
        pattern=r"^[A-Za-z0-9-]+$",
        description="Name of that header, as in `X-API-Key`.",
    )
    redirect_hosts: tuple[_Host, ...] = Field(
        default=(),
        description=(
            "Hosts besides that of `url` to which redirects are followed; the "
            "authorization does not go there."
        ),
    )
    ca_file: Certificates | None = Field(
        default=None,
        description="Certificates to trust (PEM) instead of those of the system.",
    )
    full_days: float = Field(
        default=7,
        gt=0,
        description=(
            "After how many days everything is fetched, even where the server says "
            "that nothing changed."
        ),
    )
    timeout_seconds: float = Field(
        default=60, gt=0, le=600, description="Longest silence within an answer."
    )
    max_minutes: float = Field(
        default=60, gt=0, le=1440, description="Longest time for one refresh."
    )
    max_mebibytes: int = Field(
        default=500, ge=1, le=900, description="Largest directory that is taken, in MiB"
    )
    attempts: int = Field(
        default=3, ge=1, le=10, description="Tries of one request before giving up."
    )


class HttpSettings(WebSettings):
    """A ``[sources.NAME]`` table of kind ``hsds-http``."""

    url: Annotated[str, AfterValidator(checked_url)] = Field(
        description="Where the package is; https, or http on this machine."
    )
    interval_hours: float = Field(
        default=24, gt=0, le=744, description="Time between two refreshes, about."
    )


class ApiSettings(WebSettings):
    """A ``[sources.NAME]`` table of kind ``hsds-api``."""

    url: Annotated[str, AfterValidator(_check_base)] = Field(
        description="The root of the API, above `/services`; https, or this machine."
    )
    interval_hours: float = Field(
        default=6, gt=0, le=744, description="Time between two refreshes, about."
    )
    resources: tuple[Resource, ...] = Field(
        default=("organizations", "taxonomies", "taxonomy_terms"),
        description="What is read besides the services, where the server offers it.",
    )
    per_page: int = Field(
        default=100, ge=1, le=5000, description="Objects of a page, as it is asked for."
    )
    format: Literal["json", "ndjson"] = Field(
        default="json",
        description="Whether to ask for pages, or for everything in one stream.",
    )
    details: Literal["auto", "always", "never"] = Field(
        default="auto",
        description=(
            "Whether each service is fetched by itself; auto: where the list gives no "
            "phones, schedules and the like, although asked to."
        ),
    )
    increments: bool = Field(
        default=True,
        description=(
            "Whether to ask only for what was modified, and to sweep for the rest."
        ),
    )
    sweep_hours: float = Field(
        default=24,
        gt=0,
        description="Time between two sweeps, which find what was removed.",
    )
    overlap_minutes: float = Field(
        default=60,
        ge=0,
        description="How much further back than the last refresh is asked for.",
    )
    requests_per_second: float = Field(
        default=5, gt=0, le=100, description="Most requests in a second."
    )
    concurrency: int = Field(
        default=4, ge=1, le=32, description="Requests that may be under way at once."
    )
    max_pages: int = Field(
        default=20_000, ge=1, description="Most pages of one list that are read."
    )
