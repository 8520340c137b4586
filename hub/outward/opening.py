"""What a plugin that calls others asks for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver


def checked_resolver(*, local: bool) -> "AbstractResolver":
    """Return a resolver for aiohttp that refuses addresses nobody is to be called at.

    `local` says that the URL names this machine (`is_local`); only then, and then
    only, loopback is permitted. The connection goes to the address that was checked.
    Resolving raises ForbiddenAddressError. A host that is written as an IP address is
    not resolved: `checked_url` looks at those.
    """
    # aiohttp takes its time, and most commands need none of it.
    from hub.outward.resolver import CheckedResolver  # noqa: PLC0415

    return CheckedResolver(local=local)
