"""The plugin contract, on one page.

Hooks are synchronous and do no I/O: they declare. Everything asynchronous lives
in the objects that the declarations build. The hub calls each plugin by itself
and sets aside the one that fails. A new hook needs a bundled plugin that uses
it, a heading in ``docs/reference/hooks.md`` and a ``test_hook_<name>``.
"""

from collections.abc import Iterable

import pluggy

from hub.contract import (
    DestinationSpec,
    MatcherSpec,
    NormaliserSpec,
    RendererSpec,
    ScorerSpec,
    SourceSpec,
)

PROJECT = "carehub"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def sources() -> Iterable[SourceSpec]:  # type: ignore[empty-body]
    """Declare the kinds of source that bring raw messages in."""


@hookspec
def destinations() -> Iterable[DestinationSpec]:  # type: ignore[empty-body]
    """Declare the kinds of destination that send artifacts out."""


@hookspec
def normalisers() -> Iterable[NormaliserSpec]:  # type: ignore[empty-body]
    """Declare how raw messages of a media type become facts."""


@hookspec
def renderers() -> Iterable[RendererSpec]:  # type: ignore[empty-body]
    """Declare the formats in which notices are sent."""


@hookspec
def scorers() -> Iterable[ScorerSpec]:  # type: ignore[empty-body]
    """Declare models that score the risk of people."""


@hookspec
def matchers() -> Iterable[MatcherSpec]:  # type: ignore[empty-body]
    """Declare how services that could meet a need are put in order."""
