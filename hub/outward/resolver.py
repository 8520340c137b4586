"""Looks up names, and looks at what comes back."""

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from hub.outward.addresses import is_permitted
from hub.outward.errors import ForbiddenAddressError


class CheckedResolver(AbstractResolver):
    """Resolves names, and refuses addresses that cannot be a receiver.

    The connection goes to the address that was checked, so a name that resolves
    to something else a moment later changes nothing (F73).
    """

    def __init__(
        self, *, local: bool, resolver: AbstractResolver | None = None
    ) -> None:
        self._local = local
        self._resolver = resolver or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return all addresses of `host`. Raises ForbiddenAddressError."""
        found = await self._resolver.resolve(host, port, family)
        if not all(is_permitted(each["host"], local=self._local) for each in found):
            raise ForbiddenAddressError(host)
        return found

    async def close(self) -> None:
        """Let go of the resolver underneath."""
        await self._resolver.close()
