"""Hostile sources: declared well, and each misbehaves when it runs.

Kinds: ``hostile-crashes`` (raises at once), ``hostile-returns`` (ends by itself),
``hostile-ignores-stop`` (ignores one cancellation), ``hostile-puts-junk`` (puts
something that is no message).
"""

import asyncio
import contextlib

from hub.sdk import SourceSettings, SourceSpec, hookimpl


class Crashes:
    def __init__(self, settings):
        self.settings = settings

    async def run(self, inbox):  # noqa: ARG002  the contract passes it
        raise RuntimeError("broken")


class Returns(Crashes):
    async def run(self, inbox):
        inbox.report_ready("nowhere")


class IgnoresStop(Crashes):
    async def run(self, inbox):
        inbox.report_ready("nowhere")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


class PutsJunk(Crashes):
    async def run(self, inbox):
        inbox.report_ready("nowhere")
        await inbox.put({"body": "junk"})


KINDS = {
    "hostile-crashes": Crashes,
    "hostile-returns": Returns,
    "hostile-ignores-stop": IgnoresStop,
    "hostile-puts-junk": PutsJunk,
}


@hookimpl
def sources():
    for kind, build in KINDS.items():
        yield SourceSpec(
            kind=kind,
            settings=SourceSettings,
            build=build,
            normaliser="hostile-raises",
            summary="Misbehaves on purpose.",
        )
