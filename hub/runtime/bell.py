"""The bell of a pipeline: rung when messages arrive, and when it is to stop."""

import threading

from hub.runtime.signs import Signs


class Bell:
    """Wakes whoever waits for work. `signs` says what else goes on."""

    def __init__(self, signs: Signs | None = None) -> None:
        self.signs = signs or Signs()
        self.stopping = False
        self._rung = threading.Event()

    def ring(self) -> None:
        """Say that messages arrived. Cheap, and may be called from any thread."""
        if not self._rung.is_set():
            self._rung.set()

    def stop(self) -> None:
        """Say that the round in hand is the last one."""
        self.stopping = True
        self._rung.set()

    def hear(self) -> None:
        """Begin to look for work: what is rung for from now on is new."""
        self._rung.clear()
        self.signs.answer()

    def wait(self, seconds: float) -> None:
        """Wait until it rings, or for so long."""
        self._rung.wait(seconds)
