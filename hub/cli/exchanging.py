"""Working with files: through a hub that runs, else in the store."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from prometheus_client import CollectorRegistry

from hub.admin.exchange_handlers import Decided
from hub.cli.client import ask, expected
from hub.cli.errors import HubUnreachableError
from hub.cli.loading import Loaded, load, load_own
from hub.config import HubConfig
from hub.metrics import Metrics
from hub.runtime.exchanges.operating import Operations, original
from hub.runtime.exchanges.partners import partner_status
from hub.runtime.exchanges.service import Exchanges
from hub.runtime.panel_keeping import PanelKeeper
from hub.runtime.panel_loading import Loader
from hub.store.acting import LOCAL, Actor
from hub.store.errors import DataFolderLockedError
from hub.store.queries import Reader
from hub.store.reading import open_read_only
from hub.store.store import Store, call_at_once
from hub.store.writer import Apply
from hub.threads import in_thread

T = TypeVar("T")
Work = Callable[[Operations], Awaitable[T]]


def decide(
    config: Path | None, key: str, decision: str, by: str, reason: str
) -> dict[str, Any]:
    """Let a file be approved, rejected or sent again; return where it is then.

    `key` is an id, or the beginning of one. Raises what `Operations` raises,
    ApiRefusedError.
    """
    acting = Actor(by, LOCAL.role)
    key = full_id(load_own(config), key)
    try:
        _operate(config, lambda work: getattr(work, decision)(key, acting, reason))
    except DataFolderLockedError:
        path = f"/api/v1/exchanges/{quote(key, safe='')}/{decision}"
        return _post(load_own(config), path, {"by": by, "reason": reason})
    found = Reader(load_own(config).store).exchanges.exchange(key)
    return _plain(Decided(found.id, found.feed, found.state, found.reason))


def reconcile(
    config: Path | None, feed: str, count: int | None, day: date | None, by: str
) -> dict[str, Any]:
    """Compare our records with what a partner says, and keep that.

    Raises what `Operations` raises, ApiRefusedError.
    """
    acting = Actor(by or LOCAL.name, LOCAL.role)
    try:
        return _plain(
            _operate(config, lambda work: work.reconcile(feed, count, day, acting))
        )
    except DataFolderLockedError:
        path = f"/api/v1/partners/{quote(feed, safe='')}/reconcile"
        asked = {"by": by, "count": count, "as_of": day and day.isoformat()}
        return _post(load_own(config), path, asked)


def partners(config: Path | None) -> list[Any]:
    """Return how it stands with all partners, as the API shows it.

    Raises ApiRefusedError, and ConfigError where no hub runs.
    """
    loaded = load_own(config)
    try:
        answered = ask(loaded.config.admin, "GET", "/api/v1/partners")
    except HubUnreachableError:
        told = load(config).config
        with closing(open_read_only(loaded.store)) as connection:
            now = datetime.now(UTC)
            return [_plain(each) for each in partner_status(connection, told, now)]
    found: list[Any] = expected(answered)["items"]
    return found


def bytes_of(config: Path | None, key: str) -> Path:
    """Return where the bytes of a file lie. Raises what `original` raises.

    `key` is an id, or the beginning of one.
    """
    loaded = load_own(config)
    key = full_id(loaded, key)
    with closing(open_read_only(loaded.store)) as connection:
        return original(connection, loaded.folder, key)


def full_id(loaded: Loaded, start: str) -> str:
    """Return the id of the one file whose id starts so. Raises UnknownExchangeError."""
    return Reader(loaded.store).exchanges.full_id(start)


def _operate(config: Path | None, work: Work[T]) -> T:
    """Work with the files in the store.

    Raises DataFolderLockedError where a hub runs.
    """
    loaded = load_own(config)
    with Store(loaded.folder, call_at_once) as store:
        # Read with all secrets only where nobody else can do it.
        return asyncio.run(_worked(store, load(config).config, work))


async def _worked(store: Store, config: HubConfig, work: Work[T]) -> T:
    async def write(apply: Apply, payload: Any) -> Any:
        return await in_thread(store.writer.call, apply, payload)

    loader = Loader(store.writer, store.reader, store.folder, config.panels)
    panels, metrics = PanelKeeper(loader, store), Metrics(CollectorRegistry())
    exchanges = Exchanges(config, store, write, panels, metrics, lambda: None)
    try:
        return await work(exchanges.operations(lambda _destinations: None))
    finally:
        await exchanges.stop()
        await panels.stop()


def _post(loaded: Loaded, path: str, said: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(said).encode()
    return expected(ask(loaded.config.admin, "POST", path, content))


def _plain(value: Any) -> dict[str, Any]:
    """Return a value as the JSON of the API has it."""
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
