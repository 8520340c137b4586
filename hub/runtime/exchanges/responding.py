"""Responding: what a partner gets as an answer to a file, made from what is known."""

from collections.abc import Mapping, Sequence

import msgspec

from hub.coordination.exchanges.findings import counts_of, problems_of
from hub.coordination.exchanges.naming import reply_name
from hub.coordination.exchanges.response_csv import response_csv
from hub.coordination.exchanges.responses import Listing, ResponseFacts
from hub.model.files import Acknowledged, Reply
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.exchanges.replies import RESPONSE, ReplyFile
from hub.store.journal import moment

_SUFFIX = ".csv"
#: What a file without a reader is called: each of its rows is a whole message.
_PLAIN = "messages"
#: In `counts` of the ledger, before a code that keeps no row from being used.
WARNED = "warned:"


class Told(msgspec.Struct, frozen=True):
    """What is in `counts` of the ledger besides the counts themselves.

    `answers` is how many answers to files of ours are in the file.
    """

    stated: int | None = None
    listed: int = 0
    unlisted: int = 0
    answers: int = 0


_numbers = msgspec.json.Decoder(dict[str, int | None]).decode
_told = msgspec.json.Decoder(Told).decode


def response(
    row: ExchangeRow,
    rows: Sequence[Listing],
    meanings: Mapping[str, str],
    place: int,
    unmatched: Sequence[Acknowledged] = (),
) -> ReplyFile:
    """Return the hub's answer to a file that is what `row` says, its `place`-th.

    `unmatched` are the answers in it to what we did not send.
    """
    told = _told(row.counts)
    facts = ResponseFacts(
        exchange=row.id,
        name=row.name,
        sha256=row.sha256,
        received_at=moment(row.received_at),
        status=row.state,
        reason=row.reason,
        error_code=row.error_code,
        counts=counts_of(row.counts),
        stated=told.stated,
        problems=problems_of(row.problems),
        rows=rows,
        unlisted=told.unlisted,
        meanings=meanings,
        warned=_warned(row.counts),
        plain=row.kind == _PLAIN,
        answers=told.answers,
        unmatched=unmatched,
    )
    name = reply_name(row.id, RESPONSE, _SUFFIX, place)
    return ReplyFile(RESPONSE, name, response_csv(facts))


def _warned(counts: str) -> frozenset[str]:
    names = [name for name in _numbers(counts) if name.startswith(WARNED)]
    return frozenset(name.removeprefix(WARNED) for name in names)


def of_reader(row: ExchangeRow, given: Sequence[Reply], place: int) -> list[ReplyFile]:
    """Return the replies of a reader as files, from the `place`-th reply on."""
    return [
        ReplyFile(each.kind, reply_name(row.id, each.kind, each.suffix, n), each.body)
        for n, each in enumerate(given, place)
    ]
