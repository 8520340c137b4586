"""Names that resolve to what they should not."""

import pytest
from aiohttp.abc import AbstractResolver

from hub.outward.errors import ForbiddenAddressError
from hub.outward.opening import checked_resolver
from hub.outward.resolver import CheckedResolver


class StubResolver:
    """Answers with the addresses that it was given."""

    def __init__(self, *addresses):
        self._addresses = addresses
        self.closed = False

    async def resolve(self, host, port=0, _family=0):
        return [{"hostname": host, "host": ip, "port": port} for ip in self._addresses]

    async def close(self):
        self.closed = True


@pytest.mark.parametrize(
    ("local", "address"),
    [(False, "127.0.0.1"), (True, "192.0.2.1"), (False, "fe80::1%1")],
)
async def test_the_resolver_refuses_what_the_url_does_not_mean(local, address):
    resolver = CheckedResolver(local=local, resolver=StubResolver(address))

    with pytest.raises(ForbiddenAddressError):
        await resolver.resolve("example.org", 443)


async def test_the_resolver_passes_on_what_it_checked():
    stub = StubResolver("192.0.2.1", "2001:db8::1")
    resolver = CheckedResolver(local=False, resolver=stub)

    found = await resolver.resolve("example.org", 443)
    await resolver.close()

    assert [each["host"] for each in found] == ["192.0.2.1", "2001:db8::1"]
    assert stub.closed


async def test_plugins_get_a_resolver_for_aiohttp():
    resolver = checked_resolver(local=True)
    await resolver.close()

    assert isinstance(resolver, AbstractResolver)
