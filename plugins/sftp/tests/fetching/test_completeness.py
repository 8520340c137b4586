"""A file is fetched once its partner has said that it is whole, and not before.

Every way of saying so, on a server and in a folder. All data is synthetic.
"""

import hashlib
import os

import pytest
from structlog.testing import capture_logs

from hub_sftp.fetching import putting_away

BODY = b"key;value\n1;2\n"


#: What a server and a folder could do differently.
both = pytest.mark.parametrize("peer", ["sftp", "folder"], indirect=True)


@pytest.fixture
def peer(request):
    """Return the partner of a source, which watches a folder unless a test says so."""
    kind = getattr(request, "param", "folder")
    return request.getfixturevalue("partner" if kind == "sftp" else "local")


@pytest.fixture
def start(request, peer, hub_of):
    """Return what makes a hub with a source for that partner."""
    kind = "poller_of" if peer.root.name == "root" else "folder_of"
    make = request.getfixturevalue(kind)
    return lambda **settings: hub_of(make(**settings))


def names(hub):
    return [listed.path.rpartition("/")[2] for listed, _ in hub.desk.delivered]


def codes(logs, event):
    return [each["error_code"] for each in logs if each["event"] == event]


def sha256(body):
    return hashlib.sha256(body).hexdigest()


@both
async def test_a_file_is_fetched_once_it_has_its_final_name(peer, start):
    hub = start()
    ignored = ["a.csv.tmp", "a.csv.part", "a.filepart", "a.csv~", ".a.csv", "a.lock"]
    for name in ignored:
        peer.put(name, b"half")

    async with hub.running():
        await hub.polled()
        before = names(hub)
        peer.path("a.csv.part").rename(peer.path("a.csv"))
        await hub.until(lambda: names(hub))

    assert before == []
    assert names(hub) == ["a.csv"]


async def test_only_names_that_the_partner_agreed_on_are_fetched(peer, start):
    hub = start(files=r"roster_(?P<period>\d{8})\.csv")
    for name in ("roster_20260310.csv", "roster_20260310.csv\n.csv", "readme.txt"):
        peer.put(name)

    async with hub.running():
        await hub.until(lambda: names(hub))
        await hub.polled()

    assert names(hub) == ["roster_20260310.csv"]


@both
@pytest.mark.parametrize("marker", ["a.csv.done", "a.done", "a.csv.sem"])
async def test_a_file_is_fetched_once_its_marker_is_there(peer, start, marker):
    hub = start(complete="marker")
    peer.put("a.csv", BODY)
    peer.put("b.csv.done", b"")

    async with hub.running():
        await hub.polled()
        before = names(hub)
        peer.put(marker, b"")
        await hub.until(lambda: names(hub))
        await hub.polled()

    assert before == []
    assert names(hub) == ["a.csv"]
    assert peer.names("archive") == [marker]
    assert peer.names("inbox") == ["b.csv.done"]


@pytest.mark.parametrize(
    "said",
    [b"2\n", b"count=2 sha256=" + sha256(BODY).encode(), b"size: 14", b"prose"],
)
async def test_a_file_that_is_what_its_marker_says_is_fetched(peer, start, said):
    hub = start(complete="marker")
    peer.put("a.csv", BODY)
    peer.put("a.csv.done", said)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY]


@both
@pytest.mark.parametrize("said", [b"7\n", b"sha256=" + sha256(b"other").encode()])
async def test_a_file_that_is_not_what_its_marker_says_is_refused(peer, start, said):
    hub = start(complete="marker")
    peer.put("a.csv", BODY)
    peer.put("a.csv.done", said)

    async with hub.running():
        await hub.until(lambda: hub.desk.refused)
        await hub.polled()

    assert [error.code for _, error in hub.desk.refused] == ["FILE-011"]
    assert not hub.desk.delivered
    assert peer.names("error") == ["a.csv.done"]


async def test_a_marker_without_a_name_left_in_the_archive_holds_up_no_file(
    peer, start, monkeypatch
):
    monkeypatch.setattr(putting_away, "_MOST_NAMES", 1)
    hub = start(complete="marker")
    peer.put("a.csv", BODY)
    peer.put("a.csv.done", b"")

    with capture_logs() as logs:
        async with hub.running():
            await hub.until(lambda: names(hub))
            await hub.polled()

    assert codes(logs, "marker.left") == ["FILE-010"]
    assert names(hub) == ["a.csv"]
    assert not hub.failures


@both
async def test_a_marker_whose_name_cannot_be_used_is_neither_read_nor_moved(
    peer, start
):
    hub = start(complete="marker")
    peer.put("a\x07.csv", BODY)
    marker = peer.put("a\x07.csv.done", b"7\n")
    peer.put("b.csv", BODY)
    peer.put("b.csv.done", b"")

    async with hub.running():
        await hub.until(lambda: hub.desk.refused and names(hub))
        await hub.polled()

    assert [error.code for _, error in hub.desk.refused] == ["FILE-003"]
    assert names(hub) == ["b.csv"]
    assert marker.exists()
    assert not hub.failures


async def test_a_file_shorter_than_its_marker_says_is_still_coming(peer, start):
    hub = start(complete="marker")
    peer.put("a.csv", BODY[:5])
    peer.put("a.csv.done", b"size=14")

    async with hub.running():
        await hub.polled()
        before = names(hub)
        peer.put("a.csv", BODY)
        os.utime(peer.path("a.csv"), (1, 1))
        await hub.until(lambda: names(hub))

    assert before == []
    assert hub.bodies() == [BODY]


async def test_a_marker_of_an_earlier_file_of_the_name_says_nothing(peer, start):
    hub = start(complete="marker")
    os.utime(peer.put("a.csv.done", b""), (1_000_000, 1_000_000))
    peer.put("a.csv", BODY)

    async with hub.running():
        await hub.polled()

    assert names(hub) == []


@both
async def test_the_files_of_a_manifest_are_fetched_together(peer, start):
    hub = start(complete="manifest")
    parts = {"a.csv": b"first\n", "b.csv": b"second\n"}
    lines = "".join(f"{sha256(body)}  {name}\n" for name, body in parts.items())
    peer.put("a.csv", parts["a.csv"])
    peer.put("set.manifest", lines.encode())

    async with hub.running():
        await hub.polled()
        before = names(hub)
        peer.put("b.csv", parts["b.csv"])
        await hub.until(lambda: len(names(hub)) == 2)
        await hub.polled()

    assert before == []
    assert hub.bodies() == list(parts.values())
    assert peer.names("archive") == ["set.manifest"]


async def test_a_file_that_no_manifest_names_is_left_alone(peer, start):
    hub = start(complete="manifest")
    peer.put("a.csv", BODY)

    async with hub.running():
        await hub.polled()

    assert names(hub) == []
    assert peer.names("inbox") == ["a.csv"]


@both
async def test_a_manifest_wins_over_the_files(peer, start):
    """One part that is another file, and none of them is used."""
    hub = start(complete="manifest")
    peer.put("a.csv", BODY)
    peer.put("b.csv", b"replaced by somebody\n")
    lines = f"name,hash\na.csv,{sha256(BODY)}\nb.csv,{sha256(BODY)}\n"
    peer.put("set.manifest", lines.encode())

    async with hub.running():
        await hub.until(lambda: len(hub.desk.refused) == 2)
        await hub.polled()

    assert {error.code for _, error in hub.desk.refused} == {"FILE-012"}
    assert names(hub) == []
    assert peer.names("error") == ["set.manifest"]


async def test_a_manifest_that_cannot_be_read_moves_nothing(peer, start):
    hub = start(complete="manifest")
    peer.put("a.csv", BODY)
    peer.put("set.manifest", b"../../etc/passwd")

    with capture_logs() as logs:
        async with hub.running():
            await hub.polled()

    assert codes(logs, "manifest.refused") == ["FILE-013"]
    assert "passwd" not in str(logs)
    assert peer.names("inbox") == ["a.csv", "set.manifest"]
    assert not hub.failures


@both
async def test_a_file_that_grows_is_not_fetched_until_it_rests(peer, start):
    hub = start(complete="stable", stable_polls=15)
    path = peer.put("a.csv", b"key;value\n")

    async with hub.running():
        for number in range(6):
            with path.open("ab") as file:
                file.write(b"%d;x\n" % number)
            await hub.polled(0)
        before = names(hub)
        await hub.until(lambda: names(hub))

    assert before == []
    assert hub.bodies() == [path_body(peer)]


def path_body(peer):
    (found,) = [*peer.root.glob("processing/a.csv")]
    return found.read_bytes()


@pytest.mark.parametrize("end", [b"", b"\n1;2", b"\n1"])
async def test_an_upload_that_hangs_is_not_taken_for_a_whole_file(peer, start, end):
    """It is as stable as any; its end is missing."""
    hub = start(complete="stable")
    path = peer.put("a.csv", b"key;value" + end)

    with capture_logs() as logs:
        async with hub.running():
            await hub.until(lambda: hub.desk.returned)
            await hub.polled()
            before, tries = names(hub), len(hub.desk.returned)
            with path.open("ab") as file:
                file.write(b";3\n")
            await hub.until(lambda: names(hub))

    assert before == []
    assert tries == 1
    assert codes(logs, "file.postponed") == ["FILE-014"]
    assert hub.bodies() == [b"key;value" + end + b";3\n"]


async def test_the_end_of_a_file_is_not_looked_at_where_it_says_nothing(peer, start):
    hub = start(complete="stable", check_end=False)
    peer.put("a.csv", b"no newline")

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [b"no newline"]


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 13])
async def test_an_upload_cut_anywhere_is_not_read_before_it_is_whole(peer, start, cut):
    """F60, where the partner renames."""
    hub = start()
    peer.put("a.csv.part", BODY[:cut])

    async with hub.running():
        await hub.polled(1)
        before = names(hub)
        peer.put("a.csv.part", BODY).rename(peer.path("a.csv"))
        await hub.until(lambda: names(hub))

    assert before == []
    assert hub.bodies() == [BODY]


async def test_an_empty_file_is_a_file(peer, start):
    """Whether it may be empty, the gate decides."""
    hub = start()
    peer.put("a.csv", b"")

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [b""]


async def test_the_oldest_files_come_first(peer, start):
    hub = start()
    for age, name in enumerate(("c.csv", "a.csv", "b.csv")):
        os.utime(peer.put(name, name.encode()), (1_000_000, 1_000_000 + age))

    async with hub.running():
        await hub.until(lambda: len(names(hub)) == 3)

    assert names(hub) == ["c.csv", "a.csv", "b.csv"]


@both
async def test_a_poll_fetches_so_many_files_and_the_next_the_others(peer, start):
    hub = start(max_files=2, poll_seconds=600)
    for number in range(7):
        peer.put(f"{number}.csv", b"%d\n" % number)

    async with hub.running():
        await hub.until(lambda: len(names(hub)) == 7)

    assert sorted(names(hub)) == [f"{number}.csv" for number in range(7)]
