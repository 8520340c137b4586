"""What the writer reports, on the event loop; and how a store is closed beside it."""

import asyncio
from typing import Any

import structlog

from hub.errors import HubError
from hub.store.store import Store
from hub.store.writer import Apply, Done, Writer
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


async def written(writer: Writer, apply: Apply, payload: Any) -> Any:
    """Do work in the store; return what comes of it once that is committed.

    What was begun is done, also where nobody waits for it any more.
    Raises HubError where it cannot be.
    """
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    writer.submit(apply, payload, answer.set_result)
    result = await asyncio.shield(answer)
    if isinstance(result, HubError):
        raise result
    return result
