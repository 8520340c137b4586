"""What the parts of a hub are doing, in the words of the admin API."""

from collections.abc import Collection, Mapping

from hub.admin.context import PartStatus
from hub.config import HubConfig
from hub.runtime.conditions import Conditions
from hub.runtime.dispatch import Dispatcher
from hub.runtime.worklists import worklists_of


def of_sources(config: HubConfig, conditions: Conditions) -> list[PartStatus]:
    """Return what each source is doing."""
    return [
        PartStatus(
            name=name,
            kind=each.settings.kind,
            state=conditions[name].state,
            address=conditions[name].address,
            last_error_code=conditions[name].last_error_code,
        )
        for name, each in config.sources.items()
    ]


def of_destinations(
    config: HubConfig, dispatchers: Mapping[str, Dispatcher], broken: Collection[str]
) -> list[PartStatus]:
    """Return what each destination is doing; `broken` are those that have failed."""
    sent = [
        PartStatus(
            name=name,
            kind=config.destinations[name].settings.kind,
            state="failed" if name in broken else each.state,
            last_error_code=each.last_error_code,
        )
        for name, each in dispatchers.items()
    ]
    fetched = [
        PartStatus(name=name, kind=each.settings.kind, state="waiting")
        for name, each in worklists_of(config).items()
    ]
    return sent + fetched
