"""What happens on the way: F60 to F63, F66, and what servers list that is no file.

All data is synthetic.
"""

import asyncio
import hashlib
import os
import time
from pathlib import Path

import asyncssh
import pytest
from structlog.testing import capture_logs

from hub_sftp.fetching import fetcher, poller, wire

POLL_SECONDS = 0.03
BODY = hashlib.shake_256(b"synthetic").digest(600_000)  # a thread fetches it


def names(hub):
    return [listed.path.rpartition("/")[2] for listed, _ in hub.desk.delivered]


def failing(error, times=10**9):
    left = iter(range(times))

    async def fault(_who):
        if next(left, None) is not None:
            raise error

    return fault


@pytest.fixture
def hub(hub_of, poller_of):
    return hub_of(poller_of())


def codes(logs, event):
    return [each.get("error_code") for each in logs if each["event"] == event]


def wait_for_bytes(desk, size):
    (ticket,) = desk._tickets.values()
    while Path(ticket.spool).stat().st_size < size:
        time.sleep(0.001)


@pytest.mark.parametrize("blocks", [0, 1, 7, 15])
async def test_a_download_that_is_cut_goes_on_where_it_was(
    server, partner, hub, blocks
):
    """F61: the bytes that came are not asked for again, and none is there twice."""
    asked = iter(range(1000))

    async def cut_once(files):
        if next(asked) == blocks:
            await asyncio.to_thread(wait_for_bytes, hub.desk, blocks * 32768)
            server.faults = {"open": forget}
            await server.cut(files)

    async def forget(_files):
        server.read = 0

    server.faults["read"] = cut_once
    partner.put("a.csv", BODY)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY]
    assert [error.code for error in hub.failures] == ["SFTP-004"]
    assert server.read == len(BODY) - blocks * 32768


async def test_a_server_that_is_killed_in_a_download_is_waited_for(
    server, partner, hub, gate
):
    server.faults["read"] = gate
    partner.put("a.csv", BODY)

    async with hub.running():
        await gate.reached.wait()
        await server.stop()
        server.faults.clear()
        await server.start()
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY]
    assert {error.code for error in hub.failures} <= {"SFTP-001", "SFTP-004"}


async def test_a_file_that_is_replaced_while_it_is_read_is_fetched_anew(
    server, partner, hub
):
    """F62: neither a mixture of both nor the first one is delivered."""
    replaced = []

    async def replace(_files):
        if not replaced:
            replaced.append(1)
            partner.put("b.csv", b"new\n").rename(partner.path("a.csv", "processing"))

    server.faults["read"] = replace
    partner.put("a.csv", BODY)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [b"new\n"]


async def test_a_file_that_shrinks_while_it_is_read_is_fetched_anew(
    server, partner, hub
):
    async def shrink(_files):
        server.faults.clear()
        os.truncate(partner.path("a.csv", "processing"), 7)

    server.faults["read"] = shrink
    partner.put("a.csv", BODY)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY[:7]]


@pytest.mark.parametrize("operation", ["rename", "lstat"])
async def test_a_file_that_is_deleted_before_it_is_read_is_skipped(
    server, partner, hub, operation
):
    gone = asyncio.Event()

    async def delete(_files):
        partner.path("a.csv").unlink(missing_ok=True)
        gone.set()

    server.faults[operation] = delete
    partner.put("a.csv")

    async with hub.running():
        await gone.wait()
        await hub.polled(1)
        server.faults.clear()
        partner.put("b.csv")
        await hub.until(lambda: names(hub))

    assert names(hub) == ["b.csv"]
    assert not hub.failures


async def test_a_new_file_of_an_old_name_is_another_file(partner, hub):
    """F62: while the first one is still in processing, too."""
    partner.put("a.csv", b"first\n")

    async with hub.running():
        await hub.until(lambda: names(hub))
        partner.put("a.csv", b"the second\n")
        await hub.until(lambda: len(names(hub)) == 2)
        for number in (1, 0):
            await hub.answer(number=number)
        await hub.until(lambda: len(hub.desk.finished) == 2)

    assert hub.bodies() == [b"first\n", b"the second\n"]
    assert partner.names("archive") == ["a.2.csv", "a.csv"]
    assert partner.names("inbox") == partner.names("processing") == []


async def test_a_claim_that_succeeded_though_the_server_says_not_is_one(
    server, partner, hub
):
    """After an error both names are looked at (F62)."""

    async def rename_and_fail(_files):
        partner.path("a.csv").rename(partner.path("a.csv", "processing"))
        raise asyncssh.SFTPFailure("synthetic")

    server.faults["rename"] = rename_and_fail
    partner.put("a.csv", BODY)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY]
    assert not hub.failures


async def test_a_claim_without_answer_is_found_in_processing(server, partner, hub):
    async def rename_and_cut(files):
        server.faults.clear()
        partner.path("a.csv").rename(partner.path("a.csv", "processing"))
        await server.cut(files)

    server.faults["rename"] = rename_and_cut
    partner.put("a.csv", BODY)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY]
    assert hub.desk.delivered[0][0].path == "inbox/a.csv"


async def test_a_claim_that_is_denied_is_said_once_and_tried_again(
    server, partner, hub
):
    server.faults["rename"] = failing(asyncssh.SFTPPermissionDenied("synthetic"))
    partner.put("a.csv")

    with capture_logs() as logs:
        async with hub.running():
            await hub.polled()
            said = codes(logs, "file.postponed")
            server.faults.clear()
            await hub.until(lambda: names(hub))

    assert said == ["FILE-009"]


async def test_a_file_that_must_not_be_moved_is_fetched_where_it_is(
    server, partner, hub_of, poller_of
):
    hub = hub_of(poller_of(claim="record"))
    server.faults["rename"] = failing(asyncssh.SFTPPermissionDenied("synthetic"))
    partner.put("a.csv", BODY)

    async with hub.running():
        await hub.until(lambda: names(hub))
        await hub.answer(replies=())
        await hub.until(lambda: hub.desk.finished)

    assert partner.tree() == ["inbox/a.csv"]
    assert not hub.failures


async def test_a_file_that_may_not_be_read_holds_up_no_other(server, partner, hub):
    server.faults["read"] = failing(asyncssh.SFTPPermissionDenied("synthetic"), 1)
    for name in ("a.csv", "b.csv"):
        partner.put(name, name.encode())

    with capture_logs() as logs:
        async with hub.running():
            await hub.until(lambda: len(names(hub)) == 2)

    assert sorted(names(hub)) == ["a.csv", "b.csv"]
    assert codes(logs, "file.postponed") == ["FILE-006"]
    assert not hub.failures


async def test_a_server_that_fails_in_reading_is_asked_again(server, partner, hub):
    server.faults["read"] = failing(asyncssh.SFTPFailure("synthetic"), 1)
    partner.put("a.csv", BODY)

    with capture_logs() as logs:
        async with hub.running():
            await hub.until(lambda: names(hub))

    assert hub.bodies() == [BODY]
    assert codes(logs, "file.postponed") == ["FILE-007"]
    assert not hub.failures


async def test_an_inbox_that_is_missing_is_waited_for(partner, hub):
    partner.path("").rmdir()

    async with hub.running():
        await hub.failed.wait()
        partner.put("a.csv")
        await hub.until(lambda: names(hub))

    assert {error.code for error in hub.failures} == {"FILE-008"}


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe"])
async def test_what_is_no_file_is_refused_by_its_type(partner, hub, kind):
    path = partner.path("a.csv")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        target = partner.put("secret", folder="home") if kind == "link" else "missing"
        path.symlink_to(target)

    async with hub.running():
        await hub.until(lambda: hub.desk.refused)
        await hub.answer("error", listed=hub.desk.refused[0][0])
        await hub.until(lambda: hub.desk.finished)
        await hub.polled()

    assert [error.code for _, error in hub.desk.refused] == ["FILE-001"]
    assert not hub.desk.delivered
    assert partner.names("error") == ["a.csv"]


async def test_a_folder_is_not_touched(partner, hub):
    (partner.path("") / "a.csv").mkdir()

    async with hub.running():
        await hub.polled()

    assert (partner.path("") / "a.csv").is_dir()
    assert not hub.desk.refused


async def test_a_link_that_takes_the_place_of_a_file_is_not_followed(
    server, partner, hub
):
    async def replace(_files):
        if server.read == 0 and partner.path("a.csv", "processing").exists():
            partner.path("a.csv", "processing").unlink()
            partner.path("a.csv", "processing").symlink_to("/etc/passwd")

    server.faults["lstat"] = replace
    partner.put("a.csv")

    async with hub.running():
        await hub.polled()

    assert not hub.desk.delivered


async def test_a_sparse_giant_is_refused_by_its_size(partner, hub_of, poller_of):
    hub = hub_of(poller_of(gate={"max_mebibytes": 1}))
    os.truncate(partner.put("a.csv"), 1 << 40)

    async with hub.running():
        await hub.until(lambda: hub.desk.refused)

    assert [error.code for _, error in hub.desk.refused] == ["FILE-002"]


REFUSED = [b"/etc/passwd", b"a/b.csv", b"C:\\b.csv", b"a\x1bb.csv", b"x" * 4096,
           b"a\nb.csv", b"a.csv\n"]  # fmt: skip
#: Hidden ones, and those that match no pattern, are not even spoken of.
IGNORED = [b"../../outside.csv", b"..\\b.csv", b"", b"."]
NAMES = [*REFUSED, *IGNORED]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_a_name_that_a_malicious_server_lists_is_never_asked_for(
    server, hub, monkeypatch, name
):
    asked = []
    real = wire.request

    def request(kind, number, *strings, **rest):
        asked.extend(strings)
        return real(kind, number, *strings, **rest)

    monkeypatch.setattr(wire, "request", request)
    attrs = asyncssh.SFTPAttrs(size=10, permissions=0o100644, atime=1, mtime=1)
    server.besides[b"inbox"] = [asyncssh.SFTPName(name, b"shown", attrs)]

    async with hub.running():
        await hub.polled(1)
        for listed, _ in hub.desk.refused:
            await hub.answer("error", listed=listed, replies=())
        await hub.until(lambda: len(hub.desk.finished) == len(hub.desk.refused))

    wanted = ["FILE-003"] if name in REFUSED else []
    assert [error.code for _, error in hub.desk.refused] == wanted
    assert not [each for each in asked if len(name) > 1 and name in each]
    assert set(asked) <= {b"inbox", b"processing", *handles(asked)}
    assert not hub.desk.delivered


def handles(asked):
    return {each for each in asked if len(each) == 4}


ODD = [b"M\xfcller.csv", "e\u0301.csv".encode(), "é.csv".encode(), b"A.CSV", b"a.csv",
       b"CON", b"trailing.", b"trailing ", b"-rf", b"x" * 255]  # fmt: skip


async def test_odd_names_are_data(partner, hub):
    """No UTF-8, twins by case and by normal form, names that mean something elsewhere.

    Every one is fetched, answered, and moved as itself.
    """
    for number, raw in enumerate(ODD):
        partner.put(os.fsdecode(raw), b"%d" % number)

    async with hub.running():
        await hub.until(lambda: len(names(hub)) == len(ODD))
        for number in range(len(ODD)):
            await hub.answer(number=number)
        await hub.until(lambda: len(hub.desk.finished) == len(ODD))

    archived = [os.fsencode(name) for name in partner.names("archive")]
    assert sorted(archived) == sorted(ODD)
    assert sorted(hub.bodies()) == sorted(b"%d" % number for number in range(len(ODD)))


@pytest.mark.parametrize("seconds", [0, 2**32 - 1])
async def test_the_time_of_a_file_is_compared_with_nothing(partner, hub, seconds):
    """F66: from 1970 to 2106, a file is a file."""
    os.utime(partner.put("a.csv"), (seconds, seconds))

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.desk.delivered[0][0].modified == seconds


async def test_a_server_that_lists_sizes_nowhere_is_asked_for_each(
    server, partner, hub
):
    partner.put("a.csv", folder="elsewhere")
    attrs = asyncssh.SFTPAttrs()
    server.besides[b"inbox"] = [asyncssh.SFTPName(b"a.csv", b"shown", attrs)]
    partner.path("a.csv", "elsewhere").rename(partner.path("a.csv"))

    async with hub.running():
        await hub.until(lambda: names(hub))
        await hub.polled()

    assert names(hub) == ["a.csv"]


async def test_many_files_that_arrive_while_listing_are_all_fetched(
    server, partner, hub
):
    arrived = iter(range(25))

    async def arrive(_files):
        if (number := next(arrived, None)) is not None:
            partner.put(f"{number}.csv", b"%d\n" % number)

    server.faults["scandir"] = arrive

    async with hub.running():
        await hub.until(lambda: len(names(hub)) == 25, 20)

    assert len(set(names(hub))) == 25


async def test_an_answer_that_is_no_sftp_ends_the_connection(partner, hub, monkeypatch):
    partner.put("a.csv")
    first = []
    real = poller.RemoteShelf.entries

    def garbled(shelf, folder):
        if not first:
            first.append(1)
            shelf._session.open()
            shelf._session._channel.sendall(b"\x00\x00\x00\x05\xc8\x00\x00\x00\x09")
        return real(shelf, folder)

    monkeypatch.setattr(poller.RemoteShelf, "entries", garbled)

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert [error.code for error in hub.failures] == ["SFTP-022"]


async def test_a_refused_sign_in_is_not_tried_again_soon(
    server, hub_of, poller_of, monkeypatch
):
    """Accounts get locked by those who try again and again."""
    tries = []

    async def take_note(_door):
        tries.append(1)

    monkeypatch.setenv("MADE_UP", "another password")
    server.faults["sign-in"] = take_note
    hub = hub_of(poller_of(password="env:MADE_UP"))

    async with hub.running():
        await hub.failed.wait()
        await asyncio.sleep(10 * POLL_SECONDS)  # time to try again, and nothing comes

    assert len(tries) == 1
    assert [error.code for error in hub.failures] == ["SFTP-020"]
    assert hub.failures[0].detail == "SFTP-014"
    assert hub.failures[0].retry_after_seconds >= 900


async def test_it_signs_in_again_after_the_pause(
    server, partner, hub_of, poller_of, monkeypatch
):
    monkeypatch.setattr(poller.SignInPausedError, "retry_after_seconds", 0.2)
    keys = server.authorized.read_bytes()
    source = poller_of()
    allowed = server.authorized.read_bytes()
    server.authorized.write_bytes(keys)
    await server.stop()
    await server.start()
    hub = hub_of(source)

    async with hub.running():
        await hub.failed.wait()
        server.authorized.write_bytes(allowed)
        await server.stop()
        await server.start()
        partner.put("a.csv")
        await hub.until(lambda: names(hub))

    assert "SFTP-020" in {error.code for error in hub.failures}


async def test_small_files_take_no_process(partner, hub, monkeypatch):
    monkeypatch.setattr(fetcher.Downloader, "fetch", None)
    partner.put("a.csv", bytes(fetcher.LARGE - 1))

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert hub.bodies() == [bytes(fetcher.LARGE - 1)]


async def test_keys_that_expire_are_looked_after(partner, hub, monkeypatch):
    looks = []
    monkeypatch.setattr(
        poller.KeyWatch, "look", lambda *_what, **who: looks.append(who)
    )
    partner.put("a.csv")

    async with hub.running():
        await hub.until(lambda: names(hub))

    assert looks[0] == {"source": hub.inbox.feed}
