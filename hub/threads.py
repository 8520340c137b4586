"""Threads of the hub's own, so that a plugin that blocks its threads blocks no other.

Plugins use asyncio's default threads (`asyncio.to_thread`); the hub's own blocking
work, such as reading the store for the API, does not stand in line behind them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: Reads for the API, upkeep, and large artifacts that are rendered.
HUB_THREADS = 6
#: Every destination that is at work on a thread holds one; a hung one keeps it.
PLUGIN_THREADS = 64

_pool = ThreadPoolExecutor(HUB_THREADS, thread_name_prefix="hub")


async def in_thread(
    function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
) -> _R:
    """Run `function` on a thread of the hub's and return what it returns."""
    call = partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def plugin_threads() -> ThreadPoolExecutor:
    """Return the threads for what plugins do with `asyncio.to_thread`."""
    return ThreadPoolExecutor(PLUGIN_THREADS, thread_name_prefix="plugin")


def ended(pool: Any, seconds: float) -> bool:
    """Ask the threads of `pool`, and the hub's, to end; say whether they did in time.

    A thread that a plugin blocks cannot be ended; the process then has to be.
    """
    for each in (pool, _pool):
        each.shutdown(wait=False, cancel_futures=True)
    threads = [thread for each in (pool, _pool) for thread in each._threads]  # noqa: SLF001
    for thread in threads:
        thread.join(seconds / max(1, len(threads)))
    return not any(thread.is_alive() for thread in threads)
