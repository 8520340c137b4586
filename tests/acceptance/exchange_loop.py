"""Uploads cut anywhere, a server and a hub killed in between: again and again.

As a program: ``python -m tests.acceptance.exchange_loop --times 100 --seed 1``.
"""

import argparse
import csv
import hashlib
import io
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.acceptance.conftest import Hubs
from tests.acceptance.openssh import PROFILE, Dropbox, OpenSsh, roster, why_not
from tests.acceptance.process import eventually, subscription, table, unbalanced

PATTERNS = ("rename", "marker", "manifest", "stable")
POLL_SECONDS = 0.05
#: What is tried meanwhile says nothing when nothing is taken: some polls' time.
SOME_POLLS = 6 * POLL_SECONDS
#: A server that fails ten times in a row is left alone for a minute, and one more.
LONGEST = 200
ANYTHING_GOES = {"max_drop": 1.0, "band": [0.0, 1e9]}


class Loop:
    """A payer that drops rosters, each in its own way of saying that it is whole."""

    def __init__(self, path, dice):
        self.dice = dice
        self.server = OpenSsh(path).start()
        self.boxes = {name: Dropbox(self.server, name) for name in PATTERNS}
        self.notices = self.server.root / "notices"
        self.notices.mkdir()
        self.hubs = Hubs(path)
        self.wanted = []
        self.happened = Counter()
        try:
            self.hub = self.start()
        except BaseException:
            self.close()  # nobody else could
            raise

    def start(self):
        """Start a hub that fetches from all folders and tells of who is covered."""
        sources = [
            table(
                f"sources.{name}",
                kind="sftp-poller",
                normaliser="roster-csv",
                complete=name,
                poll_seconds=POLL_SECONDS,
                profile=PROFILE | {"system": f"PAYER_{name.upper()}"},
                gate=ANYTHING_GOES | {"panel": name},
                **box.settings,
            )
            for name, box in self.boxes.items()
        ]
        told = table(
            "destinations.payer",
            kind="sftp-writer",
            format="notification-csv",
            folder=str(self.notices),
            retry_initial_seconds=0.1,
            retry_max_seconds=0.3,
            **self.server.settings,
        )
        events = {"events": ["coverage.*"], "purpose": "payment"}
        return self.hubs.start(
            *sources,
            told,
            *(table(f"panels.{name}") for name in PATTERNS),
            table("recipients.payer", sector="payer", purposes=["payment"]),
            *(subscription("payer", name, panel=name, **events) for name in PATTERNS),
        )

    def close(self):
        """End all of it."""
        self.server.stop()
        self.hubs.close()

    def turn(self, number, pattern):
        """Play one turn; where it comes to no end, say where the files are."""
        happened = self.happened.copy()
        try:
            self._turn(number, pattern)
        except AssertionError as error:
            last = self.happened - happened
            where = (number, dict(last), self.boxes[pattern].paths())
            raise AssertionError(where) from error

    def _turn(self, number, pattern):
        """Drop one roster, with one or more accidents on its way."""
        box, name = self.boxes[pattern], f"roster-{number:03}.csv"
        members = self.dice.sample(range(500), self.dice.randint(1, 400))
        body = roster(sorted(members), plan=f"P{number}")
        self.cut_short(box, name, body)
        self.upload(box, name, body)
        self.accident()
        self.wanted.append((pattern, name, body, len(members)))
        eventually(lambda: self.applied(name), self.hub, LONGEST)
        eventually(lambda: self.answered(box, name, body), self.hub, LONGEST)

    def cut_short(self, box, name, body):
        """Upload a file up to any of its bytes; nothing of it may count."""
        at = self.dice.randrange(len(body))
        if box.name == "stable" and self.dice.random() < 0.5:
            at = body.rfind(b"\n", 0, at) + 1  # only its last line shows the rest
        partial = f"{name}.tmp" if box.name == "rename" else name
        box.put_in_part(partial, body[:at])
        self.happened["cut"] += 1
        if box.name == "stable" and body[:at].endswith(b"\n"):
            self.happened["cut where a line ends"] += 1
        time.sleep(self.dice.choice([0, POLL_SECONDS, SOME_POLLS]))
        assert not self.applied(name)

    def upload(self, box, name, body):
        """Upload a file whole, and say so as the payer says it."""
        if box.name == "rename":
            box.put(f"{name}.tmp", body, final=name)
            return
        box.put(name, body)
        if box.name == "marker":
            box.put(f"{name}.done", b"")
        elif box.name == "manifest":
            box.put(f"{name}.sha256", manifest(name, body))

    def accident(self):
        """Kill the server's sessions or the hub, at any time while it works."""
        what = self.dice.choice(["nothing", "sessions", "server", "hub", "both"])
        self.happened[what] += 1
        time.sleep(self.dice.uniform(0, 0.4))
        if what in {"sessions", "both"}:
            self.server.kill_sessions()
        if what == "server":
            self.server.stop()
            self.server.start()
        if what in {"hub", "both"}:
            self.hub.kill()
            self.hub = self.start()

    def applied(self, name):
        """Say how often files of this name took effect."""
        sql = "SELECT count(*) FROM exchange WHERE name = ? AND state = 'applied'"
        return self.hub.query(sql, name)[0][0]

    def answered(self, box, name, body):
        """Say whether the payer has the answer, and its file is where it belongs."""
        given = [each for each in box.responses() if each.is_of(name, body)]
        return given and name in box.names("archive")

    def judge(self):
        """Compare the end with what was uploaded."""
        eventually(self.all_told, self.hub, LONGEST)
        self.hub.quiet()
        for pattern, name, body, members in self.wanted:
            box = self.boxes[pattern]
            assert self.applied(name) == 1, name
            (given,) = (each for each in box.responses() if each.is_of(name, body))
            assert (given.status, given.counts) == (
                "applied",
                (members, members, 0, 0),
            )
            (kept,) = (box.root / "archive").rglob(name)
            assert kept.read_bytes() == body
        for box in self.boxes.values():
            assert [*box.names("inbox"), *box.names("processing")] == []
            refused = [each for each in box.responses() if each.status != "applied"]
            assert {each.status for each in refused} <= {"rejected"}
            assert len(box.names("error")) == len(refused)
            self.judge_panel(box)
        self.judge_notices()
        assert unbalanced(self.hub.data_dir) == []

    def all_told(self):
        """Say whether all rows that took effect are messages."""
        sql = "SELECT count(*) FROM exchange WHERE state = 'applied' AND fed < rows"
        return self.hub.query(sql) == [(0,)]

    def judge_panel(self, box):
        """See that those of the last roster are on the panel, and nobody else."""
        mine = [each for each in self.wanted if each[0] == box.name]
        if not mine:
            return
        sql = "SELECT members FROM panel WHERE name = ?"
        _, _, _, members = mine[-1]
        assert self.hub.query(sql, box.name) == [(2 * members,)]

    def judge_notices(self):
        """See that all that was to be told came in whole files.

        Of somebody who has left the list by the time it is sent the payer is no longer
        told; that is decided before each attempt. Where a hub was killed then, what it
        had begun to write stays under its temporary name, and the rest of that file is
        written as another one: what is in both is known by its id.
        """
        told = Counter()
        for path in self.notices.iterdir():
            if path.suffix == ".part":
                self.happened["left in part"] += 1
                continue
            assert path.suffix == ".csv", path.name
            body = path.read_bytes().decode()
            assert body.endswith("\r\n")
            rows = csv.DictReader(io.StringIO(body, newline=""), strict=True)
            told.update(row["EventID"] for row in rows)
        decided = self.hub.query(
            "SELECT delivery.event, state, type FROM delivery"
            " JOIN event ON event.id = delivery.event"
        )
        others = {(state, kind) for _, state, kind in decided if state != "delivered"}
        assert others <= {("withheld", "coverage.terminated")}, others
        owed = {event for event, state, _ in decided if state == "delivered"}
        assert owed <= told.keys() <= {event for event, *_ in decided}
        self.happened["notices"] = len(told)
        self.happened["told again"] = told.total() - len(told)


def manifest(name, body):
    """Return what says that a file is there with these bytes."""
    return f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()


def play(path, times, seed):
    """Drop rosters so many times, in each way by turns; return what happened."""
    loop = Loop(path, random.Random(seed))  # noqa: S311 - no secret
    try:
        for number in range(times):
            loop.turn(number, PATTERNS[number % len(PATTERNS)])
        loop.judge()
    finally:
        loop.close()
    return loop.happened


def main():
    """Play, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if reason := why_not():
        sys.stdout.write(f"skipped: {reason}\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        happened = play(Path(folder), given.times, given.seed)
    told = ", ".join(f"{word} {count}" for word, count in sorted(happened.items()))
    sys.stdout.write(f"{given.times} files, each applied once; {told}\n")


if __name__ == "__main__":
    sys.exit(main())
