"""Looks at a sample of a table and proposes the profile of its feed.

What a sample proves goes into the profile. What only the partner knows is a question:
what it means that somebody is not in a file, which of two numbers is the day, who
assigned the numbers. Until it is answered the proposal has what does least harm. No
finding holds what stands in a cell.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from hub.sdk import FileContext, Finding, HubError, Learned, Row, Totals
from hub_payer.tables import acks, caregap, roster
from hub_payer.tables.codes import ACK_CODES, GAP_CODES, ROSTER_CODES
from hub_payer.tables.profile import TableProfile
from hub_payer.tables.proposing import Proposal
from hub_payer.tables.sniffing import sniff

#: When a sample came is not known: late enough for all days in it.
_LATE = datetime(2199, 12, 31, tzinfo=UTC)


class _Kind(NamedTuple):
    profile: type[TableProfile]
    read: Any
    codes: Any


def learn_roster(samples: Sequence[bytes]) -> Learned:
    """Return the profile that samples of a roster suggest. Never raises for content."""
    return _learn(samples, _Kind(roster.RosterProfile, roster.read, ROSTER_CODES))


def learn_caregap(samples: Sequence[bytes]) -> Learned:
    """Return the profile that lists of care gaps suggest. Never raises for content."""
    return _learn(samples, _Kind(caregap.CareGapProfile, caregap.read, GAP_CODES))


def learn_ack(samples: Sequence[bytes]) -> Learned:
    """Return the profile that acknowledgements suggest. Never raises for content."""
    return _learn(samples, _Kind(acks.AckProfile, acks.read, ACK_CODES))


def _learn(samples: Sequence[bytes], kind: _Kind) -> Learned:
    found = [written for written in map(sniff, samples) if written is not None]
    proposal = Proposal(kind.profile)
    if found:
        proposal.look(max(found, key=lambda each: len(each.rows)))
    else:
        proposal.ask("columns", 0, "No sample is a table with something in it")
    proposal.finish()
    try:
        profile = kind.profile.model_validate(proposal.profile)
    except ValidationError:  # a table without the columns of this kind
        proposal.profile |= {"header": False, "columns": proposal.least()}
        profile = kind.profile.model_validate(proposal.profile)
    proposal.findings += _outcomes(samples, profile, kind)
    return Learned(profile=proposal.profile, findings=tuple(proposal.findings))


def _outcomes(
    samples: Sequence[bytes], profile: TableProfile, kind: _Kind
) -> Iterator[Finding]:
    """Yield what the hub would make of the samples with the proposed profile."""
    counts: Counter[tuple[str, str]] = Counter()
    for sample in samples:
        context = FileContext(name="sample", received_at=_LATE)
        try:
            for item in kind.read(io.BytesIO(sample), profile, context):
                counts.update(_of_item(item))
        except HubError as error:
            counts["problem", error.code] += 1
    for (topic, value), count in sorted(counts.items()):
        remark = ". ".join(kind.codes.get(value, ()))
        yield Finding(topic=topic, value=value, count=count, remark=remark)


def _of_item(item: Any) -> Iterator[tuple[str, str]]:
    if isinstance(item, Row | Totals):
        yield from (("problem", each.code) for each in item.problems)
    if isinstance(item, Row):
        yield from (("warning", each.code) for each in item.warnings)
