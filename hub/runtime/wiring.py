"""From the configuration to the parts that it describes, before anything runs."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import structlog

from hub.config.panels import EPISODE_PANEL
from hub.config.partners import PartnerTable, place_of
from hub.config.subscribing import Subscription as SubscriptionConfig
from hub.config.tables import (
    EVERYONE,
    DestinationConfig,
    HubConfig,
    SourceConfig,
    StaysTable,
)
from hub.config.worklist import KIND as WORKLIST
from hub.contract import Destination, Source
from hub.coordination.clocks.calendars import calendar_named
from hub.coordination.clocks.rules import shipped_rules
from hub.coordination.labels.labeller import Labeller
from hub.coordination.labels.tables import Tables
from hub.coordination.panels import EPISODE, Panel
from hub.coordination.partners import Partners
from hub.coordination.recipients import Recipient
from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.rules import ReferralRules
from hub.coordination.routes import Cadence, Subscription
from hub.errors import HubError
from hub.model.referrals import Side
from hub.runtime import panel_files
from hub.runtime.errors import AddressSharedError, PartFailedError
from hub.runtime.gazetteer import own_mapping, own_places
from hub.runtime.referring import Referring
from hub.runtime.relations import Contract, Relations, StoredPanels
from hub.runtime.transitions import Programmes
from hub.settings import FileSourceSettings

log = structlog.get_logger()


class Fault(NamedTuple):
    """A part that cannot be made: its table in the configuration, and why."""

    table: str
    error: HubError


class Parts(NamedTuple):
    """What a hub is put together from. Nothing is open or running yet."""

    sources: dict[str, Source]
    destinations: dict[str, Destination]


def assemble(config: HubConfig) -> Parts:
    """Build the plugins' objects.

    Raises the HubError of the first part that cannot be made.
    """
    for fault in _shared_addresses(config):
        raise fault.error
    made = {
        kind: {name: make() for name, make in makers.items()}
        for kind, makers in _makers(config).items()
    }
    return Parts(made["sources"], made["destinations"])


def panels(config: HubConfig) -> dict[str, Panel]:
    """Read the files of panels into memory, for a trial. Raises PanelError."""
    return {
        name: panel_files.read(name, table.file)
        for name, table in config.panels.items()
        if table.file
    }


def subscriptions(config: HubConfig) -> list[Subscription]:
    """Return who wants to be told of what: partners of their referrals, too."""
    told = config.destinations
    asked = [
        Subscription(
            name=each.name,
            destination=each.destination,
            events=each.types,
            purpose=each.purpose,
            panel=_panel_of(each),
            cadence=each.cadence,
            where=each.where,
            quiet=each.quiet_hours,
            suppress_within=each.suppress_within,
            storm=each.storm,
        )
        for each in config.subscriptions.values()
    ]
    # First of all, so that what a partner is told is told to them as a partner.
    return [*(each for each in implied(config) if each.destination in told), *asked]


def implied(config: HubConfig) -> list[Subscription]:
    """Return what partners ask for by being partners, those without a destination too.

    Nothing is sent to those; it is for their looks.
    """
    return [
        table.subscription(name, Cadence(pull=_is_fetched(config, table.destination)))
        for name, table in config.partners.items()
    ]


def _is_fetched(config: HubConfig, destination: str) -> bool:
    known = config.destinations.get(destination)
    return known is not None and known.spec.kind == WORKLIST


def named(config: HubConfig) -> frozenset[str]:
    """Return the names and classes by which a consent can name recipients."""
    known = recipients(config).values()
    return frozenset(config.destinations).union(*(each.classes for each in known))


def contracts(config: HubConfig) -> bytes:
    """Return a digest of all in the configuration that decisions rest on."""
    told = config.export()
    names = ("policy", "recipients", "subscriptions", "panels", "partners")
    resting = {name: told.get(name) for name in names}
    resting["rules"] = [path.read_bytes() for path in config.policy.rules]
    return sha256(msgspec.json.encode(resting, order="sorted")).digest()


def recipients(config: HubConfig) -> dict[str, Recipient]:
    """Return the contracts by destination; who has none has the standard one.

    That of a partner who acts is to be told the minimum. Where a destination is one
    partner's alone, consents can name it by the partner's name.
    """
    found = {name: one.recipient(name) for name, one in config.recipients.items()}
    by_place: dict[str, list[tuple[str, PartnerTable]]] = {}
    for name, table in config.partners.items():
        by_place.setdefault(place_of(name, table), []).append((name, table))
    for place, tables in by_place.items():
        acting = [each for _, each in tables if "performer" in each.sides]
        table = next(iter(acting), tables[0][1])
        known = found.get(place) or table.recipient(place)
        alone = {name for name, _ in tables} if len(tables) == 1 else set()
        found[place] = known._replace(classes=known.classes | alone)
    for name, each in config.destinations.items():
        if unspoken := each.renderer.unspoken:
            known = found.get(name) or Recipient(name)
            found[name] = known._replace(unspoken=unspoken)
    return found


def partners(config: HubConfig) -> Partners:
    """Return with whom referrals are worked."""
    return Partners(table.partner(name) for name, table in config.partners.items())


def _panel_of(each: SubscriptionConfig) -> str:
    """Return the panel that a subscription is about, "" for everybody."""
    if each.panel == EPISODE_PANEL:
        return f"{EPISODE}{each.name}"
    return "" if each.panel == EVERYONE else each.panel


def episodes(config: HubConfig) -> frozenset[str]:
    """Return the subscriptions to encounters and stays that are added one by one."""
    told = config.subscriptions.items()
    return frozenset(name for name, each in told if each.panel == EPISODE_PANEL)


def relations(config: HubConfig, reader: sqlite3.Connection) -> Relations:
    """Return who looks after whom, by the panels of the store that `reader` reads."""
    asked = {_panel_of(each) for each in config.subscriptions.values()} - {""}
    contracts = {name: Contract() for name in asked} | {
        name: Contract(
            table.stale_days, table.programme, table.purpose, table.legal_basis
        )
        for name, table in config.panels.items()
        if name in asked
    }
    return Relations(
        source=StoredPanels(reader, contracts),
        partners=partners(config),
        labeller=Labeller(Tables(config.policy.site())),
    )


def programmes(table: StaysTable) -> Programmes:
    """Return the rules of the programmes that are configured, in their order."""
    if not table.programmes:
        return Programmes()
    shipped = shipped_rules()
    rules = [rule for name in table.programmes for rule in shipped[name]]
    return Programmes(tuple(rules), table.time_zone, calendar_named(table.calendar))


def referring(config: HubConfig) -> Referring:
    """Return the rules of referrals, and which feeds speak for which partners."""
    table, stays = config.referrals, config.stays
    feeds: dict[str, frozenset[str]] = {}
    for name, each in config.partners.items():
        for source in each.sources:
            feeds[source] = feeds.get(source, frozenset()) | {name}
    sides = {
        name: frozenset[Side](each.sides) for name, each in config.partners.items()
    }
    rules = ReferralRules(
        calendar=table.calendar or stays.calendar,
        zone=table.time_zone or stays.time_zone,
        intensity=dict(table.intensity),
        reopen_days=table.reopen_days,
    )
    return Referring(rules, Bindings(feeds, sides, partners(config)))


def faults(config: HubConfig) -> Iterator[Fault]:
    """Try to make every part, and yield each that cannot be made."""
    yield from _shared_addresses(config)
    yield from _own_tables(config)
    for kind, makers in [*_makers(config).items(), ("panels", _lists(config))]:
        for name, make in makers.items():
            try:
                make()
            except HubError as error:
                yield Fault(f"{kind}.{name}", error)


def _own_tables(config: HubConfig) -> Iterator[Fault]:
    """Yield what is wrong with a site's own places and terms."""
    for read in (own_places, own_mapping):
        try:
            read(config.matching.table)
        except HubError as error:
            yield Fault("matching", error)


def _makers(config: HubConfig) -> dict[str, dict[str, Callable[[], Any]]]:
    return {
        "sources": {
            name: partial(_built, f"sources.{name}", each)
            for name, each in config.sources.items()
        },
        "destinations": {
            name: partial(_built, f"destinations.{name}", each)
            for name, each in config.destinations.items()
            if each.spec.kind != WORKLIST  # it is fetched from
        },
    }


def _lists(config: HubConfig) -> dict[str, Callable[[], Any]]:
    return {
        name: partial(panel_files.check, name, table.file)
        for name, table in config.panels.items()
        if table.file
    }


def _shared_addresses(config: HubConfig) -> Iterator[Fault]:
    """Yield what would listen where something else does: a feed in another's name.

    Sources of one kind may, where all of them can tell whose peer is whose. The port
    of a source of files is one where it calls.
    """
    taken = {(config.admin.host, config.admin.port): ("admin", "")}
    for name, each in config.sources.items():
        table, settings = f"sources.{name}", each.settings
        if isinstance(settings, FileSourceSettings):
            continue
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
