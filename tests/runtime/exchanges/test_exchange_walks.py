"""Walks over what can happen to files, beside a model of what must come of it.

Everything in them is made up. The model knows nothing of versions, staging, chunks or
the store: it is what the gate, the ledger and the panel promise, in a few lines.
``CAREHUB_WALKS=20`` walks twenty times as often.
"""

import asyncio
import contextlib
import csv
import io
import os
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.runtime import panel_loading
from hub.runtime.exchanges import applying, checking_rows, feeding
from hub.runtime.exchanges.sweeping import sweep
from hub.store.audit_verify import verify_folder
from hub.store.exchanges import holdings
from tests.runtime.exchanges.files_world import WHO, opened, source, text
from tests.runtime.exchanges.quickly import data_folder

FEEDS = ("roster", "other")
GATES = {
    "roster": {
        "panel": "payer",
        "max_drop": 0.5,
        "max_terminations": 0.5,
        "max_errors": 0.5,
        "band": (0.0, 1e9),
    },
    "other": {
        "ordered": True,
        "reuses_names": True,
        "max_drop": 1.0,
        "max_terminations": 1.0,
        "max_errors": 1.0,
        "band": (0.0, 1e9),
    },
}
LISTS_ALL = {"full", "cumulative", "audit"}
MANY = 8
WALKS = 30 * int(os.environ.get("CAREHUB_WALKS", "1"))


class Crash(BaseException):
    """Not an error that anything may catch: the hub is gone."""


class Effects:
    """What the rows of a file come to, beside what is held. Values by keys."""

    def __init__(self, semantics, rows, held):
        self.read = len(rows)
        self.rejected = self.duplicate = self.added = self.ended = 0
        self.held, self.messages = dict(held), []
        numbered = [
            (n, row, key, value)
            for n, (row, key, value) in enumerate(rows)
            if not self._wrong(row, key)
        ]
        for n in self._counted(semantics in LISTS_ALL, numbered):
            self._take(*rows[n], held)
        there = {key for row, key, _ in rows if row != "!"}
        missing = sorted(set(held) - there) if semantics in LISTS_ALL else []
        self.absent = len(missing)
        for key in missing if semantics != "audit" else ():
            self._end(key, held[key], held)
        self.accepted = self.read - self.rejected - self.duplicate

    def _wrong(self, row, key):
        wrong = row == "?" or (row != "!" and not key)
        self.rejected += wrong
        return wrong

    def _counted(self, whole, numbered):
        """Return which rows count, by their places."""
        of_key = {}
        for each in numbered:
            of_key.setdefault(each[2] if each[1] != "!" else each[1:], []).append(each)
        counted = []
        for key, rows in of_key.items():
            said = {each[1:] for each in rows}
            ops = Counter(each[0] for each in said)
            if isinstance(key, str) and (
                len(said) > 1 if whole else max(ops.values()) > 1
            ):
                self.rejected += len(rows)
                continue
            self.duplicate += len(rows) - 1
            last = rows[-1][1]
            counted.append(next(each[0] for each in rows if each[1] == last))
        return sorted(counted)

    def _take(self, row, key, value, held):
        if row == "!":
            self.messages.append(("once", key, value, None))
        elif row == "-":
            if key in held:
                self._end(key, value, held)
        elif key not in held or held[key] != value:
            self.added += key not in held
            self.messages.append(("set", key, value, held.get(key)))
            self.held[key] = value

    def _end(self, key, value, held):
        self.ended += 1
        self.messages.append(("end", key, value, held[key]))
        del self.held[key]


class Modelled:
    """A file, and what must have become of it."""

    def __init__(self, feed, name, semantics, rows, more):
        self.feed, self.name, self.semantics = feed, name, semantics
        self.rows, self.more = rows, more
        lines = [f"{row}{key},{value}" for row, key, value in rows]
        self.body = text(semantics, *lines, **more)
        self.key, self.state, self.reason = "", "received", ""
        self.seen = set()  # what whoever approved the file knew to be wrong with it
        self.responses, self.effects = [], None

    @property
    def sequence(self):
        return self.more.get("sequence")


class Model:
    """What is in force, and what was told, of all feeds."""

    def __init__(self):
        self.files = []
        self.held = {feed: {} for feed in FEEDS}
        self.messages = {feed: [] for feed in FEEDS}

    def work(self):
        """Let all that waits become what it becomes."""
        for file in self.files:
            if file.state == "received":
                self._judge(file)
                file.responses.append(file.state)

    def _judge(self, file):
        others = [
            each
            for each in self.files
            if each.feed == file.feed and each is not file
            if each.state in {"applied", "held"}
        ]
        effects = Effects(file.semantics, file.rows, self.held[file.feed])
        file.effects = effects
        if any(each.body == file.body for each in others):
            file.state, file.reason = "duplicate", "content.known"
            return
        holds = list(self._holds(file, effects, others))
        gate = GATES[file.feed]
        if "test" in file.more:
            file.state, file.reason = "rejected", "file.test"
        elif effects.rejected > gate["max_errors"] * effects.read:
            file.state, file.reason = "rejected", "rows.wrong"
        elif set(holds) - file.seen:
            file.state, file.reason = "held", holds[0]
            file.seen |= set(holds)
        else:
            file.reason = "decided.approved" if holds else "file.permitted"
            self._apply(file, effects, others)

    def _holds(self, file, effects, others):
        gate, held = GATES[file.feed], self.held[file.feed]
        if not gate.get("reuses_names") and any(
            each.name == file.name for each in others
        ):
            yield "name.reused"
        control = file.more.get("control")
        if control and any(each.more.get("control") == control for each in others):
            yield "control.reused"
        if gate.get("ordered"):
            yield from self._sequence(file, others)
        if not file.rows and file.semantics in LISTS_ALL:
            yield "rows.none"
        ending = file.semantics in {"full", "cumulative"}
        most = gate["max_drop" if ending else "max_terminations"]
        if effects.ended > most * len(held):
            yield "members.drop" if ending else "members.ended"
        if effects.rejected > gate["max_errors"] / 2 * effects.read:
            yield "rows.doubtful"
        if ending and effects.ended and any(not key for _, key, _ in file.rows):
            yield "rows.nameless"

    def _sequence(self, file, others):
        known = [
            each.sequence
            for each in others
            if each.state == "applied" and each.sequence is not None
        ]
        if file.sequence is None:
            yield "sequence.missing"
        elif known and file.sequence > max(known) + 1:
            yield "sequence.gap"
        elif known and file.sequence <= max(known):
            yield "sequence.passed"

    def _apply(self, file, effects, others):
        file.state = "applied"
        self.held[file.feed] = effects.held
        self.messages[file.feed] += effects.messages
        for each in others if file.semantics in LISTS_ALL else ():
            if each.state == "held" and self._is_past(each, file):
                each.state, each.reason = "rejected", "decided.superseded"
                each.responses.append("rejected")

    def _is_past(self, held, file):
        """Say whether a file that waits is out of date by a list in force."""
        before = self.files.index(held) < self.files.index(file)
        if None in {held.sequence, file.sequence} or held.sequence == file.sequence:
            return before
        return before and held.sequence < file.sequence


values = st.sampled_from(["", "1", "2", "3", "4"])
keys = st.sampled_from("abcdef")
rows = st.one_of(
    st.tuples(st.just(""), keys, values),
    st.tuples(st.just(""), keys, values),
    st.tuples(st.just(""), keys, values),
    st.tuples(st.sampled_from("-!?"), st.one_of(keys, keys, st.just("")), values),
)
whole = st.dictionaries(keys, values).map(
    lambda said: [("", key, value) for key, value in said.items()]
)
contents = st.one_of(
    st.tuples(
        st.sampled_from(["full", "delta", "audit", "cumulative", "append"]),
        st.one_of(whole, whole, st.lists(rows, max_size=MANY)),
    ),
    st.tuples(st.just("full"), whole),
)
mores = st.fixed_dictionaries(
    {},
    optional={
        "sequence": st.integers(1, 4),
        "control": st.sampled_from("pqrstuvwxyz"),
        "test": st.just(1),
    },
).map(
    # A test is rare, and so is a number that nobody asked for.
    lambda more: more if len(more) < 3 else {}
)
#: At which call of the writer, whether after its commit, and whether what is staged
#: of a file that is not in force is lost with it.
crashes = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.integers(1, 30), st.booleans(), st.booleans()),
)
steps = st.one_of(
    st.tuples(st.just("file"), st.just("roster"), contents, st.just({}), crashes),
    st.tuples(st.just("file"), st.sampled_from(FEEDS), contents, mores, crashes),
    st.tuples(
        st.just("decide"),
        st.booleans(),
        st.sampled_from([0, -1]),
        crashes,
    ),
    st.tuples(st.just("again"), st.integers(0, 5), crashes),
    st.tuples(st.just("rename"), st.integers(0, 5), contents),
    st.tuples(st.just("done"), crashes),
    st.tuples(st.sampled_from(["restart", "sweep", "answer"])),
)


class Walk:
    """Takes steps in a hub and in the model. `files` is the hub that runs."""

    def __init__(self, folder):
        self._folder = folder
        self.model = Model()
        self.files = self._stack = None
        self._now = self._names = 0
        self.answers = []

    async def __aenter__(self):
        await self._open()
        return self

    async def __aexit__(self, *_exc):
        await self._stack.aclose()

    async def _open(self):
        self._stack = contextlib.AsyncExitStack()
        sources = [source(feed, **GATES[feed]) for feed in FEEDS]
        self.files = await self._stack.enter_async_context(
            opened(self._folder, *sources)
        )
        if self._now:
            self.files.now = self._now

    async def restart(self):
        self._now = self.files.now
        await self._stack.aclose()
        await self._open()

    async def crashing(self, crash, work):
        """Do work that the hub may not survive, until it is done."""
        if crash:
            self._arm(*crash[:2])
        try:
            await work()
        except Crash:
            await self.restart()
            if crash[2]:
                self._lose()
            await work()
        else:
            vars(self.files.store.writer).pop("call", None)

    def _lose(self):
        """Lose what is staged of files that are not in force."""
        for (key,) in self.files.query(
            "SELECT id FROM exchange WHERE state = 'applying'"
        ):
            self.files.exchanges.folders.unstage(key)

    def _arm(self, calls, committed):
        writer = self.files.store.writer
        call, left = writer.call, [calls]

        def instead(apply, payload=None, size=0):
            left[0] -= 1
            if left[0] == 0 and not committed:
                raise Crash
            result = call(apply, payload, size)
            if left[0] <= 0:
                raise Crash
            return result

        writer.call = instead

    async def take(self, step):
        kind, *given_ = step
        await getattr(self, f"_{kind}")(*given_)

    async def _file(self, feed, content, more, crash, name=None):
        self._names += 1
        file = Modelled(feed, name or f"file-{self._names}.csv", *content, more)
        listed = self.files.listed(file.body, file.name)
        listed = type(listed)(path=listed.path, size=listed.size, modified=self._names)
        await self.crashing(crash, lambda: self._deliver(file, listed))
        self.model.files.append(file)

    async def _deliver(self, file, listed):
        self.files.now += timedelta(minutes=1)
        desk = self.files.exchanges.desk(file.feed)
        ticket = await desk.claim(listed)
        if ticket is None:  # it was delivered, and the hub crashed afterwards
            [[file.key]] = self.files.query(
                "SELECT id FROM exchange WHERE feed = ? AND path = ? AND modified = ?",
                *(file.feed, listed.path, listed.modified),
            )
            return
        await asyncio.to_thread(Path(ticket.spool).write_bytes, file.body)
        file.key = await desk.deliver(ticket)

    async def _again(self, place, crash):
        """Deliver the bytes of an earlier file under another name."""
        if self.model.files:
            old = self.model.files[place % len(self.model.files)]
            await self._file(old.feed, (old.semantics, old.rows), old.more, crash)

    async def _rename(self, place, content):
        """Deliver something else under the name of an earlier file."""
        if self.model.files:
            old = self.model.files[place % len(self.model.files)]
            await self._file(old.feed, content, {}, None, old.name)

    async def _decide(self, approve, place, crash):
        held = [each for each in self.model.files if each.state == "held"]
        if not held:
            return
        file = held[place]
        await self.crashing(crash, lambda: self._decided(file, approve))
        if approve:
            file.state = "received"
        else:
            file.state, file.reason = "rejected", "decided.rejected"
            file.responses.append("rejected")

    async def _decided(self, file, approve):
        if self.files.shown(file.key).state != "held":
            return  # it was decided, and the hub crashed afterwards
        exchanges = self.files.exchanges
        act = exchanges.approve if approve else exchanges.reject
        await act(file.key, WHO, "made up")

    async def _done(self, crash=None):
        await self.crashing(crash, self._work)
        self.model.work()
        self.check()

    async def _work(self):
        await self.files.done()  # of the hub that runs now

    async def _restart(self):
        await self.restart()

    async def _answer(self):
        for feed in FEEDS:
            self.answers += await self.files.answer(feed)

    async def _sweep(self):
        files = self.files
        later = files.now + timedelta(days=2)
        days = dict.fromkeys(FEEDS, 1)
        store = files.store
        given_ = (files.exchanges.folders, store.writer, store.reader, days, later)
        await asyncio.to_thread(sweep, *given_)

    def check(self):
        """What the hub has is what the model has."""
        files, model = self.files, self.model
        for feed in FEEDS:
            assert files.held(feed) == model.held[feed], feed
            assert files.messages(feed) == model.messages[feed], feed
        on_panel = {value for value in model.held["roster"].values() if value}
        assert files.members() == sorted(on_panel)
        for file in model.files:
            row = files.shown(file.key)
            assert (row.state, row.reason) == (file.state, file.reason), file.body
        active = dict(files.query("SELECT feed, active FROM exchange_feed"))
        assert {feed: active.get(feed, 0) for feed in FEEDS} == {
            feed: len(held) for feed, held in model.held.items()
        }

    def check_answers(self):
        """Each file has one final answer, one for each time that it was held."""
        for file in self.model.files:
            found = self.files.query(
                "SELECT r.body FROM exchange_reply r JOIN exchange x"
                " ON x.seq = r.exchange WHERE x.id = ? ORDER BY r.place",
                file.key,
            )
            told = [answer_of(body) for (body,) in found]
            assert [each["status"] for each in told] == file.responses
            effects, last = file.effects, told[-1]
            assert last["sha256"] == sha256(file.body).hexdigest()
            if file.reason == "decided.rejected":
                continue
            names = ("read", "accepted", "rejected", "duplicate", "absent")
            if file.state == "applied":
                assert {name: int(last[name]) for name in names} == {
                    name: getattr(effects, name) for name in names
                }
            assert int(last["read"]) == sum(
                int(last.get(name, 0))
                for name in ("accepted", "readable", "rejected", "duplicate")
            )

    def check_places(self):
        """The last place of each file is that of its state, and nothing is owed."""
        last = {each.exchange: each.place for each in self.answers}
        places = {"applied": "archive", "duplicate": "archive", "held": "processing"}
        for file in self.model.files:
            assert last[file.key] == places.get(file.state, "error")
        given_ = Counter(name for each in self.answers for name, _ in each.replies)
        assert set(given_.values()) <= {1}

    def check_books(self):
        assert self.files.unbalanced() == []
        assert verify_folder(self.files.store.folder).verified


def answer_of(body):
    """Return what a response says of the file as a whole, by its items."""
    return {
        line["item"]: line["text"] or line["code"]
        for line in csv.DictReader(io.StringIO(body.decode()))
    }


EVERYBODY = ("full", [("", key, "1") for key in "abcdef"])


async def walked(begins, taken, chunk):
    with data_folder() as folder, chunked(chunk):
        async with Walk(folder) as walk:
            for feed in begins:
                more = {"sequence": 1} if feed == "other" else {}
                await walk._file(feed, EVERYBODY, more, None)
            for step in taken:
                await walk.take(step)
            await walk._done()
            await walk._answer()
            walk.check_answers()
            walk.check_places()
            walk.check_books()


@contextlib.contextmanager
def chunked(chunk):
    """Let all that goes by portions go by small ones."""
    with contextlib.ExitStack() as stack:
        if chunk:
            for module, name in (
                (applying, "CHUNK"),
                (holdings, "CHUNK"),
                (panel_loading, "CHUNK"),
                (feeding, "PORTION"),
                (checking_rows, "_PORTION"),
            ):
                stack.enter_context(patch.object(module, name, chunk))
        yield


@settings(max_examples=WALKS, deadline=None)
@given(
    st.sampled_from([(), FEEDS, FEEDS, FEEDS[:1]]),
    st.lists(steps, min_size=3, max_size=14),
    st.sampled_from([0, 1, 2, 3]),
)
def test_whatever_happens_to_files_the_hub_has_what_it_should(begins, taken, chunk):
    asyncio.run(walked(begins, taken, chunk))
