"""What announced a file goes with it, even where server or hub died in between.

All data is synthetic.
"""

import hashlib
import os

import pytest

from hub.sdk import Listed
from hub_sftp.fetching.leftovers import Leftovers
from hub_sftp.fetching.local import LocalShelf
from hub_sftp.fetching.settings import FolderPollerSettings

BODY = b"key;value\n1;2\n"
SHA256 = hashlib.sha256(BODY).hexdigest()
ANNOUNCED = {
    "marker": ("a.csv.done", b""),
    "manifest": ("set.manifest", f"{SHA256}  a.csv\n".encode()),
}


@pytest.fixture(params=["sftp", "folder"])
def peer(request):
    """Return the partner, on a server and in a folder."""
    return request.getfixturevalue("partner" if request.param == "sftp" else "local")


@pytest.fixture
def start(request, peer, hub_of):
    """Return what makes a hub with a source for that partner."""
    kind = "poller_of" if peer.root.name == "root" else "folder_of"
    make = request.getfixturevalue(kind)
    return lambda **settings: hub_of(make(**settings))


def test_a_file_with_the_longest_name_has_no_marker_of_its_whole_name(local):
    """Nothing has a name that long, and a system refuses to look for it."""
    name = "a" * 251 + ".csv"
    local.put(name, BODY)
    settings = FolderPollerSettings(
        kind="folder-poller", folder=local.root / "inbox", complete="marker"
    )
    listed = Listed(path=str(local.path(name)), size=len(BODY), modified=1)

    assert Leftovers(settings).of(LocalShelf(local.root / "inbox"), listed) == []


@pytest.mark.parametrize("place", ["archive", "error"])
@pytest.mark.parametrize("complete", ANNOUNCED)
async def test_what_announced_a_file_is_put_away_with_its_answer(
    peer, start, complete, place
):
    """The hub died after the delivery: nobody moved the marker, none is told of it."""
    name, said = ANNOUNCED[complete]
    first, second = start(complete=complete), start(complete=complete)
    peer.put("a.csv", BODY)
    peer.put(name, said)
    async with first.running():
        await first.until(lambda: first.desk.delivered)
        await first.polled()
    ((listed, _),) = first.desk.delivered
    peer.put(name, said)
    second.source._selector.known.add(listed)  # it is answered before it is looked at
    before = peer.names("inbox")

    async with second.running():
        await second.answer(place, listed=listed)
        await second.until(lambda: second.desk.finished)

    assert before == [name]
    assert peer.originals("inbox") == []
    assert {"a.csv", name} <= {*peer.names("archive"), *peer.names("error")}


@pytest.mark.parametrize("complete", ANNOUNCED)
async def test_what_announced_a_file_is_looked_for_no_more_once_it_was_moved(
    local, hub_of, folder_of, complete
):
    hub = hub_of(folder_of(complete=complete))
    name, said = ANNOUNCED[complete]
    local.put("a.csv", BODY)
    local.put(name, said)

    async with hub.running():
        await hub.until(lambda: hub.desk.delivered)
        await hub.polled()
        local.put(name, said)  # early, for tomorrow's file of this name
        await hub.answer()
        await hub.until(lambda: hub.desk.finished)

    assert local.names("inbox") == [name]


@pytest.fixture
def left(local):
    """Return what is left of ``a.csv.gz``, which is settled and in processing."""

    def left(complete, **files):
        for folder, names in files.items():
            for name, body in names.items():
                local.put(name, body, folder=folder)
        listed = Listed(
            path=str(local.path("a.csv.gz")), size=len(BODY), modified=1_000_000
        )
        path = local.put("a.csv.gz", BODY, folder="processing")
        os.utime(path, (1_000_000, 1_000_000))
        folder = local.root / "inbox"
        settings = FolderPollerSettings(
            kind="folder-poller", folder=folder, complete=complete
        )
        found = Leftovers(settings).of(LocalShelf(folder), listed)
        return sorted(path.rpartition("/")[2] for path in found)

    return left


@pytest.mark.parametrize("marker", ["a.csv.gz.done", "a.csv.ok"])
def test_the_marker_of_a_name_or_its_stem_is_left(left, marker):
    assert left("marker", inbox={marker: b"", "b.done": b""}) == [marker]


@pytest.mark.parametrize("folder", ["inbox", "processing"])
@pytest.mark.parametrize("other", ["a.csv", "a.csv.xml"])
def test_a_marker_that_another_file_could_need_is_not_left(left, folder, other):
    announced = {"a.csv.done": b"", "a.csv.gz.done": b""}
    files = {"inbox": announced, folder: {other: b"other\n"}}
    if folder == "inbox":
        files = {"inbox": announced | {other: b"other\n"}}

    assert left("marker", **files) == ["a.csv.gz.done"]


@pytest.mark.parametrize("complete", ANNOUNCED)
def test_what_a_new_file_of_the_name_needs_is_not_left(left, complete):
    said = f"{SHA256}  a.csv.gz\n".encode()
    name = "a.csv.gz.done" if complete == "marker" else "a.manifest"

    assert left(complete, inbox={name: said, "a.csv.gz": b"another\n"}) == []


def test_a_manifest_is_left_once_none_of_its_files_waits(left, local):
    lines = "".join(f"{SHA256}  {name}\n" for name in ("a.csv.gz", "b.csv"))
    manifests = {
        "a.manifest": lines.encode(),
        "other.manifest": f"{SHA256}  c.csv\n".encode(),
        "broken.manifest": b"no manifest",
    }
    waiting = left("manifest", inbox=manifests, processing={"b.csv": BODY})
    local.path("b.csv", "processing").unlink()

    assert waiting == []
    assert left("manifest") == ["a.manifest"]


def test_files_that_need_no_announcement_leave_none(left):
    assert left("rename", inbox={"a.csv.gz.done": b""}) == []
