"""What a process of the hub asks of Python's collection of garbage."""

import gc

#: The hub makes hardly any cyclic garbage, and keeps many thousand people and
#: encounters in memory that a collection would look through for nothing.
THRESHOLDS = (50_000, 20, 100)


def collect_seldom() -> None:
    """Look for garbage seldom: where modules are loaded there is hardly any."""
    gc.set_threshold(*THRESHOLDS)


def spare_what_is_loaded() -> None:
    """Look through what is there now no more, and through the rest seldom."""
    gc.freeze()
    collect_seldom()
