"""Hostile destinations: declared well, and each misbehaves when it sends.

Kinds: ``hostile-hangs`` (never returns, but can be cancelled), ``hostile-stubborn``
(ignores one cancellation), ``hostile-raises``, ``hostile-quotes`` (raises with the
body in the text), ``hostile-returns-junk``, ``hostile-spins`` (blocks the loop for
0.3 s, then accepts), ``hostile-close`` (accepts; raises when closed),
``hostile-build`` (cannot even be built).
"""

import asyncio
import contextlib
import time

from hub.sdk import DestinationSettings, DestinationSpec, Outcome, Receipt, hookimpl

ACCEPTED = Receipt(outcome=Outcome.ACCEPTED, evidence="accepted")


class Hangs:
    def __init__(self, settings):
        self.settings = settings

    async def send(self, artifact):  # noqa: ARG002  the contract passes it
        await asyncio.Event().wait()

    async def close(self):
        """Have nothing to let go of."""


class Stubborn(Hangs):
    async def send(self, artifact):
        with contextlib.suppress(asyncio.CancelledError):
            await super().send(artifact)
        return ACCEPTED


class Raises(Hangs):
    async def send(self, artifact):  # noqa: ARG002  as in the first class
        raise RuntimeError("broken")


class Quotes(Hangs):
    async def send(self, artifact):
        raise ValueError(artifact.body.decode(errors="replace"))


class ReturnsJunk(Hangs):
    async def send(self, artifact):  # noqa: ARG002  as in the first class
        return "ok"


class Spins(Hangs):
    async def send(self, artifact):  # noqa: ARG002  as in the first class
        time.sleep(0.3)  # noqa: ASYNC251  blocking the loop is its mischief
        return ACCEPTED


class FailsToClose(Hangs):
    async def send(self, artifact):  # noqa: ARG002  as in the first class
        return ACCEPTED

    async def close(self):
        raise RuntimeError("cannot close")


class FailsToBuild(Hangs):
    def __init__(self, settings):  # noqa: ARG002  the hub passes them
        raise RuntimeError("cannot be built")


KINDS = {
    "hostile-hangs": Hangs,
    "hostile-stubborn": Stubborn,
    "hostile-raises": Raises,
    "hostile-quotes": Quotes,
    "hostile-returns-junk": ReturnsJunk,
    "hostile-spins": Spins,
    "hostile-close": FailsToClose,
    "hostile-build": FailsToBuild,
}


@hookimpl
def destinations():
    for kind, build in KINDS.items():
        yield DestinationSpec(
            kind=kind,
            settings=DestinationSettings,
            build=build,
            summary="Misbehaves on purpose.",
        )
