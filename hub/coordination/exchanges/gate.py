"""The acceptance gate: whether a file may have an effect (R-PAY-03).

All of it is judged before any of it counts. What speaks against using a file at all
goes before what only a person can decide, whatever the order of the steps: else an
approval would let through what must not be used.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from statistics import median
from typing import NamedTuple

from hub.coordination.exchanges.findings import Findings
from hub.coordination.exchanges.verdicts import Decided, Verdict
from hub.model.files import ExchangeState, Semantics
from hub.settings import GateSettings

#: How many files say what is usual.
USUAL = 6
#: What a file of these says of the records that are not in it is that they are gone.
ENDS_THE_ABSENT: frozenset[Semantics] = frozenset({"full", "cumulative"})
#: Files of these list all that there is.
LISTS_ALL = ENDS_THE_ABSENT | {"audit"}


class History(NamedTuple):
    """What was before a file, in its feed.

    `same_bytes` is the exchange of a file with the same SHA-256 that was accepted or
    waits, `same_name` one of the same name and `same_control` one of the same control
    number with something else in it; each is empty where there is none. A file that
    was rejected is neither. `last_sequence` is the highest number in the series that
    was applied, None where there is none, and `rows` are how many rows the last six
    applied files had, lists for a list and changes for changes.
    """

    same_bytes: str = ""
    same_name: str = ""
    same_control: str = ""
    last_sequence: int | None = None
    rows: tuple[int, ...] = ()


class _Case(NamedTuple):
    findings: Findings
    gate: GateSettings
    history: History

    @property
    def semantics(self) -> Semantics:
        """What the file says of what is not in it."""
        heading = self.findings.heading
        return heading.semantics if heading else "append"


_Step = Callable[[_Case], Iterator[str]]


def judge(findings: Findings, gate: GateSettings, history: History) -> Verdict:
    """Return what becomes of a file: duplicate, rejected, held, or applied.

    A stricter gate never lets more through. Of a file that was not read to its end
    only that is said: what was counted until then is not true of it.
    """
    code = findings.error_code
    if history.same_bytes and findings.sha256:
        return Verdict(ExchangeState.DUPLICATE, "content.known")
    if findings.again or (findings.heading is None and not code):
        return Verdict(ExchangeState.HELD, "check.failed", code)
    if code:
        return Verdict(ExchangeState.REJECTED, "file.unusable", code)
    return _judged(_Case(findings, gate, history))


def _judged(case: _Case) -> Verdict:
    rejects = list(chain.from_iterable(step(case) for step in _REJECTING))
    holds = list(chain.from_iterable(step(case) for step in _HOLDING))
    reasons = [*rejects, *holds]
    if not reasons:
        return Verdict(ExchangeState.APPLYING, "file.permitted")
    state: Decided = ExchangeState.REJECTED if rejects else ExchangeState.HELD
    return Verdict(state, reasons[0], also=tuple(dict.fromkeys(reasons[1:])))


def _test(case: _Case) -> Iterator[str]:
    heading = case.findings.heading
    if heading and heading.test:
        yield "file.test"


def _totals(case: _Case) -> Iterator[str]:
    if case.findings.totals:
        yield "totals.wrong"


def _errors(case: _Case) -> Iterator[str]:
    counts = case.findings.counts
    if counts.rejected > _part(case.gate.max_errors, counts.read):
        yield "rows.wrong"


def _names(case: _Case) -> Iterator[str]:
    if case.history.same_name and not case.gate.reuses_names:
        yield "name.reused"
    for problem in case.findings.problems:
        if problem.code in {"name.sequence", "name.period"}:
            yield problem.code
    if case.history.same_control:
        yield "control.reused"


def _sequence(case: _Case) -> Iterator[str]:
    heading, last = case.findings.heading, case.history.last_sequence
    if heading is None or not case.gate.ordered:
        return
    if heading.sequence is None:
        yield "sequence.missing"
    elif last is not None and heading.sequence > last + 1:
        yield "sequence.gap"
    elif last is not None and heading.sequence <= last:
        yield "sequence.passed"


def _rows(case: _Case) -> Iterator[str]:
    """Compare the number of rows with what is usual.

    A file of changes may well have none; and what is usual of them is known only
    after some. Where files usually have none, nothing says how many are too many.
    """
    read, usual = case.findings.counts.read, case.history.rows[-USUAL:]
    everybody = case.semantics in LISTS_ALL
    if read == 0 and everybody:
        yield "rows.none"
    if (read == 0 and not everybody) or len(usual) < (1 if everybody else USUAL):
        return
    usually = median(usual)
    least, most = (part * usually for part in case.gate.band)
    if read < least:
        yield "rows.few"
    elif usually and read > most:
        yield "rows.many"


def _members(case: _Case) -> Iterator[str]:
    """Compare how many active records are lost with how many there were."""
    counts = case.findings.counts
    if case.semantics in ENDS_THE_ABSENT:
        if counts.lost > _part(case.gate.max_drop, counts.before):
            yield "members.drop"
    elif counts.lost > _part(case.gate.max_terminations, counts.before):
        yield "members.ended"


def _doubtful(case: _Case) -> Iterator[str]:
    counts = case.findings.counts
    if counts.rejected > _part(case.gate.max_errors / 2, counts.read):
        yield "rows.doubtful"


def _nameless(case: _Case) -> Iterator[str]:
    """Ask whether who seems to be absent may be in a row that nobody can read."""
    counts = case.findings.counts
    if counts.nameless and counts.ended and case.semantics in ENDS_THE_ABSENT:
        yield "rows.nameless"


_REJECTING: tuple[_Step, ...] = (_test, _totals, _errors)
_HOLDING: tuple[_Step, ...] = (_names, _sequence, _rows, _members, _doubtful, _nameless)


def is_retry(verdict: Verdict) -> bool:
    """Whether approving the file means to check it again: nothing of it is staged."""
    return verdict.reason == "check.failed"


def _part(part: float, whole: int) -> float:
    """Return so many of `whole`, without what binary fractions add."""
    return round(part * whole, 6)
