"""Folders with many files and files with many bytes cost time, not memory (F66)."""

import errno
import gc
import os
import stat
import tracemalloc

import pytest

from hub_sftp.fetching import selecting, spooling
from hub_sftp.fetching.errors import NotAFileError, ReadDeniedError, SpoolFailedError
from hub_sftp.fetching.local import LocalShelf
from hub_sftp.fetching.remembering import Known, Sightings
from hub_sftp.fetching.selecting import Selector
from hub_sftp.fetching.settings import FolderPollerSettings, SftpPollerSettings
from hub_sftp.fetching.shelf import Entry, TakenError
from hub_sftp.fetching.spooling import Job, fetch


class Endless(LocalShelf):
    """Lists as many files as it is told to, newest first, and has none."""

    def __init__(self, count):
        super().__init__("/nowhere")
        self.count = count

    def entries(self, folder):
        if folder.endswith("processing"):
            return
        for number in range(self.count):
            yield Entry(f"{number:06}.csv", "file", 10, 1_000_000 - number)


def settings(**changes):
    return FolderPollerSettings(
        kind="folder-poller", folder="/nowhere/inbox", **changes
    )


def test_of_many_files_only_the_oldest_are_kept_in_mind(monkeypatch):
    monkeypatch.setattr(selecting, "LOOK_AT", 500)
    selector = Selector(settings())
    selector.select(Endless(1_000))  # what is made once is not counted
    peaks = []
    for count in (1_000, 8_000):
        gc.collect()
        tracemalloc.start()
        selection = selector.select(Endless(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert len(selection.units) == 500
    assert selection.more
    assert selection.units[0].parts[0].listed.path.endswith("/007999.csv")
    assert peaks[1] < 4 * peaks[0]


def test_files_that_are_known_make_room_for_the_others(monkeypatch):
    monkeypatch.setattr(selecting, "LOOK_AT", 500)
    selector = Selector(settings())
    first = selector.select(Endless(selecting.LOOK_AT + 10))
    for unit in first.units:
        selector.known.add(unit.parts[0].listed)

    second = selector.select(Endless(selecting.LOOK_AT + 10))

    assert len(second.units) == 10
    assert not second.more


def test_what_is_known_is_forgotten_after_a_while():
    now = [0.0]
    known = Known(lambda: now[0], seconds=60)
    known.add("a")
    before = "a" in known
    now[0] = 61

    assert before
    assert "a" not in known


def test_what_is_known_is_bounded():
    known = Known(most=3)
    for number in range(10):
        known.add(number)

    assert sum(number in known for number in range(10)) <= 3


def test_sightings_begin_anew_where_a_file_changed_or_was_away():
    sightings = Sightings()
    seen = []
    for size in (1, 1, 2, None, 2, 2):
        sightings.begin()
        if size is not None:
            seen.append(sightings.seen("a", size, 0))

    assert seen == [1, 2, 1, 1, 2]


@pytest.fixture
def shelf(local):
    return LocalShelf(local.root)


def test_a_move_never_overwrites(local, shelf):
    old, new = local.put("a.csv"), local.put("b.csv", b"kept\n")

    with pytest.raises(TakenError):
        shelf.move(str(old), str(new))

    assert new.read_bytes() == b"kept\n"


def test_a_link_is_neither_read_nor_written_through(local, shelf):
    target = local.put("secret", b"secret\n")
    link = local.path("a.csv")
    link.symlink_to(target)

    with pytest.raises(NotAFileError):
        shelf.read(str(link), 0, 7, lambda _: None)
    with pytest.raises(NotAFileError):
        shelf.write(str(link), b"overwritten\n")

    assert target.read_bytes() == b"secret\n"


def test_a_pipe_without_a_writer_holds_up_nobody(local, shelf):
    os.mkfifo(local.path("a.csv"))

    with pytest.raises(NotAFileError):
        shelf.read(str(local.path("a.csv")), 0, 7, lambda _: None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_denied(local, shelf):
    local.put("a.csv").chmod(0)

    with pytest.raises(ReadDeniedError):
        shelf.read(str(local.path("a.csv")), 0, 7, lambda _: None)


def test_an_aborted_copy_ends_at_its_next_piece(local, shelf):
    local.put("a.csv", bytes(5 << 20))
    came = []

    def sink(piece):
        came.append(len(piece))
        shelf.abort()

    reached = shelf.read(str(local.path("a.csv")), 0, 5 << 20, sink)

    assert reached == sum(came) < 5 << 20


def test_what_the_disk_lost_is_said_before_a_file_is_delivered(
    local, shelf, tmp_path, monkeypatch
):
    """Also where it was lost behind the last piece."""

    def lost(_file):
        raise OSError(errno.EIO, "synthetic")

    monkeypatch.setattr(spooling, "_SYNC_BYTES", 1)
    monkeypatch.setattr(os, "fdatasync", lost)
    path = local.put("a.csv", b"key;value\n")
    job = Job(path=str(path), spool=str(tmp_path / "spool"), offset=0, size=10)

    with pytest.raises(SpoolFailedError) as caught:
        fetch(shelf, job)

    assert caught.value.code == "FILE-015"


def test_what_is_written_is_for_the_owner_and_the_group(local, shelf):
    path = local.path("reply.csv")
    shelf.write(str(path), b"ok\n")

    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


@pytest.mark.parametrize(
    ("inbox", "places"),
    [
        ("inbox", ("processing", "archive", "error", "outbox")),
        (".", ("processing", "archive", "error", "outbox")),
        ("/", ("/processing", "/archive", "/error", "/outbox")),
        ("a/b/", ("a/processing", "a/archive", "a/error", "a/outbox")),
    ],
)
def test_folders_are_beside_the_inbox(inbox, places, monkeypatch):
    monkeypatch.setenv("MADE_UP", "made up")
    found = SftpPollerSettings(
        kind="sftp-poller", host="h", user="u", known_hosts="k",
        password="env:MADE_UP", folder=inbox,
    ).places  # fmt: skip

    assert (found.processing, found.archive, found.error, found.outbox) == places


@pytest.mark.parametrize(
    "changes",
    [
        {"files": "("},
        {"manifest": "["},
        {"archive": "../error"},
        {"outbox": "."},
        {"markers": []},
        {"markers": ["done"]},
        {"complete": "guess"},
        {"processing": "a\nb"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(changes):
    with pytest.raises(ValueError, match=r"."):
        settings(**changes)
