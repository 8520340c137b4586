"""What the writer reports, on the event loop; and how a store is closed beside it."""

from typing import Any

import structlog

from hub.store.store import Store
from hub.store.writer import Done
from hub.threads import in_thread

log = structlog.get_logger()


def closing(store: Store) -> Any:
    """Return an exit callback that closes `store` without blocking the loop.

    The writer's last answers are for callbacks that the loop must still run.
    """

    async def close(*exc_info: Any) -> None:
        await in_thread(store.__exit__, *exc_info)

    return close


def call_all(reports: list[tuple[Done, Any]]) -> None:
    """Run the callbacks of a commit; one that fails keeps back no other."""
    for done, result in reports:
        try:
            done(result)
        except Exception:  # the other callbacks of this commit must still run
            log.exception("callback.failed")
