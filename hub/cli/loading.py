"""From a path to a loaded configuration."""

from pathlib import Path
from typing import NamedTuple

from hub import config
from hub.cli.errors import NoConfigurationError
from hub.registry import Registry
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.telemetry import configure_logging

_USUAL = (Path("config/hub.toml"), Path("hub.toml"))


class Loaded(NamedTuple):
    """A configuration with the plugins that it was checked against."""

    config: config.HubConfig
    registry: Registry

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.config.hub.data_dir

    @property
    def store(self) -> Path:
        """The file of the store."""
        return self.folder / DATABASE_NAME


def find(path: Path | None) -> Path:
    """Return `path`, or the usual place. Raises NoConfigurationError."""
    if path is not None:
        return path
    for usual in _USUAL:
        if usual.exists():
            return usual
    raise NoConfigurationError


def discover() -> Registry:
    """Load the plugins; what is wrong with them goes to standard error."""
    configure_logging(level="error")
    return Registry.discover()


def load(path: Path | None) -> Loaded:
    """Load the configuration. Raises NoConfigurationError, ConfigError."""
    found = find(path)
    registry = discover()
    return Loaded(config.load(found, registry), registry)


def load_own(path: Path | None) -> Loaded:
    """Load what is needed to look at the store: no secret, no panel.

    The plugins are loaded for what they say about their error codes. Raises
    NoConfigurationError, ConfigError.
    """
    return Loaded(config.load_own(find(path)), discover())


def reader(path: Path | None) -> Reader:
    """Return a reader of the store of the configuration at `path`."""
    loaded = load_own(path)
    return Reader(loaded.store, trust=loaded.config.identity.trust)
