"""The condition of each source, for operators and for who waits for the start."""

import asyncio
from dataclasses import dataclass, replace

import structlog

from hub.runtime.errors import NothingRunsError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Condition:
    """What a source is doing: ``starting``, ``running``, ``waiting``, ``failed``."""

    state: str = "starting"
    address: str | None = None
    last_error_code: str = ""


class Conditions:
    """Keeps the condition of each source. Use it on the event loop only."""

    def __init__(self, names: list[str]) -> None:
        self._conditions = dict.fromkeys(names, Condition())
        self._changed = asyncio.Event()

    def __getitem__(self, name: str) -> Condition:
        return self._conditions[name]

    def source_ready(self, name: str, address: str) -> None:
        """Note that a source now receives at `address`."""
        log.info("source.started", connector=name, address=address)
        self._set(name, Condition("running", address))

    def source_changed(self, name: str, state: str, error_code: str) -> None:
        """Note another state; see `hub.runtime.supervisor.Watch`."""
        known = self._conditions[name]
        code = error_code or known.last_error_code
        self._set(name, replace(known, state=state, last_error_code=code))

    def _set(self, name: str, condition: Condition) -> None:
        self._conditions[name] = condition
        self._changed.set()

    def complaints(self) -> list[str]:
        """Return a line for each source that does not run."""
        return [
            f"source {name} is {each.state} {each.last_error_code}".rstrip()
            for name, each in self._conditions.items()
            if each.state != "running"
        ]

    async def started(self) -> None:
        """Wait until every source receives, or has failed to at least once.

        Raises NothingRunsError where there are sources and all have failed for good.
        """
        while "starting" in self._states():
            self._changed.clear()
            await self._changed.wait()
        if self._states() == {"failed"}:
            codes = {each.last_error_code for each in self._conditions.values()}
            raise NothingRunsError(", ".join(sorted(codes)))

    def _states(self) -> set[str]:
        return {each.state for each in self._conditions.values()}
