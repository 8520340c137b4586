"""What a feed would make of messages, with nothing stored, sent or logged."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from hub.catalogue import catalogued
from hub.cli.file_trials import file_items
from hub.contract import NormaliserSpec, Shown
from hub.errors import HubError
from hub.model.facts import Fact, Normalised, Problem
from hub.settings import Settings

#: The field that a warning is about: ``time.invalid.pv1-44`` names PV1-44.
_FIELD = re.compile(r"\.([a-z][a-z0-9]{2}-\d+(?:\.\d+)*)$")


Outcome = Literal["facts", "unmapped", "problem"]


class Warned(Struct, frozen=True, omit_defaults=True):
    """A warning, and the field that it is about where it names one."""

    code: str
    field: str = ""
    name: str = ""


class Explained(Struct, frozen=True):
    """A problem in the words of the catalogue."""

    code: str
    detail: str
    summary: str
    remedy: str


class Trial(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one message: `place` counts those of a file from 1.

    `documents` gives each one's digest, media type and size; `fields` is filled
    only where it was asked for.
    """

    file: str
    place: int
    outcome: Outcome
    control_id: str = ""
    message_type: str = ""
    charset: str = ""
    facts: tuple[Fact, ...] = ()
    unmapped: str = ""
    problem: Explained | None = None
    warnings: tuple[Warned, ...] = ()
    documents: tuple[dict[str, Any], ...] = ()
    fields: tuple[Shown, ...] = ()


class Feed(Struct, frozen=True):
    """A normaliser with the profile to try, and whoever else can cut files."""

    normaliser: NormaliserSpec
    profile: Settings
    others: Sequence[NormaliserSpec] = ()

    def trials(self, file: str, body: bytes, *, fields: bool) -> Iterator[Trial]:
        """Yield what would become of each message in `body`, in order.

        Of a normaliser that reads files, of each row.
        """
        if self.normaliser.read is not None:
            yield from self._of_file(file, body, fields=fields)
            return
        for place, part in enumerate(self.messages(body), start=1):
            normalised = self.normaliser.normalise(part, self.profile)
            yield self._trial(file, place, part, normalised, fields=fields)

    def _of_file(self, file: str, content: bytes, *, fields: bool) -> Iterator[Trial]:
        for item in file_items(self.normaliser, self.profile, file, content):
            trial = self._trial(
                file,
                item.place,
                item.body,
                item.made,
                fields=fields and bool(item.body),
            )
            yield replace(trial, message_type=item.kind, control_id=item.key)

    def messages(self, body: bytes) -> Sequence[bytes]:
        """Return the messages in `body`: itself, or those that it consists of.

        The feed's normaliser is asked first; where it makes no facts of the whole,
        the others of the same media type are, one of which may be for batches.
        """
        normalised = self.normaliser.normalise(body, self.profile)
        if normalised.facts:
            return [body]
        if normalised.parts:
            return [part.body for part in normalised.parts]
        for other in self.others:
            parts = other.normalise(body, self._profile_for(other)).parts
            if parts:
                return [part.body for part in parts]
        return [body]

    def _profile_for(self, other: NormaliserSpec) -> Settings:
        if isinstance(self.profile, other.profile):
            return self.profile
        return other.profile()

    def _trial(
        self, file: str, place: int, body: bytes, made: Normalised, *, fields: bool
    ) -> Trial:
        shown = self._outline(body) if fields or made.warnings else ()
        codes = self.normaliser.row_codes
        problem = _explained(made.problem, codes) if made.problem else None
        return Trial(
            file=file,
            place=place,
            outcome=_outcome(made),
            control_id=made.provenance.message_id,
            message_type=made.provenance.trigger,
            charset=made.provenance.charset,
            facts=made.facts,
            unmapped=made.unmapped or "",
            problem=problem,
            warnings=tuple(_warned(code, shown) for code in made.warnings),
            documents=tuple(
                {
                    "digest": each.digest,
                    "media_type": each.media_type,
                    "size": len(each.content),
                }
                for each in made.documents
            ),
            fields=shown if fields else (),
        )

    def _outline(self, body: bytes) -> tuple[Shown, ...]:
        outline = self.normaliser.outline
        return tuple(outline(body, self.profile)) if outline else ()


def _outcome(made: Normalised) -> Outcome:
    if made.problem:
        return "problem"
    return "facts" if made.unmapped is None else "unmapped"


def others_like(
    normaliser: NormaliserSpec, known: Sequence[NormaliserSpec]
) -> list[NormaliserSpec]:
    """Return those of `known` that read the same media type without a profile."""
    return [
        each
        for each in known
        if each.name != normaliser.name
        and each.media_type == normaliser.media_type
        and not any(one.is_required() for one in each.profile.model_fields.values())
    ]


def _warned(code: str, shown: Sequence[Shown]) -> Warned:
    match = _FIELD.search(code)
    if match is None:
        return Warned(code)
    path = match[1].upper()
    here = (f"{path}.", f"{path}(")
    names = (one.name for one in shown if f"{one.path}.".startswith(here))
    return Warned(code, path, next(names, ""))


def _explained(problem: Problem, codes: Mapping[str, tuple[str, str]]) -> Explained:
    """Return what a code means: of a row, or of the catalogue."""
    if problem.code in codes:
        return Explained(problem.code, problem.detail, *codes[problem.code])
    error = HubError.catalogue.get(problem.code) or catalogued().get(problem.code)
    summary, remedy = (error.summary, error.remedy) if error else ("", "")
    return Explained(problem.code, problem.detail, summary, remedy)
