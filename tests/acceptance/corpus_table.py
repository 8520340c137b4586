"""What became of the corpus: a table by source folder and message type."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Row:
    """What became of the messages of one folder and type."""

    stored: int = 0
    states: Counter = field(default_factory=Counter)
    facts: Counter = field(default_factory=Counter)
    warnings: Counter = field(default_factory=Counter)
    parked: Counter = field(default_factory=Counter)


@dataclass(frozen=True)
class Kept:
    """A message as the store holds it, and what came of it."""

    seq: int
    parent: int | None
    digest: bytes
    kind: str
    state: str
    code: str
    warnings: tuple[str, ...]
    times: int
    facts: tuple[str, ...]


def kept(hub):
    """Return every message that the store holds."""
    facts = defaultdict(list)
    for seq, body in hub.query("SELECT message, body FROM fact ORDER BY place"):
        facts[seq].append(json.loads(body)["kind"])
    rows = hub.query(
        "SELECT seq, parent, sha256, message_type, state, error_code, warnings, "
        "1 + repeats FROM message ORDER BY seq"
    )
    return [
        Kept(
            seq=seq,
            parent=parent,
            digest=bytes(digest),
            kind=kind,
            state=state,
            code=code,
            warnings=tuple(json.loads(warnings)),
            times=times,
            facts=tuple(facts[seq]),
        )
        for seq, parent, digest, kind, state, code, warnings, times in rows
    ]


def tabulate(messages, folders):
    """Return the rows by folder and type; `folders` knows whose digests are whose.

    A part of a batch is a row of its own, beside that of its batch.
    """
    table, homes = defaultdict(Row), {}
    for each in messages:
        homes[each.seq] = folders.get(each.digest) or homes[each.parent]
        part = "" if each.parent is None else " in a batch"
        row = table[homes[each.seq], each.kind + part]
        row.stored += each.times
        row.states[each.state] += each.times
        row.facts.update(each.facts)
        row.warnings.update(each.warnings)
        if each.code:
            row.parked[each.code] += each.times
    return dict(sorted(table.items()))


def total(table):
    """Return the sum of all rows."""
    whole = Row()
    for row in table.values():
        whole.stored += row.stored
        whole.states += row.states
        whole.facts += row.facts
        whole.warnings += row.warnings
        whole.parked += row.parked
    return whole


def lines(table):
    """Yield the table as text, folder by folder, with the sum at its end."""
    yield (
        f"{'folder and type':<44}{'stored':>7}{'split':>6}{'unmapped':>9}{'parked':>7}"
        f"{'facts':>6}{'warned':>7}  what"
    )
    for (folder, kind), row in table.items():
        yield _line(f"{folder[:29]} {kind}", row)
    yield _line("all", total(table))


def _line(name, row):
    counts = (row.states["split"], row.states["unmapped"], row.states["parked"])
    split, unmapped, parked = counts
    what = ", ".join(
        f"{word} {count}" for word, count in (*row.facts.items(), *row.parked.items())
    )
    return (
        f"{name:<44}{row.stored:>7}{split:>6}{unmapped:>9}{parked:>7}"
        f"{row.facts.total():>6}{row.warnings.total():>7}  {what}"
    )
