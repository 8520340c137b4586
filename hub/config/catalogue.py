"""What a configuration can name: kinds and formats, as plugins provide them."""

from collections.abc import Mapping
from typing import Protocol

from hub.contract import (
    DestinationSpec,
    MatcherSpec,
    NormaliserSpec,
    RendererSpec,
    ScorerSpec,
    SourceSpec,
)


class Catalogue(Protocol):
    """What the plugins provide, by kind or name; `hub.registry.Registry` is one."""

    @property
    def sources(self) -> Mapping[str, SourceSpec]:
        """Kinds of source."""

    @property
    def destinations(self) -> Mapping[str, DestinationSpec]:
        """Kinds of destination."""

    @property
    def normalisers(self) -> Mapping[str, NormaliserSpec]:
        """Normalisers."""

    @property
    def renderers(self) -> Mapping[str, RendererSpec]:
        """Formats."""

    @property
    def scorers(self) -> Mapping[str, ScorerSpec]:
        """Models that score people."""

    @property
    def matchers(self) -> Mapping[str, MatcherSpec]:
        """What puts services in order."""

    @property
    def quarantined(self) -> Mapping[str, str]:
        """Name and reason of each plugin that was set aside."""


class NoPlugins:
    """A catalogue of nothing."""

    sources: Mapping[str, SourceSpec] = {}
    destinations: Mapping[str, DestinationSpec] = {}
    normalisers: Mapping[str, NormaliserSpec] = {}
    renderers: Mapping[str, RendererSpec] = {}
    scorers: Mapping[str, ScorerSpec] = {}
    matchers: Mapping[str, MatcherSpec] = {}
    quarantined: Mapping[str, str] = {}
