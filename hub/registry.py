"""Finds the plugins, asks each what it declares, and sets aside what fails.

A plugin is a module that an installed distribution names in the entry-point
group ``carehub.plugins``. Each is called by itself, through a plugin manager of
its own, so that one which raises, returns junk or was written for another
version of the interface costs only what it would have provided.

Two variables of the environment help operators and authors:

* ``HUB_LOAD_PLUGINS``: names of distributions, separated by commas; where it is
  set only these are loaded, and none where it is empty.
* ``HUB_TRACE_PLUGINS``: where it is ``1``, each call of a hook is printed.
"""

import importlib.metadata
import inspect
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Self

import pluggy
import structlog
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

import hub.hookspecs
from hub.contract import (
    DestinationSpec,
    MatcherSpec,
    NormaliserSpec,
    RendererSpec,
    ScorerSpec,
    SourceSpec,
)
from hub.errors import HubError
from hub.hookspecs import PROJECT
from hub.model.scoring import ScoreInputs
from hub.plugin_errors import (
    PluginDuplicateError,
    PluginHookError,
    PluginImportError,
    PluginMissingError,
    PluginRaisedError,
    PluginResultError,
    PluginVersionError,
)
from hub.sdk import API_VERSION
from hub.settings import DestinationSettings, Settings, SourceSettings

GROUP = "carehub.plugins"
UNSPECIFIED = "unspecified"
MOST_SPECS = 1000  # per hook: a generator that never ends must not stop the start
MOST_REASON = 300  # characters of a third party's text

Spec = (
    SourceSpec
    | DestinationSpec
    | NormaliserSpec
    | RendererSpec
    | ScorerSpec
    | MatcherSpec
)
State = Literal["loaded", "quarantined", "disabled"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatus:
    """What became of one plugin.

    `api` is the range that it declares. `provides` has entries such as ``source
    mllp-listener``. `error_code` and `reason` are empty unless it is quarantined.
    """

    name: str
    version: str = ""
    distribution: str = ""
    api: str = UNSPECIFIED
    provides: tuple[str, ...] = ()
    state: State = "loaded"
    error_code: str = ""
    reason: str = ""


class _Hook(NamedTuple):
    """What a hook must return."""

    role: str
    spec: type[Any]
    identity: str
    model: str
    base: type[Settings]
    function: str


_HOOKS = {
    "sources": _Hook("source", SourceSpec, "kind", "settings", SourceSettings, "build"),
    "destinations": _Hook(
        "destination", DestinationSpec, "kind", "settings", DestinationSettings, "build"
    ),
    "normalisers": _Hook(
        "normaliser", NormaliserSpec, "name", "profile", Settings, "normalise"
    ),
    "renderers": _Hook("renderer", RendererSpec, "name", "options", Settings, "render"),
    "scorers": _Hook("scorer", ScorerSpec, "name", "settings", Settings, "score"),
    "matchers": _Hook("matcher", MatcherSpec, "name", "settings", Settings, "rate"),
}

#: What plugins provide, by hook and then by kind or name.
_Provided = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plugin that is known of, but not yet loaded."""

    status: PluginStatus
    load: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What the loaded plugins provide, and what became of every plugin."""

    sources: Mapping[str, SourceSpec] = field(default_factory=dict)
    destinations: Mapping[str, DestinationSpec] = field(default_factory=dict)
    normalisers: Mapping[str, NormaliserSpec] = field(default_factory=dict)
    renderers: Mapping[str, RendererSpec] = field(default_factory=dict)
    scorers: Mapping[str, ScorerSpec] = field(default_factory=dict)
    matchers: Mapping[str, MatcherSpec] = field(default_factory=dict)
    plugins: tuple[PluginStatus, ...] = ()

    @classmethod
    def discover(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Load the installed plugins that `environ` permits. Never raises."""
        chosen = environ.get("HUB_LOAD_PLUGINS")
        return cls._load(_installed(chosen), trace=_tracing(environ))

    @classmethod
    def from_modules(
        cls, modules: Mapping[str, object], environ: Mapping[str, str] = os.environ
    ) -> Self:
        """Load `modules` (name to module, or object with hooks) as plugins."""
        candidates = [_given(name, module) for name, module in modules.items()]
        return cls._load(candidates, trace=_tracing(environ))

    @classmethod
    def _load(cls, candidates: Iterable[_Candidate], *, trace: bool) -> Self:
        provided: _Provided = {hook: {} for hook in _HOOKS}
        in_order = sorted(
            candidates, key=lambda one: (one.status.name, one.status.distribution)
        )
        plugins = tuple(_settle(one, provided, trace=trace) for one in in_order)
        return cls(plugins=plugins, **provided)

    @property
    def quarantined(self) -> Mapping[str, str]:
        """Name and reason of each plugin that was set aside."""
        return {
            plugin.name: plugin.reason
            for plugin in self.plugins
            if plugin.state == "quarantined"
        }


def _tracing(environ: Mapping[str, str]) -> bool:
    return environ.get("HUB_TRACE_PLUGINS", "").lower() not in {"", "0", "false", "no"}


def _given(name: str, module: object) -> _Candidate:
    version = str(getattr(module, "__version__", ""))
    return _Candidate(PluginStatus(name=name, version=version), lambda: module)


def _installed(chosen: str | None) -> Iterator[_Candidate]:
    """Yield the installed plugins, then those chosen that are not installed."""
    names = [name.strip() for name in (chosen or "").split(",") if name.strip()]
    wanted = {canonicalize_name(name): name for name in names}
    for entry in importlib.metadata.entry_points(group=GROUP):
        status = _status_of_entry(entry)
        found = canonicalize_name(status.distribution)
        if chosen is not None and found not in wanted:
            status = replace(status, state="disabled")
        yield _Candidate(status, entry.load)
        wanted[found] = ""
    for name in filter(None, wanted.values()):
        yield _Candidate(PluginStatus(name=name, distribution=name), _missing)


def _missing() -> object:
    raise PluginMissingError


def _status_of_entry(entry: importlib.metadata.EntryPoint) -> PluginStatus:
    if entry.dist is None:
        return PluginStatus(name=entry.name)
    return PluginStatus(
        name=entry.name, version=entry.dist.version, distribution=entry.dist.name
    )


def _settle(candidate: _Candidate, provided: _Provided, *, trace: bool) -> PluginStatus:
    """Load a candidate, enter what it declares, and return what became of it."""
    status = candidate.status
    if status.state == "disabled":
        return status
    try:
        module = _imported(candidate)
        status = replace(status, api=_api_of(module))
        declared = _ask(module, status.name, trace=trace)
        _refuse_duplicates(declared, provided)
    except HubError as error:
        log.warning("plugin.quarantined", plugin=status.name, error_code=error.code)
        return replace(
            status, state="quarantined", error_code=error.code, reason=str(error)
        )
    for hook, specs in declared.items():
        provided[hook].update(_by_identity(hook, specs))
    return replace(status, provides=_provides(declared))


def _imported(candidate: _Candidate) -> object:
    try:
        return candidate.load()
    except PluginMissingError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginImportError(_text_of(error)) from error


def _text_of(error: BaseException) -> str:
    """Return what a third party raised, on one line: there is no content yet."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text[:MOST_REASON].rstrip(". ")


def _api_of(module: object) -> str:
    """Return the range of the interface that a plugin declares, if it fits."""
    declared = getattr(module, "HUB_API", None)
    if declared is None:
        return UNSPECIFIED
    try:
        fits = SpecifierSet(declared).contains(API_VERSION, prereleases=True)
    except (InvalidSpecifier, TypeError, AttributeError) as error:
        raise PluginVersionError(f"HUB_API {declared!r} is malformed") from error
    if not fits:
        raise PluginVersionError(f"it asks for {declared}, this hub has {API_VERSION}")
    return str(declared)


def _ask(module: object, name: str, *, trace: bool) -> dict[str, list[Any]]:
    """Call the hooks of one plugin and return what it declares, by hook."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hub.hookspecs)
    try:
        manager.register(module, name)
        manager.check_pending()
    except Exception as error:
        raise PluginHookError(_text_of(error)) from error
    return {
        hook: _declared(manager, hook, name, trace=trace)
        for hook in _HOOKS
        if getattr(manager.hook, hook).get_hookimpls()
    }


def _declared(
    manager: pluggy.PluginManager, hook: str, name: str, *, trace: bool
) -> list[Any]:
    caller = getattr(manager.hook, hook)
    if trace:
        _trace(name, caller)
    try:
        results = caller()
        specs = _listed(hook, results[0] if results else None)
        for spec in specs:
            _check(hook, spec)
    except PluginResultError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginRaisedError(f"{hook}: {_text_of(error)}") from error
    if trace:
        _trace_result(hook, specs)
    return specs


def _listed(hook: str, result: object) -> list[Any]:
    if inspect.iscoroutine(result):
        result.close()
        raise PluginResultError(f"{hook} is a coroutine; hooks declare at once")
    if not isinstance(result, Iterable) or isinstance(result, (str, bytes, Mapping)):
        raise PluginResultError(f"{hook} returned {type(result).__name__}, no iterable")
    specs = list(itertools.islice(result, MOST_SPECS + 1))
    if len(specs) > MOST_SPECS:
        raise PluginResultError(f"{hook} declares more than {MOST_SPECS}")
    return specs


def _trace(name: str, caller: pluggy.HookCaller) -> None:
    for call in caller.get_hookimpls():
        function = f"{call.function.__module__}.{call.function.__qualname__}"
        sys.stderr.write(f"{name}: {caller.name}() is {function}\n")


def _trace_result(hook: str, specs: list[Any]) -> None:
    identity = _HOOKS[hook].identity
    for spec in specs:
        sys.stderr.write(f"  -> {type(spec).__name__} {getattr(spec, identity)}\n")


def _check(hook: str, spec: object) -> None:
    """Raise PluginResultError where `spec` is not what `hook` must return."""
    role, expected, identity, model, base, function = _HOOKS[hook]
    if not isinstance(spec, expected):
        found = type(spec).__name__
        raise PluginResultError(f"{hook} holds {found}, not {expected.__name__}")
    kind = getattr(spec, identity)
    if not (isinstance(kind, str) and re.fullmatch(r"[a-z][a-z0-9-]*", kind)):
        raise PluginResultError(f"the {role} {kind!r} is not named like-this-1")
    declared = getattr(spec, model)
    if not (isinstance(declared, type) and issubclass(declared, base)):
        raise PluginResultError(f"{role} {kind}: {model} is no {base.__name__}")
    if not callable(getattr(spec, function)):
        raise PluginResultError(f"{role} {kind}: {function} cannot be called")
    if isinstance(spec, RendererSpec) and spec.max_notices < 1:
        raise PluginResultError(f"{role} {kind}: max_notices is less than 1")
    if isinstance(spec, ScorerSpec):
        unknown = {*spec.inputs} - {*ScoreInputs.__struct_fields__}
        if unknown or not spec.inputs:
            raise PluginResultError(
                f"{role} {kind}: inputs are no fields of ScoreInputs"
            )


def _refuse_duplicates(declared: dict[str, list[Any]], provided: _Provided) -> None:
    for hook, specs in declared.items():
        taken = set(provided[hook])
        for spec in specs:
            kind = getattr(spec, _HOOKS[hook].identity)
            if kind in taken:
                raise PluginDuplicateError(f"{_HOOKS[hook].role} {kind}")
            taken.add(kind)


def _by_identity(hook: str, specs: list[Any]) -> dict[str, Any]:
    return {getattr(spec, _HOOKS[hook].identity): spec for spec in specs}


def _provides(declared: dict[str, list[Any]]) -> tuple[str, ...]:
    return tuple(
        f"{_HOOKS[hook].role} {kind}"
        for hook, specs in declared.items()
        for kind in _by_identity(hook, specs)
    )
