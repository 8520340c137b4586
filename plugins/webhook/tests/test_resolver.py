"""Names that resolve to what they should not."""

import aiohttp

from hub.sdk import Artifact, ForbiddenAddressError, Outcome

ARTIFACT = Artifact(id="evt-1", body=b"synthetic", media_type="text/plain")


class StubResolver:
    """Answers with the addresses that it was given."""

    def __init__(self, *addresses):
        self._addresses = addresses
        self.closed = False

    async def resolve(self, host, port=0, _family=0):
        return [{"hostname": host, "host": ip, "port": port} for ip in self._addresses]

    async def close(self):
        self.closed = True


async def test_a_name_that_resolves_to_the_metadata_service_is_refused(
    build, monkeypatch
):
    """F73. The stub stands in for a name server that an attacker controls."""
    stub = StubResolver("192.0.2.1", "169.254.169.254")
    monkeypatch.setattr(aiohttp, "ThreadedResolver", lambda: stub)

    receipt = await build(url="https://rebinding.example.org/").send(ARTIFACT)

    assert receipt.outcome == Outcome.RETRYABLE
    assert receipt.error_code == ForbiddenAddressError.code
    assert receipt.blames_route
