"""The configuration: one TOML file, or a folder of them, validated as a whole.

`load` either returns a frozen `HubConfig` or raises one `ConfigError` with every
problem there is. Which kinds exist, and which keys their tables have, the
plugins declare; `load` gets them as a `Catalogue`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from hub.config.admin import AdminTable
from hub.config.agreeing import disagreements
from hub.config.catalogue import Catalogue, NoPlugins
from hub.config.gathering import Gathered, gathered
from hub.config.gating import Surroundings, wrong_with
from hub.config.matching import MatchingConfig, MatchingTable
from hub.config.panels import EPISODE_PANEL, PanelTable
from hub.config.partner_doubts import Partnership, wrong_among
from hub.config.partners import PartnerTable, ReferralsTable
from hub.config.policy import PolicyTable
from hub.config.problems import ConfigError
from hub.config.recipients import RecipientTable
from hub.config.scoring import ScorerConfig, ScorerTable
from hub.config.subscribing import Subscription, SubscriptionTable
from hub.config.tables import (
    EVERYONE,
    NAMED,
    SINGLE,
    DestinationConfig,
    HubConfig,
    HubTable,
    IdentityTable,
    SourceConfig,
    StaysTable,
)
from hub.config.words import nearest, require_known
from hub.config.worklist import KIND as WORKLIST
from hub.config.worklist import destination_kinds, formats_of
from hub.config.written import Written, problem_of
from hub.contract import DestinationSpec
from hub.coordination.identity.decisions import FEED
from hub.settings import Settings

_Spec = TypeVar("_Spec")
_Model = TypeVar("_Model", bound=Settings)


def load(path: Path, catalogue: Catalogue) -> HubConfig:
    """Read and validate the file or folder at `path`.

    Raises ConfigUnreadableError where there is nothing to read, and ConfigError
    with all problems where there are any. Secrets are read here, once.
    """
    loading = _Loading(catalogue, gathered(path))
    config = loading.build()
    if config is None or loading.problems:
        # A key that two checks complain about is named once, as the first says.
        first = {(one.file, one.path): one for one in reversed(loading.problems)}
        raise ConfigError(reversed(first.values()))
    return config


def load_own(path: Path) -> HubConfig:
    """Read the hub's own tables at `path`, without sources and destinations.

    For whoever only looks at the store: no plugin, panel or secret is needed.
    Raises ConfigUnreadableError, and ConfigError where these tables are wrong.
    """
    loading = _Loading(NoPlugins(), gathered(path))
    config = loading.build_own()
    if config is None:
        raise ConfigError(loading.problems)
    return config


class _Loading:
    """Checks the tables that were written, and adds to their problems."""

    def __init__(self, catalogue: Catalogue, given: Gathered) -> None:
        self._catalogue = catalogue
        self._given = given
        self._of = given.of
        self._hub = ""
        self._fed: dict[str, str] = {}  # the panels that sources of files fill
        self._partner = self._known_partner()
        self.problems = given.problems

    def build_own(self) -> HubConfig | None:
        """Return the hub's own tables, or None where a problem prevents it."""
        bare = {top: Written(self._given.first, (top,), {}) for top in SINGLE}
        single = bare | {top: table for top in SINGLE for _, table in self._of(top)}
        hub = self._validate(single["hub"], HubTable)
        self._hub = hub.name if hub else ""
        admin = self._validate(single["admin"], AdminTable)
        stays = self._validate(single["stays"], StaysTable)
        identity = self._validate(single["identity"], IdentityTable)
        policy = self._validate(single["policy"], PolicyTable)
        referrals = self._validate(single["referrals"], ReferralsTable)
        if hub is None or admin is None or stays is None or identity is None:
            return None
        if policy is None or referrals is None:
            return None
        matching = self._matching(single["matching"])
        return HubConfig(hub, admin, stays, identity, policy, referrals, matching)

    def _matching(self, table: Written) -> MatchingConfig:
        """Return how services are matched; without any matcher where none is there."""
        model = self._validate(table, MatchingTable) or MatchingTable()
        specs = self._catalogue.matchers
        if "matcher" not in table.values and (model.matcher not in specs):
            return MatchingConfig(model)
        if not specs and isinstance(self._catalogue, NoPlugins):
            return MatchingConfig(model)
        spec = self._pick(table, "matcher", model.matcher, specs)
        own = self._inner(table, "settings", spec.settings) if spec else None
        return MatchingConfig(model, spec, own)

    def build(self) -> HubConfig | None:
        """Return the configuration, or None where a problem prevents it."""
        own = self.build_own()
        sources = [self._source(*item) for item in self._of("sources")]
        destinations = [self._destination(*item) for item in self._of("destinations")]
        subscriptions = [
            self._subscription(*item) for item in self._of("subscriptions")
        ]
        panels = {
            name: self._validate(table, PanelTable)
            for name, table in self._of("panels")
        }
        recipients = {
            name: self._recipient(name, table) for name, table in self._of("recipients")
        }
        scorers = [self._scorer(*item) for item in self._of("scorers")]
        partners = self._partners([one for one in sources if one])
        if self._given.complete and all(sources):
            self._agree([one for one in destinations if one], sources)
        if own is None or self.problems:
            return None
        return HubConfig(
            hub=own.hub,
            admin=own.admin,
            stays=own.stays,
            identity=own.identity,
            policy=own.policy,
            referrals=own.referrals,
            matching=own.matching,
            sources={one.name: one for one in sources if one},
            destinations={one.name: one for one in destinations if one},
            subscriptions={one.name: one for one in subscriptions if one},
            panels={name: panel for name, panel in panels.items() if panel},
            scorers={one.name: one for one in scorers if one},
            recipients={name: one for name, one in recipients.items() if one},
            partners=partners,
        )

    def _agree(
        self,
        destinations: Iterable[DestinationConfig],
        sources: Iterable[SourceConfig | None],
    ) -> None:
        """Note where what is sent does not fit the sources that it leads back to.

        Only where all sources could be read: else what is missing may be there.
        """
        tables = self._given.tables
        told = [(tables["destinations", each.name], each) for each in destinations]
        self.problems += disagreements(told, [one for one in sources if one])

    def _partners(self, sources: list[SourceConfig]) -> dict[str, PartnerTable]:
        """Return the partners, and note what does not go together among them."""
        found: dict[str, Partnership] = {}
        for name, table in self._of("partners"):
            if table.values.get("destination"):
                self._refer(table, "destination", "destinations")
            if model := self._validate(table, PartnerTable):
                found[name] = Partnership(table, model)
        if self._given.complete:
            names = {top: {name for name, _ in self._of(top)} for top in NAMED}
            media = {one.name: one.normaliser.media_type for one in sources}
            self.problems += wrong_among(found, names, media)
        return {name: each.model for name, each in found.items()}

    def _source(self, name: str, table: Written) -> SourceConfig | None:
        kinds = self._catalogue.sources
        spec = self._pick(table, "kind", table.values.get("kind"), kinds)
        settings = self._validate(table, spec.settings) if spec else None
        wanted = table.values.get("normaliser") or (spec.normaliser if spec else None)
        if wanted is None:
            return None
        normalisers = self._catalogue.normalisers
        normaliser = self._pick(table, "normaliser", wanted, normalisers)
        profile = (
            self._inner(table, "profile", normaliser.profile) if normaliser else None
        )
        if not (spec and settings and normaliser and profile):
            return None
        if settings.validation != "off" and normaliser.validate is None:
            lacking = f"the normaliser {normaliser.name} cannot validate"
            self.problems.append(table.problem("validation", lacking, "off"))
        for wrong in wrong_with(name, spec, settings, normaliser, self._around()):
            self.problems.append(table.problem(*wrong))
        return SourceConfig(name, spec, settings, normaliser, profile)

    def _around(self) -> Surroundings:
        """Return what else there is that concerns a source of files."""
        panels = {name: "file" in table.values for name, table in self._of("panels")}
        return Surroundings(panels if self._given.complete else None, self._fed)

    def _scorer(self, name: str, table: Written) -> ScorerConfig | None:
        kinds = self._catalogue.scorers
        spec = self._pick(table, "kind", table.values.get("kind"), kinds)
        model = self._validate(table, ScorerTable)
        own = self._inner(table, "settings", spec.settings) if spec else None
        if not (spec and model and own):
            return None
        return ScorerConfig.of(name, spec, model, own)

    def _destination(self, name: str, table: Written) -> DestinationConfig | None:
        kinds = destination_kinds(self._catalogue)
        spec = self._pick(table, "kind", table.values.get("kind"), kinds)
        wanted = table.values.get("format", _usual_format(spec))
        known = formats_of(table.values.get("kind"), self._catalogue)
        renderer = self._pick(table, "format", wanted, known)
        settings = self._validate(table, spec.settings) if spec else None
        options = (
            self._inner(table, "format_options", renderer.options) if renderer else None
        )
        if not (spec and settings and renderer and options):
            return None
        if settings.max_notices > renderer.max_notices:
            most = f"the format {renderer.name} takes {renderer.max_notices} at most"
            self.problems.append(table.problem("max_notices", most))
        return DestinationConfig(self._hub, name, spec, settings, renderer, options)

    def _subscription(self, name: str, table: Written) -> Subscription | None:
        self._refer(table, "destination", "destinations")
        self._refer(table, "panel", "panels", EVERYONE, EPISODE_PANEL)
        model = self._validate(table, SubscriptionTable)
        if model is None:
            return None
        subscription = Subscription.of(name, model)
        self._refer_sources(table, model)
        self._fetched_from_a_worklist(table, subscription)
        return subscription

    def _refer_sources(self, table: Written, model: SubscriptionTable) -> None:
        """Note each source that a filter names and that is not there."""
        known = [name for name, _ in self._of("sources")]
        for name in (model.where and model.where.source) or ():
            if self._given.complete and name not in {*known, FEED}:
                unknown = f"there is no source {name}"
                hint = nearest(name, known)
                self.problems.append(table.problem("where.source", unknown, hint))

    def _fetched_from_a_worklist(self, table: Written, given: Subscription) -> None:
        """Note a worklist to which things are to be sent, and the other way round."""
        destination = self._given.tables.get(("destinations", given.destination))
        if destination is None:
            return
        fetched = destination.values.get("kind") == WORKLIST
        if fetched and not given.cadence.pull:
            wrong = f"nothing is sent to a {WORKLIST}: it is fetched from"
            self.problems.append(table.problem("cadence", wrong, "pull"))
        elif given.cadence.pull and not fetched:
            wrong = f"is for a destination of kind {WORKLIST}"
            self.problems.append(table.problem("cadence", wrong))

    def _recipient(self, name: str, table: Written) -> RecipientTable | None:
        """Validate a contract, which is with whom a destination belongs to."""
        known = [each for each, _ in self._of("destinations")]
        if self._given.complete and name not in known:
            hint = nearest(name, known)
            missing = f"there is no destination {name}"
            self.problems.append(table.problem("", missing, hint))
        return self._validate(table, RecipientTable)

    def _refer(self, table: Written, key: str, top: str, *besides: str) -> None:
        """Note a problem where `key` names a table of `top` that is not there."""
        name = table.values.get(key)
        known = [*besides, *(known for known, _ in self._of(top))]
        if self._given.complete and isinstance(name, str) and name not in known:
            hint = nearest(name, known)
            self.problems.append(table.problem(key, f"there is no {key} {name}", hint))

    def _pick(
        self, table: Written, key: str, name: object, specs: Mapping[str, _Spec]
    ) -> _Spec | None:
        """Return the spec called `name`, or note the problem."""
        if isinstance(name, str) and name in specs:
            return specs[name]
        hint = ""
        if name is None:
            message = f"is required; there are: {', '.join(sorted(specs)) or 'none'}"
        elif not isinstance(name, str):
            message = "must be a string"
        else:
            hint = nearest(name, specs)
            message = f"no plugin provides {name}{self._set_aside()}"
        self.problems.append(table.problem(key, message, hint))
        return None

    def _set_aside(self) -> str:
        reasons = self._catalogue.quarantined.items()
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons)
        return f" (set aside: {told})" if told else ""

    def _inner(
        self, table: Written, key: str, model: type[Settings]
    ) -> Settings | None:
        """Validate the table at `key` inside `table`, which another plugin defines."""
        values = table.values.get(key, {})
        if not isinstance(values, dict):
            return None  # noted where the table itself was validated
        inner = Written(table.file, (*table.path, key), values)
        return self._validate(inner, model)

    def _known_partner(self) -> Callable[[str], str]:
        """Return what takes the name of a partner, and refuses any other name."""
        if not self._given.complete:
            return str
        return partial(
            require_known, "partner", known={n for n, _ in self._of("partners")}
        )

    def _validate(self, table: Written, model: type[_Model]) -> _Model | None:
        try:
            context = {"folder": table.file.parent, "partner": self._partner}
            return model.model_validate(table.values, context=context)
        except ValidationError as error:
            details = error.errors(include_url=False)
            self.problems += [problem_of(table, model, detail) for detail in details]
        except Exception as error:  # noqa: BLE001  a plugin's validator may do anything
            broken = f"the plugin's validation raised {type(error).__name__}"
            self.problems.append(table.problem("", broken))
        return None


def _usual_format(spec: DestinationSpec | None) -> object:
    """Return the format of a kind of destination that has one of its own."""
    declared = spec.settings.model_fields["format"] if spec else None
    return declared.default if declared and not declared.is_required() else None
