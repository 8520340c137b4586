"""From the configuration to the parts that it describes, before anything runs."""

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog

from hub.config.tables import (
    EVERYONE,
    DestinationConfig,
    HubConfig,
    SourceConfig,
    StaysTable,
)
from hub.contract import Destination, Source
from hub.coordination.clocks.calendars import calendar_named
from hub.coordination.clocks.rules import shipped_rules
from hub.coordination.panel_lists import read_panel
from hub.coordination.panels import Panel, PanelError
from hub.coordination.routes import Subscription
from hub.errors import HubError
from hub.runtime.errors import AddressSharedError, PartFailedError
from hub.runtime.transitions import Programmes

log = structlog.get_logger()


class Fault(NamedTuple):
    """A part that cannot be made: its table in the configuration, and why."""

    table: str
    error: HubError


class Parts(NamedTuple):
    """What a hub is put together from. Nothing is open or running yet."""

    panels: dict[str, Panel]
    sources: dict[str, Source]
    destinations: dict[str, Destination]


def assemble(config: HubConfig) -> Parts:
    """Read the panels and build the plugins' objects.

    Raises the HubError of the first part that cannot be made.
    """
    for fault in _shared_addresses(config):
        raise fault.error
    makers = _makers(config)
    made = {
        kind: {name: make() for name, make in makers[kind].items()} for kind in makers
    }
    return Parts(made["panels"], made["sources"], made["destinations"])


def panels(config: HubConfig) -> dict[str, Panel]:
    """Read the panels. Raises PanelError."""
    return {name: make() for name, make in _makers(config)["panels"].items()}


def subscriptions(config: HubConfig) -> list[Subscription]:
    """Return who wants to be told of what."""
    return [
        Subscription(
            name=each.name,
            destination=each.destination,
            events=each.types,
            purpose=each.purpose,
            panel="" if each.panel == EVERYONE else each.panel,
            cadence=each.cadence,
        )
        for each in config.subscriptions.values()
    ]


def contracts(config: HubConfig) -> bytes:
    """Return a digest of all in the configuration that decisions rest on."""
    told = config.export()
    resting = {
        name: told.get(name) for name in ("policy", "recipients", "subscriptions")
    }
    return sha256(msgspec.json.encode(resting, order="sorted")).digest()


def programmes(table: StaysTable) -> Programmes:
    """Return the rules of the programmes that are configured, in their order."""
    if not table.programmes:
        return Programmes()
    shipped = shipped_rules()
    rules = [rule for name in table.programmes for rule in shipped[name]]
    return Programmes(tuple(rules), table.time_zone, calendar_named(table.calendar))


def faults(config: HubConfig) -> Iterator[Fault]:
    """Try to make every part, and yield each that cannot be made."""
    yield from _shared_addresses(config)
    for kind, makers in _makers(config).items():
        for name, make in makers.items():
            try:
                make()
            except HubError as error:
                yield Fault(f"{kind}.{name}", error)


def _makers(config: HubConfig) -> dict[str, dict[str, Callable[[], Any]]]:
    return {
        "panels": {
            name: partial(_panel, name, table.file)
            for name, table in config.panels.items()
        },
        "sources": {
            name: partial(_built, f"sources.{name}", each)
            for name, each in config.sources.items()
        },
        "destinations": {
            name: partial(_built, f"destinations.{name}", each)
            for name, each in config.destinations.items()
        },
    }


def _shared_addresses(config: HubConfig) -> Iterator[Fault]:
    """Yield what would listen where something else does: a feed in another's name.

    Sources of one kind may, where all of them can tell whose peer is whose.
    """
    taken = {(config.admin.host, config.admin.port): ("admin", "")}
    for name, each in config.sources.items():
        table, settings = f"sources.{name}", each.settings
        port = getattr(settings, "port", 0)
        shares = settings.kind if settings.shares_address else ""
        address = (getattr(settings, "host", ""), port)
        first, shared = taken.setdefault(address, (table, shares))
        if port and first != table and not (shares and shares == shared):
            yield Fault(table, AddressSharedError(f"{table} and {first}, port {port}"))


def _built(table: str, part: SourceConfig | DestinationConfig) -> Any:
    try:
        return part.spec.build(part.settings)
    except HubError:
        raise
    except Exception as error:  # a plugin's mistake gets a name
        log.exception("part.failed", setting=table, kind=part.spec.kind)
        what = f"{table} ({part.spec.kind}): {type(error).__name__}"
        raise PartFailedError(what) from None


def _panel(name: str, file: Path) -> Panel:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_panel(name, lines)
    except OSError as error:
        raise PanelError(f"{name}: {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PanelError(f"{name}: {file} is not UTF-8") from error
