"""Recording: what the check of a file came to, as the ledger and its partner get it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from hub.coordination.exchanges.findings import counts_of, problems_of
from hub.coordination.exchanges.gate import History, is_retry, judge
from hub.coordination.exchanges.responses import Listing
from hub.coordination.exchanges.verdicts import Verdict
from hub.model.files import Acknowledged, ExchangeState, RowProblem
from hub.runtime.exchanges.findings import Findings
from hub.runtime.exchanges.responding import WARNED, Told, of_reader, response
from hub.runtime.exchanges.staging import Staged
from hub.settings import GateSettings
from hub.store.exchanges import ledger, sent_answers, settling
from hub.store.exchanges.ledger import ROWS, ExchangeRow, ListedRows
from hub.store.exchanges.replies import RESPONSE, ReplyFile, ReplyRow
from hub.store.writer import Writer

#: Why a file is applied that the gate would hold.
APPROVED = "decided.approved"
#: What holds a file for the number of records that are lost by it.
_LOSSES = frozenset({"members.drop", "members.ended"})
#: What is only to be looked at in a row, and yet the row is not used.
_UNUSED = frozenset({"row.superseded"})


class Seen(NamedTuple):
    """What somebody knew who approved a file: why it was held, and who is lost."""

    reasons: frozenset[str]
    lost: int


class Answering(NamedTuple):
    """What a partner is answered with, besides what was found in the file.

    `before` are the replies that the file got earlier, `meanings` say what codes
    mean, and `unmatched` are the answers in it to what we did not send.
    """

    before: Sequence[ReplyRow]
    meanings: Mapping[str, str]
    responds: bool
    unmatched: Sequence[Acknowledged] = ()


def seen_by_approver(row: ExchangeRow) -> Seen | None:
    """Return what was known of a file when it was approved, None where it was not."""
    if not row.actor:
        return None
    reasons = {row.reason, *(each.code for each in problems_of(row.problems))}
    return Seen(frozenset(reasons), counts_of(row.counts).lost)


def judged(
    findings: Findings, gate: GateSettings, history: History, approved: Seen | None
) -> Verdict:
    """Return what becomes of a file; what somebody approved is held no more.

    They approved what they could see: what speaks against the file only now, or that
    more records are lost than then, holds it again. What must not be used at all is
    not used then either.
    """
    verdict = judge(findings, gate, history)
    if approved is None or verdict.state != ExchangeState.HELD or is_retry(verdict):
        return verdict
    reasons = (verdict.reason, *verdict.also)
    more = _LOSSES if findings.counts.lost > approved.lost else frozenset()
    unseen = [
        each for each in reasons if each in more | set(reasons) - approved.reasons
    ]
    if not unseen:
        return Verdict(ExchangeState.APPLYING, APPROVED, also=reasons)
    rest = tuple(each for each in reasons if each != unseen[0])
    return Verdict(ExchangeState.HELD, unseen[0], also=rest)


def kept_rows(
    writer: Writer, row: ExchangeRow, findings: Findings
) -> Sequence[Listing]:
    """Keep the rows that a person should look at, and return them."""
    found: list[Listing] = []
    if row.checked_at is not None:
        writer.call(ledger.list_rows, ListedRows(row.seq, (), anew=True))
    if not findings.changes.problems or not Path(findings.changes.path).exists():
        return found
    with Staged.open(findings.changes.path) as staged:
        while rows := staged.problems(len(found), ROWS):
            part = ListedRows(row.seq, rows, anew=not found)
            writer.call(ledger.list_rows, part)
            found += rows
    return found


def answers_unmatched(
    open_reader: Callable[[], sqlite3.Connection],
    row: ExchangeRow,
    findings: Findings,
    verdict: Verdict,
) -> list[Acknowledged]:
    """Return the answers in a file to what we did not send, none if it is not used.

    What a partner answers has its number before it goes out, so that what is not
    found here is not found either when the verdict is stored.
    """
    said = findings.acknowledgements
    if not said or verdict.state != ExchangeState.APPLYING:
        return []
    with closing(open_reader()) as reader:
        return sent_answers.unmatched(reader, row.partner, said)


def verdict_of(
    row: ExchangeRow,
    findings: Findings,
    verdict: Verdict,
    rows: Sequence[Listing],
    *,
    at: int,
    answering: Answering,
) -> settling.Verdict:
    """Return what is recorded of a file, and what its partner gets."""
    said = settling.Verdict(
        id=row.id,
        state=verdict.state.value,
        reason=verdict.reason,
        error_code=verdict.error_code,
        sha256=findings.sha256,
        size=findings.size or row.size,
        kind=findings.heading.kind if findings.heading else "",
        control=findings.heading.control if findings.heading else "",
        heading=_json(findings.heading) if findings.heading else "{}",
        counts=_counts(findings, len(rows)),
        problems=_json(_problems(findings, verdict)),
        rows=findings.changes.count,
        at=at,
        acknowledgements=findings.acknowledgements,
    )
    before, meanings, responds, unmatched = answering
    answers = _answers(row, findings, verdict, before)
    if responds:
        shown = _as_it_will_be(row, said)
        place = len(before) + len(answers) + 1
        answers.append(response(shown, rows, meanings, place, unmatched))
    return said._replace(replies=tuple(answers))


def _as_it_will_be(row: ExchangeRow, said: settling.Verdict) -> ExchangeRow:
    """Return a file as its partner is told of it, once that is so."""
    applying = said.state == ExchangeState.APPLYING
    return row._replace(
        state=ExchangeState.APPLIED.value if applying else said.state,
        reason=said.reason,
        error_code=said.error_code,
        sha256=said.sha256,
        kind=said.kind,
        counts=said.counts,
        problems=said.problems,
    )


def _answers(
    row: ExchangeRow,
    findings: Findings,
    verdict: Verdict,
    before: Sequence[ReplyRow],
) -> list[ReplyFile]:
    """Return the reader's replies, once: they are about the form of the file.

    A file that was here before was answered then.
    """
    answered = any(each.kind != RESPONSE for each in before)
    if answered or verdict.state == ExchangeState.DUPLICATE:
        return []
    return of_reader(row, findings.replies, len(before) + 1)


def _counts(findings: Findings, listed: int) -> str:
    known = sum(findings.rejected.values()) + sum(findings.warned.values())
    answers = len(findings.acknowledgements)
    told = Told(findings.stated, listed, max(0, known - listed), answers)
    counts = msgspec.to_builtins(findings.counts) | msgspec.to_builtins(told)
    return _json(counts | _warned(findings))


def _warned(findings: Findings) -> dict[str, int]:
    """Return how many rows are used that have something to look at, by its code."""
    return {
        WARNED + code: rows
        for code, rows in findings.warned.items()
        if code not in findings.rejected and code not in _UNUSED
    }


def _problems(findings: Findings, verdict: Verdict) -> list[RowProblem]:
    """Return what is wrong with a file as a whole, each once, with what is doubtful."""
    found = [*findings.totals, *findings.problems]
    if findings.error_code:
        found.append(RowProblem(findings.error_code, findings.detail))
    found += [RowProblem(reason) for reason in verdict.also]
    return list(dict.fromkeys(found))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
