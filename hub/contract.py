"""What plugins declare, and what the objects that they build must do.

A plugin's hooks return the specs of this module. A spec is a declaration: from
it come the parser of the configuration, its reference page and the JSON Schema.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

from msgspec import Struct

from hub.desks import ExchangeDesk, ReferralDesk
from hub.errors import HubError
from hub.model.delivery import Artifact, Notice, Receipt, Rendered
from hub.model.directory import DirectoryItem, Offer, Rated, Wish
from hub.model.facts import Normalised
from hub.model.files import FileContext, Item
from hub.model.message import Processed, RawMessage, Stored
from hub.model.scoring import Score, ScoreInputs
from hub.settings import DestinationSettings, Settings, SourceSettings

Stability = Literal["experimental", "stable", "deprecated"]

#: Called once, on the event loop, with what became of a submitted message.
OnStored = Callable[[Stored | HubError], None]
#: Called at most once, on the event loop, with what became of a stored message.
OnProcessed = Callable[[Processed], None]


class Inbox(Protocol):
    """Where a source puts what it received. The hub gives each source its own."""

    @property
    def referrals(self) -> ReferralDesk:
        """Where a source that works referrals looks them up."""

    @property
    def files(self) -> ExchangeDesk:
        """Where a source of files goes with them."""

    @property
    def feed(self) -> str:
        """The name of the source in the configuration."""

    @property
    def busy(self) -> bool:
        """Whether messages arrived at any source within the last second.

        Large work for which nobody waits, such as the download of a file, then goes
        slower.
        """

    async def put(self, message: RawMessage) -> Stored:
        """Store `message` and return its hub id.

        Returns only once the message would survive power loss, so a source may
        acknowledge its peer as soon as this returns, and not before. Raises a
        HubError with recovery RETRY where the hub cannot store: do not answer.
        """

    def submit(
        self,
        message: RawMessage,
        on_stored: OnStored,
        on_processed: OnProcessed | None = None,
    ) -> None:
        """Store `message` as `put` does, but call `on_stored` instead of waiting.

        For sources that speak a protocol without a task per message. Calls of
        `on_stored` come in the order of submission. `on_processed` is called
        after it, once the message is processed, unmapped or parked; never where
        the hub stops before.
        """

    def report_ready(self, address: str) -> None:
        """Say that the source now receives at `address` (shown to operators)."""


class Source(Protocol):
    """Brings messages in."""

    async def run(self, inbox: Inbox) -> None:
        """Receive until cancelled.

        Call `inbox.report_ready` when messages can arrive. Raise only HubError;
        one with recovery RETRY restarts the source after a wait, STOP ends it.
        """


class Destination(Protocol):
    """Sends artifacts out."""

    async def send(self, artifact: Artifact) -> Receipt:
        """Try once to send `artifact`, and say what is known afterwards.

        Cancelled after the configured time; the hub then takes the outcome as
        UNKNOWN. The hub calls again with the same id until it is settled.
        """

    async def close(self) -> None:
        """Let go of connections. Called once, when the hub stops."""


class Unwrap(Protocol):
    """Opens the containers that a file came in: PGP, gzip, zip."""

    def __call__(self, wrapped: Path, folder: Path, settings: Any, /) -> Sequence[Path]:
        """Return what was in `wrapped`, as files in `folder`, in their order.

        Runs in a process of its own. Raises a HubError, whose code says why, where
        anything about it is wrong: then none of it is used.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """Declares a kind of source.

    `kind` is a noun naming the protocol and the role (``mllp-listener``); it is
    what an operator writes and never changes once released. `normaliser` is the
    one that its messages get where the configuration names none. A source of files
    can say how to `unwrap` them, and how to `unwrap_package` those that are a whole
    directory, where a zip is what is read and no container; else that is `unwrap`.
    """

    kind: str
    settings: type[SourceSettings]
    build: Callable[[Any], Source]
    normaliser: str
    summary: str
    stability: Stability = "experimental"
    unwrap: Unwrap | None = None
    unwrap_package: Unwrap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationSpec:
    """Declares a kind of destination."""

    kind: str
    settings: type[DestinationSettings]
    build: Callable[[Any], Destination]
    summary: str
    stability: Stability = "experimental"


class Normalise(Protocol):
    """Turns the bytes of one message into facts."""

    def __call__(self, body: bytes, profile: Any, /) -> Normalised:
        """Return facts and warnings. Pure; never raises for content."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that samples of a feed show: how often, and what to think of it.

    `topic` is a word (``charset``, ``trigger``), `value` a code or a field, never
    what stands in one, and `remark` a sentence or empty. Of the topic ``question``,
    which only a person can answer, `value` is the setting of the profile.
    """

    topic: str
    value: str
    count: int
    remark: str = ""


class Learned(Struct, frozen=True, kw_only=True):
    """A profile that samples suggest, as it is written in a configuration."""

    profile: dict[str, Any]
    findings: tuple[Finding, ...] = ()


class Shown(Struct, frozen=True, kw_only=True):
    """One value of a message: where it stands, what that is called, what it says."""

    path: str
    name: str
    value: str


class Remark(Struct, frozen=True, kw_only=True):
    """One thing in which a message is not what its standard or profile says.

    `place` names a segment or field, `text` never quotes what stands there.
    """

    severity: Literal["error", "warning"]
    place: str
    text: str


class Learn(Protocol):
    """Looks at samples of a feed."""

    def __call__(self, samples: Sequence[bytes], /) -> Learned:
        """Return the profile that `samples` suggest. Never raises for content."""


class Outline(Protocol):
    """Shows a message to a person who may see it."""

    def __call__(self, body: bytes, profile: Any, /) -> Sequence[Shown]:
        """Return the values of a message in order; none where it is unreadable."""


class Validate(Protocol):
    """Compares a message with its standard. May be slow, or never return."""

    def __call__(self, body: bytes, profile: Any, /) -> Sequence[Remark]:
        """Return what is wrong. Runs in a process of its own, with a time limit."""


class Read(Protocol):
    """Reads a file row by row, with memory that does not grow with it."""

    def __call__(
        self, file: BinaryIO, profile: Any, context: FileContext, /
    ) -> Iterator[Item]:
        """Yield a heading, then what the file holds, in its order.

        Runs in a process of its own. What is wrong with a row is in the row; raises
        HubError where the file as a whole cannot be used.
        """


class ReadDirectory(Protocol):
    """Reads a directory of services, with memory that does not grow with it."""

    def __call__(
        self, package: Path, folder: Path, profile: Any, /
    ) -> Iterator[DirectoryItem]:
        """Yield a heading, then the objects of `package` and remarks about them.

        `package` holds the body of one message; `folder` is empty, and for whatever
        must be unpacked. Runs in a process of its own. Raises HubError where the
        package as a whole cannot be used.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class NormaliserSpec:
    """Declares how messages of a media type become facts.

    One that reads a `directory` is for directories of services: a message is a whole
    package, which is compared with the one before, and `normalise` is never asked.

    One that can `read` is for files: each row that the hub takes becomes a message
    whose body is a `RowMessage`, and that is what `normalise` gets.
    `row_codes` says what each code of a `RowProblem` means and what to do, and
    `columns` what becomes of each column that is known, where all is in one table.

    `profile` is the model of a feed's peculiarities, written as the `profile`
    of a source. What follows `summary` is optional: `learn` proposes a profile
    from samples, `outline` shows a message field by field, and `validate` (a
    function of a module, so that another process finds it) reports on its form.
    """

    name: str
    media_type: str
    profile: type[Settings]
    normalise: Normalise
    summary: str
    stability: Stability = "experimental"
    learn: Learn | None = None
    outline: Outline | None = None
    validate: Validate | None = None
    read: Read | None = None
    directory: ReadDirectory | None = None
    row_codes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


class Render(Protocol):
    """Turns notices for one recipient into bytes."""

    def __call__(self, notices: Sequence[Notice], options: Any, /) -> Rendered:
        """Return the artifact of `notices`, of which there is at least one.

        Pure: the same notices give the same bytes whenever it is called.
        """


class Agree(Protocol):
    """Compares the options of a format with the sources that must agree with them."""

    def __call__(self, options: Any, sources: Mapping[str, Any], /) -> Sequence[Remark]:
        """Return where they differ; `place` is an option, and `text` says what to do.

        `sources` are settings by name, of the kind that the format names. Pure; never
        quotes what may be a secret.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererSpec:
    """Declares a format: `max_notices` in an artifact, none of types in `unspoken`.

    What is sent may lead back to a source, as a link does: `agrees_with` is the kind of
    that source, and `agree` says where its settings and the options differ.
    """

    name: str
    options: type[Settings]
    render: Render
    summary: str
    max_notices: int = 1
    stability: Stability = "experimental"
    unspoken: frozenset[str] = frozenset()
    agrees_with: str = ""
    agree: Agree | None = None


class Rate(Protocol):
    """Works out how much risk a person runs."""

    def __call__(self, inputs: ScoreInputs, settings: Any, /) -> Score:
        """Return the score. Pure: the same inputs give the same score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerSpec:
    """Declares a model that scores people.

    `inputs` names the fields of `ScoreInputs` that it reads, and `version` changes
    whenever the same inputs may give another score. `scale` says what a score can
    be (``0-20``).
    """

    name: str
    version: str
    settings: type[Settings]
    score: Rate
    inputs: tuple[str, ...]
    scale: str
    summary: str
    stability: Stability = "experimental"


class Fit(Protocol):
    """Says how well a service fits a need."""

    def __call__(self, offer: Offer, wish: Wish, settings: Any, /) -> Rated:
        """Return the score, its reasons and what is unknown. Pure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatcherSpec:
    """Declares how services that are possible at all are put in order.

    What is closed, secret or out of reach, the hub has left out before. `version`
    changes whenever the same offer may get another score.
    """

    name: str
    version: str
    settings: type[Settings]
    rate: Fit
    summary: str
    stability: Stability = "experimental"
