"""Panels: ``python tests/perf/panels.py``.

How long it takes to load a panel of a million people, and how long messages wait for
their commit meanwhile. Then how much of the pipeline's time per message goes into who
is told: the same messages are worked off without any subscription, and with two
hundred of them, of which some are about a panel of a million people, some about many
small ones, and two about everybody. The two are measured one after the other in each
round; medians are reported, as time on the clock and as time of the processor. Where
the machine has other work, read the latter.
"""

import argparse
import json
import platform
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import median, quantiles

import structlog
from exemplars import person_of
from pictures import Watch
from traffic import AFTER, traffic
from working import working

from hub.model.message import RawMessage
from hub.runtime.panel_loading import Given, Loader
from hub.store import journal
from hub.store.generation import generation

VAR = Path(__file__).parents[2] / "var"
# What is asked for.
MOST_MORE = 0.25  # of the pipeline's time per message
MOST_MIB = 200

#: The large panel has a third of those who come back.
SHARE = 3
LARGE_SUBSCRIPTIONS = 4
SMALL_PANELS = 97
SMALL_MEMBERS = 2_000
EVERYBODY = 2
WARM_UP = 1_000
PUT_SECONDS = 0.005
#: What is written here lets the most memory be counted anew, see proc(5).
_RESET = Path("/proc/self/clear_refs")
HEADER = "patient_id,assigning_authority,identifier,valid_from,valid_to\n"
FAMILIES = (
    '["encounter.admitted", "encounter.discharged"]',
    '["stay.*"]',
    '["transition.*"]',
    '["encounter.transferred", "person.*"]',
)
SUBSCRIPTION = """
[subscriptions.{name}]
destination = "{destination}"
panel = "{panel}"
events = {events}
purpose = "care_coordination"
"""
DESTINATION = """
[destinations.{name}]
kind = "folder"
format = "cloudevents-json"
folder = "nowhere"
"""


def tables():
    """Return the tables of two hundred subscriptions."""
    names = ["large", *(f"small-{number}" for number in range(SMALL_PANELS))]
    text = [f"\n[panels.{name}]\nmax_drop = 1.0\n" for name in names]
    text += [DESTINATION.format(name=f"to-{name}") for name in (*names, "all")]
    for place in range(LARGE_SUBSCRIPTIONS):
        text.append(_subscription("large", place, FAMILIES[place]))
    for name in names[1:]:
        text += [_subscription(name, place, FAMILIES[place]) for place in range(2)]
    for place in range(EVERYBODY):
        events = ('["encounter.admitted"]', '["stay.readmission_detected"]')
        text.append(_subscription("all", place, events[place]))
    return "".join(text)


def _subscription(panel, place, events):
    return SUBSCRIPTION.format(
        name=f"{panel}-{place}", destination=f"to-{panel}", panel=panel, events=events
    )


def write_list(file, people):
    """Write a list of these people, in no order."""
    with file.open("w", encoding="utf-8") as rows:
        rows.write(HEADER)
        for index in people:
            ((site, number),) = person_of(index).numbers
            rows.write(f"M-{index},{site.authority},{number},2026-01-01,\n")


def fill(folder, members):
    """Load all panels; return what the large one took, and what others waited."""
    draw = Random(members)  # noqa: S311 - reproducible, not secret
    with working(folder, AFTER, tables()) as work:
        store = work.store
        loader = Loader(store.writer, store.reader, folder, work.config.panels)
        file = folder / "list.csv"
        people = range(1, SHARE * members + 1)
        for number in range(SMALL_PANELS):
            write_list(file, draw.sample(people, min(SMALL_MEMBERS, members)))
            loader.load(Given(f"small-{number}", file), rest=0)
        write_list(file, draw.sample(people, members))
        with Puts(store) as before:
            time.sleep(3)
        before_it = _memory("VmRSS")
        _RESET.write_text("5")
        with Puts(store) as puts, Watch() as watch:
            loader.load(Given("large", file))
        most = _memory("VmHWM")
        file.unlink()
        return {
            "load_s": watch.seconds,
            "load_cpu_s": watch.cpu,
            "mib": most - before_it,
            "put_ms": before.report(),
            "put_ms_while_loading": puts.report(),
        }


def _memory(name):
    """Return how much memory this process has, or has had at most, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (line,) = (each for each in lines if each.startswith(name))
    return int(line.split()[1]) / 1024


class Puts:
    """Stores a message every now and then while the context lasts.

    That is what a sender waits for. They are of a feed that nobody works off.
    """

    def __init__(self, store):
        self._store = store
        self._over = threading.Event()
        self._seconds = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        # What was put is not to be worked off with what is measured later.
        self._store.writer.call(_drop)

    def _run(self):
        number = 0
        while not self._over.wait(PUT_SECONDS):
            number += 1
            raw = RawMessage(
                body=b"synthetic %d %d" % (id(self), number),
                media_type="text/plain",
                received_at=AFTER,
                control_id=f"{id(self)}-{number}",
                message_type="TEST",
                peer="127.0.0.1",
            )
            started = time.perf_counter()
            self._store.writer.call(journal.put, [journal.row("nobody", raw)])
            self._seconds.append(time.perf_counter() - started)

    def report(self):
        """Return median, 99th percentile and longest wait, in milliseconds."""
        percentiles = quantiles(self._seconds, n=100)
        found = percentiles[49], percentiles[98], max(self._seconds)
        return [round(each * 1000, 2) for each in found]


def _drop(connection, payloads):
    connection.execute("DELETE FROM message WHERE source = 'nobody'")
    return payloads


def work_off(folder, messages, told):
    """Return seconds on the clock and of the processor, for each message."""
    with working(folder, AFTER, told) as work:
        work.hear(messages)
    with working(folder, AFTER, told) as work, Watch() as watch:
        work.finish()
    return watch.seconds / len(messages), watch.cpu / len(messages)


def compare(folder, options):
    """Work the same messages off without subscriptions and with; return medians."""
    people = SHARE * options.members
    both = {"without": "", "with": tables()}
    runs = {name: [] for name in both}
    for turn in range(options.rounds + 1):
        count = options.messages if turn else WARM_UP
        messages = traffic(turn, count, people)
        for name, told in both.items():
            taken = work_off(folder / name, messages, told)
            if turn:
                runs[name].append(taken)
    found = {
        name: {
            "ms": median(each[0] for each in taken) * 1000,
            "cpu_ms": median(each[1] for each in taken) * 1000,
        }
        for name, taken in runs.items()
    }
    pairs = list(zip(runs["without"], runs["with"], strict=True))
    found["more"] = median(told[0] / bare[0] - 1 for bare, told in pairs)
    found["more_cpu"] = median(told[1] / bare[1] - 1 for bare, told in pairs)
    return found | {
        "rows": rows(folder / "with"),
        "rows_without": rows(folder / "without"),
    }


def rows(folder):
    """Return how much was decided in a store."""
    questions = {
        "messages": "SELECT count(*) FROM message",
        "events": "SELECT count(*) FROM event",
        "decisions": "SELECT count(*) FROM decision",
        "unrelated": "SELECT coalesce(sum(unrelated), 0) FROM event",
        "deliveries": "SELECT count(*) FROM delivery",
        "members": "SELECT count(*) FROM panel_member",
    }
    with working(folder) as work, closing(work.store.reader()) as reader:
        found = {
            name: reader.execute(sql).fetchone()[0] for name, sql in questions.items()
        }
        return found | {"generation": generation(reader)}


def show(report):
    loaded, found = report["loaded"], report["told"]
    large = (
        f"a panel of {report['members']:,}: {loaded['load_s']:.1f} s, CPU "
        f"{loaded['load_cpu_s']:.1f} s, {loaded['mib']:.0f} MiB ({MOST_MIB} allowed)"
    )
    lines = [
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        large,
        "ms until a message is committed     median      p99  longest",
        f"nothing else                      {_three(loaded['put_ms'])}",
        f"while the panel is loaded         {_three(loaded['put_ms_while_loading'])}",
        "pipeline, ms per message             clock      CPU",
    ]
    for name in ("without", "with"):
        one = found[name]
        label = f"{name} 200 subscriptions"
        lines.append(f"{label:<34}{one['ms']:>8.3f} {one['cpu_ms']:>8.3f}")
    lines.append(
        f"more, median of rounds            {found['more']:>8.0%} "
        f"{found['more_cpu']:>8.0%}   ({MOST_MORE:.0%} allowed)"
    )
    counts = found["rows"]
    lines.append(
        f"{counts['messages']:,} messages, {counts['events']:,} events: "
        f"{counts['decisions']:,} decisions and {counts['unrelated']:,} that follow, "
        f"{counts['deliveries']:,} deliveries"
    )
    return "\n".join(lines)


def _three(values):
    return " ".join(f"{each:>8.2f}" for each in values)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory(prefix="carehub-bench-", dir=VAR) as scrap:
        folder = Path(scrap)
        (folder / "with").mkdir()
        report = {"members": options.members}
        report["loaded"] = fill(folder / "with", options.members)
        report["told"] = compare(folder, options)
    print(json.dumps(report) if options.json else show(report))  # noqa: T201


if __name__ == "__main__":
    main()
