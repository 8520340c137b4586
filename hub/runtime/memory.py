"""What a process of the hub asks of those who look after its memory."""

import gc

#: After how many new objects to look, and how often in older ones.
Thresholds = tuple[int, int, int]

#: The hub makes hardly any cyclic garbage, and keeps many thousand people and
#: encounters in memory that a collection would look through for nothing.
THRESHOLDS: Thresholds = (50_000, 20, 100)

#: A block of so many bytes goes back to the system when it is free.
LARGE_BLOCK = 1 << 20
_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h


def collect_seldom() -> None:
    """Look for garbage seldom: where modules are loaded there is hardly any."""
    gc.set_threshold(*THRESHOLDS)


def spare_what_is_loaded(thresholds: Thresholds = THRESHOLDS) -> None:
    """Look through what is there now no more, and through the rest seldom."""
    gc.freeze()
    gc.set_threshold(*thresholds)


def give_back_large_blocks() -> None:
    """Let what a large message took be free for other processes once it is stored.

    glibc raises its own limit with the first large block that is freed, and keeps all
    those that come after it. Another C library may have no such setting.
    """
    import ctypes  # noqa: PLC0415 - every command loads this module, and few need it

    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, LARGE_BLOCK)
