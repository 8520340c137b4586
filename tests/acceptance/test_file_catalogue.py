"""What a payer's folder may hold (reliability 3.6), each with what becomes of it.

One hub over OpenSSH gets all of it at once. All of it is made up.
"""

import gzip
import io
import os
import re
import zipfile

import pytest

from tests.acceptance.conftest import Hubs
from tests.acceptance.openssh import PROFILE, Dropbox, OpenSsh, roster, why_not
from tests.acceptance.process import eventually, table, unbalanced

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "it runs"),
]

APPLIED = ("applied", "")
UNUSABLE = "rejected"
GIVEN = {"max_terminations": 1.0, "reuses_names": True, "max_mebibytes": 64}
BOMB = gzip.compress(bytes(80 << 20))

#: Row 1: names, and the code of those that are refused.
NAMES = {
    b"a.csv": "",
    b"A.csv": "",
    b"x\\..\\y.csv": "FILE-003",
    b"C:\\x.csv": "FILE-003",
    b"es\x1bc.csv": "FILE-003",
    b"\xff\xfe.csv": "",
    "M\u00fcller.csv".encode(): "",
    "Mu\u0308ller.csv".encode(): "",
    b"n" * 251 + b".csv": "",
    b"CON": "",
    b"dot.": "",
    b"space ": "",
    b"-rf": "",
    b"$(touch x).csv": "",
    b"csv..": "",
}


def body(number):
    """Return a roster whose size no other one has."""
    return roster([number], plan="x" * (number + 1))


def zipped(*entries, crypt=False):
    """Return an archive of names and bodies."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    content = bytearray(made.getvalue())
    if crypt:
        content[6] |= 1
        content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


WHOLE = gzip.compress(body(400))
#: Rows 5 to 9: what is in files that have good names.
PLAIN = {
    "empty.csv": (b"", UNUSABLE, "TABLE"),
    "header.csv": (roster([]), "applied", ""),
    "cut.csv": (body(401)[:-9], UNUSABLE, ""),
    "wrong-total.csv": (roster([402], total=3), UNUSABLE, ""),
    "zip.csv": (zipped(("a.csv", body(403))), UNUSABLE, "CONTAINER-007"),
    "7z.csv": (b"7z\xbc\xaf\x27\x1c" + bytes(99), UNUSABLE, "CONTAINER"),
    "page.csv": (b"<!DOCTYPE html><html></html>\n", UNUSABLE, "CONTAINER"),
}
GZIPPED = {
    "good.csv.gz": (gzip.compress(body(410)), "applied", ""),
    "two-members.gz": (
        gzip.compress(body(411)[:20]) + gzip.compress(body(411)[20:]),
        "applied",
        "",
    ),
    "garbage.gz": (WHOLE + b"garbage", UNUSABLE, "CONTAINER-002"),
    "bad-crc.gz": (
        WHOLE[:-8] + bytes([WHOLE[-8] ^ 1]) + WHOLE[-7:],
        UNUSABLE,
        "CONTAINER-002",
    ),
    "cut.gz": (WHOLE[:-20], UNUSABLE, "CONTAINER-002"),
    "bomb.gz": (BOMB, UNUSABLE, "CONTAINER-003"),
    "no-gzip.gz": (body(412), UNUSABLE, "CONTAINER-001"),
}
ZIPPED = {
    "good.zip": (zipped(("a.csv", body(420))), "applied", ""),
    "slip.zip": (zipped(("../../x.csv", body(421))), UNUSABLE, "CONTAINER-004"),
    "password.zip": (
        zipped(("a.csv", body(422)), crypt=True),
        UNUSABLE,
        "CONTAINER-005",
    ),
    "nothing.zip": (zipped(), UNUSABLE, "CONTAINER-010"),
    "many.zip": (
        zipped(*((f"{n}.csv", b"") for n in range(2000))),
        UNUSABLE,
        "CONTAINER-009",
    ),
}
CONTENTS = [
    pytest.param(feed, name, state, code, id=f"{feed}:{name}")
    for feed, cases in (("plain", PLAIN), ("gz", GZIPPED), ("zip", ZIPPED))
    for name, (_, state, code) in cases.items()
]


class World:
    """A hub and the four folders that it fetches from."""

    def __init__(self, path):
        self.server = OpenSsh(path).start()
        names = ("names", "plain", "gz", "zip", "marked")
        self.boxes = {name: Dropbox(self.server, name) for name in names}
        self.hubs = Hubs(path)
        try:
            self.drop_all()
            self.hub = self.hubs.start(*map(self.source, names))
        except BaseException:
            self.close()  # nobody else could
            raise

    def source(self, name):
        """Return the table of the source for a folder."""
        containers = {"containers": [name]} if name in {"gz", "zip"} else {}
        return table(
            f"sources.{name}",
            kind="sftp-poller",
            normaliser="roster-csv",
            complete="marker" if name == "marked" else "rename",
            poll_seconds=0.1,
            profile=PROFILE | {"semantics": "delta"},
            gate=GIVEN,
            **containers,
            **self.boxes[name].settings,
        )

    def drop_all(self):
        """Put down all that there is."""
        for number, name in enumerate(NAMES):
            path = os.path.join(os.fsencode(self.inbox("names")), name)  # noqa: PTH118
            with open(path, "wb") as file:  # noqa: PTH123 - a name of any bytes
                file.write(body(number))
        for feed, cases in (("plain", PLAIN), ("gz", GZIPPED), ("zip", ZIPPED)):
            for name, (content, _, _) in cases.items():
                (self.inbox(feed) / name).write_bytes(content)
        # No pattern matches it, the default one neither: it is left alone.
        (self.inbox("plain") / "new\nline.csv").write_bytes(body(460))
        self._drop_what_is_no_file()
        self._drop_what_has_a_time()
        self._drop_what_is_marked()

    def _drop_what_is_no_file(self):
        inbox = self.inbox("plain")
        (inbox / "link.csv").symlink_to("/etc/passwd")
        os.mkfifo(inbox / "pipe.csv")
        (inbox / "folder.csv").mkdir()
        with (inbox / "sparse.csv").open("wb") as file:
            file.truncate(1 << 40)
        for name in (".a.csv.tmp", ".lock", "b.csv.part", "c.filepart", "d.tmp", "e~"):
            (inbox / name).write_bytes(body(430))

    def _drop_what_has_a_time(self):
        for number, (name, seconds) in enumerate(
            {"1970.csv": 0, "2106.csv": (1 << 32) - 2}.items()
        ):
            path = self.inbox("plain") / name
            path.write_bytes(body(440 + number))
            os.utime(path, (seconds, seconds))

    def _drop_what_is_marked(self):
        inbox = self.inbox("marked")
        (inbox / "alone.csv").write_bytes(body(450))
        (inbox / "nothing.csv.done").write_bytes(b"")
        (inbox / "both.csv").write_bytes(body(451))
        (inbox / "both.csv.done").write_bytes(b"")

    def inbox(self, feed):
        """Return a folder of the payer."""
        return self.boxes[feed].root / "inbox"

    def became(self, feed, **fields):
        """Wait until a file was judged; return its state and error code."""
        where = " AND ".join(f"{name} = ?" for name in fields)
        sql = f"SELECT state, error_code FROM exchange WHERE feed = ? AND {where}"  # noqa: S608
        values = (feed, *fields.values())

        def judged():
            rows = self.hub.query(sql, *values)
            assert len(rows) < 2
            return rows and rows[0][0] not in {"received", "applying"} and rows[0]

        return eventually(judged, self.hub)

    def close(self):
        """End all of it."""
        self.hubs.close()
        self.server.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("files"))
    try:
        yield world
    finally:
        world.close()
    assert unbalanced(world.hubs.data_dir) == []


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_is_data(world, name):
    size = len(body(list(NAMES).index(name)))
    code = NAMES[name]

    expected = ("rejected", code) if code else APPLIED
    assert world.became("names", size=size) == expected


def test_no_name_of_the_payer_is_one_of_ours(world):
    for name in NAMES:
        world.became("names", size=len(body(list(NAMES).index(name))))

    ours = [path.name for path in world.hubs.data_dir.rglob("*")]
    assert [each for each in ours if not re.fullmatch(r"[a-z0-9_.-]+", each)] == []
    assert len(world.boxes["names"].responses()) <= len(NAMES)


@pytest.mark.parametrize(("feed", "name", "state", "code"), CONTENTS)
def test_content_is_used_as_a_whole_or_not_at_all(world, feed, name, state, code):
    became, error = world.became(feed, name=name)

    assert became == state
    assert error.startswith(code)


@pytest.mark.parametrize(
    ("name", "code"),
    [("link.csv", "FILE-001"), ("pipe.csv", "FILE-001"), ("sparse.csv", "FILE-002")],
)
def test_what_is_no_ordinary_file_is_refused(world, name, code):
    assert world.became("plain", name=name) == ("rejected", code)


def test_what_somebody_is_writing_and_folders_are_left_alone(world):
    world.became("plain", name="2106.csv")

    left = {path.name for path in world.inbox("plain").iterdir()}
    assert left >= {".a.csv.tmp", ".lock", "b.csv.part", "c.filepart", "d.tmp", "e~"}
    assert left >= {"folder.csv", "new\nline.csv"}


@pytest.mark.parametrize("name", ["1970.csv", "2106.csv"])
def test_the_time_of_a_file_is_compared_with_nothing(world, name):
    assert world.became("plain", name=name) == APPLIED


def test_neither_a_marker_nor_a_file_counts_alone(world):
    assert world.became("marked", name="both.csv") == APPLIED
    assert world.hub.query("SELECT name FROM exchange WHERE feed = 'marked'") == [
        ("both.csv",)
    ]
    left = sorted(path.name for path in world.inbox("marked").iterdir())
    assert left == ["alone.csv", "nothing.csv.done"]


def test_each_file_that_was_judged_is_answered_where_the_payer_looks(world):
    def all_answered():
        owed = "SELECT count(*) FROM exchange WHERE answered_at IS NULL"
        return world.hub.query(owed) == [(0,)]

    eventually(all_answered, world.hub)

    for feed, box in world.boxes.items():
        rows = world.hub.query(
            "SELECT state, count(*) FROM exchange WHERE feed = ? GROUP BY 1", feed
        )
        told = [each.status for each in box.responses()]
        assert {state: told.count(state) for state in set(told)} == dict(rows)
        assert box.names("processing") == []
