"""The source ``facts-api``: bodies come by the hub's API, so that it only waits."""

import asyncio

from hub.sdk import Inbox, SourceSettings


class FactsApiSettings(SourceSettings):
    """Settings of ``facts-api``: those that every source has."""


class FactsApi:
    """Holds the place of a feed whose bodies the hub's API puts into the store."""

    def __init__(self, settings: FactsApiSettings) -> None:
        self.settings = settings

    async def run(self, inbox: Inbox) -> None:
        """Say where facts are taken, and wait until cancelled."""
        inbox.report_ready(f"/api/v1/facts?source={inbox.feed}")
        await asyncio.Event().wait()
