"""What the admin API shows of a hub: its store, its services, what its parts do."""

from collections.abc import Collection, Mapping

from hub.admin.context import HubStatus, PartStatus
from hub.admin.normalising import normalisers
from hub.config import HubConfig
from hub.contract import Inbox
from hub.errors import HubError
from hub.registry import Registry
from hub.runtime.conditions import Conditions
from hub.runtime.dispatch import Dispatcher
from hub.runtime.service_matching import ServiceMatching
from hub.runtime.wiring import subscriptions
from hub.runtime.worklists import worklists_of
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME


def reader_of(config: HubConfig, registry: Registry) -> Reader:
    """Return what reads the store, and messages as their normalisers do."""
    chosen = {name: each.normaliser.name for name, each in config.sources.items()}
    return Reader(
        config.hub.data_dir / DATABASE_NAME,
        trust=config.identity.trust,
        readers=normalisers(registry, chosen),
        cadences={each.name: str(each.cadence) for each in subscriptions(config)},
    )


def matching_of(config: HubConfig, reader: Reader, inbox: Inbox) -> ServiceMatching:
    """Return what finds services. Raises PlacesUnreadableError.

    What is proposed for a person is kept by `inbox`.
    """
    country = config.stays.rules.upper()
    return ServiceMatching(config.matching, reader.services, country, inbox)


def status_of(
    config: HubConfig,
    conditions: Conditions,
    dispatchers: Mapping[str, Dispatcher],
    broken: Collection[str],
    failure: HubError | None,
) -> HubStatus:
    """Return whether a hub can do its work; `broken` are the parts that have failed.

    `failure` is why its store can no longer be trusted.
    """
    reasons = [] if failure is None else [str(failure)]
    reasons += conditions.complaints()
    reasons += [f"{name} has failed" for name in sorted(broken)]
    return HubStatus(
        ready=not reasons,
        reasons=reasons,
        sources=_of_sources(config, conditions),
        destinations=_of_destinations(config, dispatchers, broken),
    )


def _of_sources(config: HubConfig, conditions: Conditions) -> list[PartStatus]:
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


def _of_destinations(
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
