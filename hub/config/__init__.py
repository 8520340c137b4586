"""The configuration: TOML files in, a frozen `HubConfig` out, or every problem."""

from hub.config.catalogue import Catalogue
from hub.config.loading import load, load_own
from hub.config.problems import ConfigError, ConfigProblem, ConfigUnreadableError
from hub.config.subscribing import Subscription
from hub.config.tables import (
    DestinationConfig,
    HubConfig,
    SourceConfig,
)

__all__ = [
    "Catalogue",
    "ConfigError",
    "ConfigProblem",
    "ConfigUnreadableError",
    "DestinationConfig",
    "HubConfig",
    "SourceConfig",
    "Subscription",
    "load",
    "load_own",
]
