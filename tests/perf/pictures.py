"""One picture with a million people: ``python tests/perf/pictures.py``.

How many ADT messages a second become facts, pictures and events in a store of a
million people with three million encounters, and how many in one that is empty. The
two are measured one after the other in each round, with a journal that is full
already: no sender and no recipient is there. The large store is kept in memory, where
there is room, as it would be on a machine of its own. First by a hub as it runs, whose
pipeline is a process of its own; then by the pipeline alone, each step waiting for
the one before, which tells what each step costs. Medians of the rounds are reported,
as time on the clock and as time of the processor; where the machine has other work,
read the latter.

Filling the store takes some ten minutes and 15 GB at the first time; it is kept in
`var/perf`. With ``--people 20000`` it takes some seconds.
"""

import argparse
import json
import os
import platform
import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from statistics import median

import structlog
from exemplars import person_of
from holding import held_in_memory
from population import population
from running import worked_off
from traffic import AFTER, crowded_visit, frequent, traffic, visits_of_one
from working import SETTLED, working

from hub.coordination.fold import fold_witnesses
from hub.coordination.standing import witness
from hub.store import schema
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME

# What is asked for.
LEAST_RATE = 1_000  # messages a second
LEAST_SHARE = 0.8  # of the rate on an empty store
MOST_MS = 50

WARM_UP = 1_000
FACTS = 1_000
VISITS_OF_ONE = 60
LOOKS = 20


class Watch:
    """Measures what happens while the context lasts: seconds, and of the processor."""

    def __enter__(self):
        self._started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        clock, cpu = self._started
        self.seconds = time.perf_counter() - clock
        self.cpu = time.process_time() - cpu


def sustained(folder, messages):
    """Return how fast messages that wait in the journal are worked off.

    Until nothing waits and all is in the database, not only in its log. Then the
    clock goes on, and the stays of all these people are looked at.
    """
    with working(folder, AFTER) as work:
        work.hear(messages)
    _, watch = _work_off(folder, AFTER)
    looks, stays = _work_off(folder, AFTER + SETTLED)
    thousands = len(messages) / 1000
    return {
        "rate": len(messages) / watch.seconds,
        "cpu_s_per_1000": watch.cpu / thousands,
        "with_stays": len(messages) / (watch.seconds + stays.seconds),
        "looks": looks,
        "ms_per_look": stays.seconds / looks * 1000,
        "cpu_ms_per_look": stays.cpu / looks * 1000,
    }


def _work_off(folder, now):
    """Do what waits at this time; return how much it was, and what it took."""
    with ExitStack() as stack:
        work = stack.enter_context(working(folder, now))
        with Watch() as watch:
            count = work.finish()
            stack.close()  # the log is copied into the database
    return count, watch


def evict(folder):
    """Ask the system to forget what it remembers of the store's file."""
    with (folder / DATABASE_NAME).open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def compare(filled, options):
    """Measure an empty store and the filled one, alternating; return the medians."""
    runs = {"empty": [], "filled": []}
    with ExitStack() as stack:
        held = not options.cold and stack.enter_context(
            held_in_memory(filled / DATABASE_NAME)
        )
        folder = tempfile.TemporaryDirectory(prefix="carehub-bench-")
        scrap = stack.enter_context(folder)
        sustained(Path(scrap) / "warm", traffic(0, WARM_UP, 0))
        for number in range(options.rounds):
            messages = traffic(_turn(filled), options.messages, options.people)
            others = traffic(_turn(filled), options.messages, options.people)
            empty = Path(scrap) / f"empty-{number}"
            for name, folder in (("empty", empty), ("filled", filled)):
                if options.cold:
                    evict(filled)
                alone = sustained(folder, messages)
                hub = worked_off(folder, AFTER + SETTLED, others)
                runs[name].append(alone | {f"hub_{key}": hub[key] for key in hub})
        growth = weigh(empty)
    medians = {
        name: {key: median(each[key] for each in found) for key in found[0]}
        for name, found in runs.items()
    }
    shares = [
        full["hub_rate"] / bare["hub_rate"]
        for bare, full in zip(runs["empty"], runs["filled"], strict=True)
    ]
    cpu = [
        bare["hub_cpu_s_per_1000"] / full["hub_cpu_s_per_1000"]
        for bare, full in zip(runs["empty"], runs["filled"], strict=True)
    ]
    shares = {"share": median(shares), "cpu_share": median(cpu)}
    return medians | shares | {"growth": growth, "held": held}


def _turn(folder):
    """Return a number that was not used with this store: what it hears is news."""
    file = folder / "turns"
    turn = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(f"{turn}")
    return turn


def repeated(look):
    """Return milliseconds that something takes, done some times."""
    watches = []
    for _ in range(LOOKS):
        with Watch() as watch:
            look()
        watches.append(watch)
    return {
        "ms": median(each.seconds for each in watches) * 1000,
        "cpu_ms": median(each.cpu for each in watches) * 1000,
        "most_ms": max(each.seconds for each in watches) * 1000,
    }


def folding():
    """Return what it takes to fold many facts of one encounter."""
    with (
        tempfile.TemporaryDirectory(prefix="carehub-bench-") as folder,
        working(Path(folder), AFTER) as work,
    ):
        facts = [
            fact for message in crowded_visit(FACTS) for fact in work.facts(*message)
        ]
    return repeated(lambda: fold_witnesses(tuple(witness(fact) for fact in facts)))


def timelines(folder, people):
    """Return what timelines take: of somebody who came often, and of anybody."""
    turn = _turn(folder)
    with working(folder, AFTER) as work:
        work.hear(visits_of_one(turn, VISITS_OF_ONE))
        work.finish()
    draw = Random(turn)  # noqa: S311 - reproducible, not secret
    reader = Reader(folder / DATABASE_NAME).entities
    often, others = person_of(frequent(turn)), draw.sample(range(1, people), LOOKS)
    _timeline(reader, often)
    return {
        "often": repeated(lambda: _timeline(reader, often)),
        "other": repeated(lambda: _timeline(reader, person_of(others.pop()))),
    }


def _timeline(reader, person):
    ((site, number),) = person.numbers
    (found,) = reader.find_persons(site.authority, number).items
    return reader.timeline(found.key)


def weigh(folder):
    """Return what a store holds, and its bytes by table, with those of its indexes."""
    tables = {}
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        owners = dict(connection.execute("SELECT name, tbl_name FROM sqlite_schema"))
        for name, size, unused in connection.execute(
            "SELECT name, sum(pgsize), sum(unused) FROM dbstat GROUP BY name"
        ):
            owner = owners.get(name, name)
            table = tables.setdefault(owner, {"rows": 0, "bytes": 0, "indexes": 0})
            table["bytes" if name == owner else "indexes"] += size
            if name == owner:
                table["unused"] = unused / size
        for name in tables.keys() & schema.metadata.tables.keys():
            query = f"SELECT count(*) FROM {name}"  # noqa: S608 - our own tables
            (tables[name]["rows"],) = connection.execute(query).fetchone()
        kinds = dict(
            connection.execute("SELECT kind, count(*) FROM entity GROUP BY kind")
        )
    total = sum(each["bytes"] + each["indexes"] for each in tables.values())
    return {"bytes": total, "kinds": kinds, "tables": tables}


ROWS = {
    "hub_rate": "a hub: messages/s",
    "hub_cpu_s_per_1000": "CPU s per 1,000",
    "rate": "step by step: /s",
    "cpu_s_per_1000": "CPU s per 1,000",
    "with_stays": "messages/s with stays",
    "ms_per_look": "ms per look at stays",
    "cpu_ms_per_look": "of which CPU",
}
LOOKED_AT = {
    "fold": f"fold of {FACTS:,} facts",
    "often": "timeline of many visits",
    "other": "timeline of anybody",
}


def show(report):
    stored = report["stored"]
    kinds = ", ".join(f"{count:,} {kind}s" for kind, count in stored["kinds"].items())
    clock, cpu = report["share"], report["cpu_share"]
    kept = ", kept in memory" if report["held"] else ", in memory as it happens"
    lines = [
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"filled store: {kinds}; {stored['bytes'] / 1e9:.1f} GB{kept}",
        "ADT, journal to events         empty   filled   filled of empty",
        *(_compared(report, key, name) for key, name in ROWS.items()),
        f"filled of empty, median of rounds: {clock:.0%}, by CPU {cpu:.0%}",
        f"asked for: {LEAST_RATE:,} messages/s, {LEAST_SHARE:.0%} of the empty one",
        f"milliseconds, {MOST_MS} allowed    median      CPU  longest",
    ]
    for key, name in LOOKED_AT.items():
        one = report[key]
        lines.append(
            f"{name:<26}{one['ms']:>8.1f}{one['cpu_ms']:>9.1f}{one['most_ms']:>9.1f}"
        )
    lines += _sizes("empty store, after these messages", report["growth"])
    lines += _sizes("filled store", stored)
    return "\n".join(lines)


def _compared(report, key, name):
    empty, filled = (report[which][key] for which in ("empty", "filled"))
    digits = 0 if empty > 100 else 2
    return (
        f"{name:<24}{empty:>12.{digits}f}{filled:>9.{digits}f}{filled / empty:>17.0%}"
    )


def _sizes(title, weight):
    per = {"message": weight["tables"]["message"]["rows"]} | weight["kinds"]
    each = ", ".join(
        f"{weight['bytes'] / per[kind]:,.0f} per {kind}"
        for kind in ("message", "encounter", "person")
    )
    lines = [
        f"{title}, bytes: {each}",
        "  table                   rows  bytes/row  of which unused  indexes/row",
    ]
    for name, one in sorted(weight["tables"].items(), key=lambda i: -i[1]["bytes"]):
        if rows := one["rows"]:
            lines.append(
                f"  {name:<18}{rows:>10,}{one['bytes'] / rows:>11.0f}"
                f"{one['unused']:>17.0%}{one['indexes'] / rows:>13.0f}"
            )
    return lines


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="bodies as they are")
    parser.add_argument("--cold", action="store_true", help="out of memory each round")
    parser.add_argument("--cache", type=Path, help="folder of the filled stores")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    # What is parked is in the report.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    filled = population(options.people, whole=options.whole, cache=options.cache)
    report = compare(filled, options)
    report |= {"fold": folding()} | timelines(filled, options.people)
    report["stored"] = weigh(filled)
    print(json.dumps(report) if options.json else show(report))  # noqa: T201


if __name__ == "__main__":
    main()
