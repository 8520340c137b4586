"""Processes that do long work beside the hub: out of its way, and gone with it."""

import os
import resource
import signal
from contextlib import suppress

#: What such a process does first, as code: loading what it needs takes a while, too.
STEP_BACK = "import os; os.nice(10); "
#: Address space of such a process; beyond it a plugin meets a MemoryError.
MOST_MEMORY = 2 * 1024**3
#: The hub decides when it ends, also where a signal is for all of them.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM)


def retire() -> tuple[int, int]:
    """Be out of the way: the hub works first.

    Return where the hub speaks and where it hears the answer, which are for nobody
    else: neither for what a plugin prints, nor for a program that it starts.
    """
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    hub, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return hub, answers


def end_with_the_hub(hub: int) -> None:
    """Wait for the other end of a pipe to go, which is when the hub ends; then end."""
    with suppress(OSError):
        while os.read(hub, 1):
            pass
    os._exit(1)
