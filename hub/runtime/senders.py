"""The dispatchers of a hub, one for each destination that something is sent to."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from hub.config import HubConfig
from hub.contract import Destination
from hub.metrics import Metrics
from hub.runtime.dispatch import Dispatcher, Recheck
from hub.store.store import Store


class Senders(NamedTuple):
    """What all of them work with."""

    store: Store
    metrics: Metrics
    clock: Callable[[], datetime]
    recheck: Recheck

    def dispatchers(
        self, config: HubConfig, destinations: Mapping[str, Destination]
    ) -> dict[str, Dispatcher]:
        """Return a dispatcher for each destination, by its name; none runs yet."""
        return {
            name: Dispatcher(
                config.destinations[name],
                destination,
                self.store.writer,
                self.metrics,
                clock=self.clock,
                recheck=self.recheck,
                folder=self.store.folder,
            )
            for name, destination in destinations.items()
        }
