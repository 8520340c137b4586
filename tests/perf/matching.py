"""Measures matching on labelled sets: precision, recall, what is asked, and speed.

Every pair that shares a blocking key is compared with the parameters that come
with the hub, and the decision is held against the labels. Nothing is tuned to a set.

    python tests/perf/matching.py                  # all sets
    python tests/perf/matching.py --frequencies    # rare names weigh more
    python tests/perf/matching.py --why 20         # which true pairs were not linked
"""

import argparse
import sys
from collections import Counter, defaultdict
from functools import partial
from itertools import combinations
from time import perf_counter
from typing import NamedTuple

from matching_sets import CORPUS, febrl, households, senzing, splink

from hub.coordination.matching.blocking import blocking_keys
from hub.coordination.matching.decision import compare
from hub.coordination.matching.weights import values_of

COUNTED = ("family", "given", "postcode", "city")
SETS = {
    "febrl 1, demographics only": lambda: febrl(1, with_numbers=False),
    "febrl 2, demographics only": lambda: febrl(2, with_numbers=False),
    "febrl 3, demographics only": lambda: febrl(3, with_numbers=False),
    "febrl 1, with soc_sec_id": lambda: febrl(1, with_numbers=True),
    "febrl 2, with soc_sec_id": lambda: febrl(2, with_numbers=True),
    "febrl 3, with soc_sec_id": lambda: febrl(3, with_numbers=True),
    "splink fake_1000": splink,
    "Senzing truth sets, people": senzing,
}
# Several draws: of one alone, chance decides whether a link is wrong.
OWN = {
    f"households of our own, draw {seed}": partial(households, seed=seed)
    for seed in range(101, 105)
}


class Decided(NamedTuple):
    """A pair of records, whether they are of one person, and what was decided."""

    names: tuple[str, str]
    same: bool
    found: object


class Run(NamedTuple):
    """One set, decided."""

    records: int
    true: int
    largest: int
    micros: float
    pairs: list[Decided]


def run(records, *, frequent):
    """Block and compare `records`."""
    members = Counter(record.person for record in records)
    places, largest = blocked(records)
    frequencies = frequencies_of(records) if frequent else {}
    features = [record.features for record in records]
    start = perf_counter()
    found = [compare(features[x], features[y], None, frequencies) for x, y in places]
    seconds = perf_counter() - start
    pairs = [
        Decided(
            (records[x].name, records[y].name),
            records[x].person == records[y].person,
            each,
        )
        for (x, y), each in zip(places, found, strict=True)
    ]
    true = sum(count * (count - 1) // 2 for count in members.values())
    micros = seconds / max(len(pairs), 1) * 1e6
    return Run(len(records), true, largest, micros, pairs)


def blocked(records):
    """Return the pairs of places that share a key, and how large a block is."""
    blocks = defaultdict(list)
    for place, record in enumerate(records):
        for key in blocking_keys(record.features):
            blocks[key].append(place)
    pairs = {pair for block in blocks.values() for pair in combinations(block, 2)}
    return sorted(pairs), max(map(len, blocks.values()))


def frequencies_of(records):
    """Return how frequent each value is, as the store of a hub could count them."""
    found = {}
    for field in COUNTED:
        counts = Counter(v for each in records for v in values_of(field, each.features))
        total = sum(counts.values())
        found[field] = {value: n / total for value, n in counts.items() if n > 1}
    return found


def report(name, done):
    """Say what became of a set; return how many links are right and wrong."""
    tally = Counter((each.found.state, each.same) for each in done.pairs)
    right, wrong = tally["auto", True], tally["auto", False]
    asked, needless = tally["review", True], tally["review", False]
    count = len(done.pairs)
    reached = sum(n for (_, same), n in tally.items() if same)
    say(f"\n{name}: {done.records} records, {done.true} true pairs")
    say(
        f"  compared   {count} pairs, largest block {done.largest},"
        f" {done.micros:.0f} us each; {share(reached, done.true)} of the true pairs"
    )
    say(
        f"  automatic  {right + wrong} links, {wrong} wrong: precision"
        f" {share(right, right + wrong)}, recall {share(right, done.true)}"
    )
    say(
        f"  review     {asked + needless} pairs, {share(asked + needless, count)} of"
        f" the compared: {asked} true, {needless} not; recall with it"
        f" {share(right + asked, done.true)}"
    )
    for cause, of in held(done.pairs):
        say(f"             {of[True]:5} true {of[False]:5} not: {cause}")
    return right, wrong


def held(pairs):
    """Return why pairs are in review, the most frequent reasons first."""
    reasons = defaultdict(Counter)
    for each in pairs:
        if each.found.state == "review":
            reasons[why(each.found)][each.same] += 1
    return sorted(reasons.items(), key=lambda item: -item[1].total())[:8]


def why(found):
    """Return why something was not linked."""
    stated = ", ".join((*found.vetoes, *found.withheld))
    return stated or (found.rule if found.rule != "probability" else "score")


def explain(pairs, limit):
    """Show wrong links, and up to `limit` true pairs that were not linked."""
    wrong = [each for each in pairs if each.found.state == "auto" and not each.same]
    missed = [each for each in pairs if each.found.state != "auto" and each.same]
    for each in (*wrong, *missed[:limit]):
        fields = " ".join(
            f"{part.field}={part.level}:{part.bits:.1f}"
            for part in each.found.contributions
        )
        say(
            f"  {'missed' if each.same else 'WRONG'} {'/'.join(each.names)}"
            f" {each.found.state} {each.found.score:.1f} {why(each.found)} {fields}"
        )


def share(part, whole):
    """Return a share in percent."""
    return f"{part / whole:.2%}" if whole else "-"


def say(line):
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def arguments():
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--why", type=int, default=0, help="missed pairs to show")
    parser.add_argument("--only", default="", help="sets whose name holds this")
    parser.add_argument("--frequencies", action="store_true", help="count names first")
    return parser.parse_args()


def main():
    """Measure the sets that are there."""
    options = arguments()
    public = SETS if (CORPUS / "matching").is_dir() else {}
    if not public:
        say("the public sets are not here: set CAREHUB_CORPUS")
    rights = wrongs = 0
    for name, read in (public | OWN).items():
        if options.only in name:
            done = run(list(read()), frequent=options.frequencies)
            right, wrong = report(name, done)
            explain(done.pairs, options.why)
            rights, wrongs = rights + right, wrongs + wrong
    say(
        f"\nall sets: {rights + wrongs} automatic links, {wrongs} wrong, precision"
        f" {share(rights, rights + wrongs)}"
    )


if __name__ == "__main__":
    main()
