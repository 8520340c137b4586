"""Answers reach the partner whole, and files their place, or somebody hears of it.

All data is synthetic.
"""

import os
from datetime import UTC, datetime

import asyncssh
import pytest
from structlog.testing import capture_logs

from hub_sftp.fetching import poller, putting_away


@pytest.fixture
def hub(hub_of, poller_of, partner):
    partner.put("a.csv", b"original\n")
    return hub_of(poller_of())


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(poller, "_SPARE_SECONDS", 0.05)


async def delivered(hub):
    await hub.until(lambda: hub.desk.delivered)


async def finished(hub, count=1):
    await hub.until(lambda: len(hub.desk.finished) >= count)


def denied():
    async def fault(_who):
        raise asyncssh.SFTPPermissionDenied("synthetic")

    return fault


async def test_a_file_goes_to_the_month_of_its_answer(partner, hub):
    async with hub.running():
        await delivered(hub)
        await hub.answer()
        await finished(hub)

    month = f"{datetime.now(UTC):%Y/%m}"
    assert partner.tree() == [f"archive/{month}/a.csv", "outbox/x-0.response.csv"]


async def test_a_move_that_is_denied_is_said_once_and_nothing_is_fetched_again(
    server, partner, hub
):
    """F63: the ledger knows that the file was here."""
    with capture_logs() as logs:
        async with hub.running():
            await delivered(hub)
            server.faults["rename"] = denied()
            await hub.answer(replies=())
            await hub.polled(8)
            before = list(hub.desk.finished)
            server.faults.clear()
            await finished(hub)

    said = [each for each in logs if each["event"] == "file.kept_back"]
    assert [each["error_code"] for each in said] == ["FILE-009"]
    assert before == []
    assert len(hub.desk.delivered) == 1
    assert partner.names("archive") == ["a.csv"]
    assert not hub.failures


async def test_an_answer_that_cannot_be_given_holds_up_no_other(partner, hub):
    partner.put("b.csv", b"other\n")

    async with hub.running():
        await hub.until(lambda: len(hub.desk.delivered) == 2)
        await hub.answer(number=0, replies=(("../x", b"unsafe"),))
        await hub.answer(number=1)
        await finished(hub)

    assert [answer.exchange for answer in hub.desk.finished] == ["x-1"]
    assert "outbox/x-1.response.csv" in partner.tree()
    assert not partner.path("x", "").exists()


async def test_a_reply_that_cannot_be_written_keeps_the_file(server, partner, hub):
    async with hub.running():
        await delivered(hub)
        server.faults["write"] = denied()
        await hub.answer()
        await hub.polled(5)
        before = partner.tree()
        server.faults.clear()
        await finished(hub)

    assert before == ["processing/a.csv"]
    assert partner.names("outbox") == ["x-0.response.csv"]


async def test_a_reply_cut_halfway_is_whole_or_not_there(server, partner, hub):
    async def cut(files):
        server.faults.clear()
        await server.cut(files)

    async with hub.running():
        await delivered(hub)
        server.faults["write"] = cut
        await hub.answer()
        await finished(hub)

    assert partner.replies() == {"x-0.response.csv": b"ok\n"}


async def test_a_reply_whose_rename_was_not_answered_is_there_once(
    server, partner, hub
):
    async def rename_and_cut(files):
        server.faults.clear()
        folder = partner.root / "outbox"
        (folder / ".x-0.response.csv.tmp").rename(folder / "x-0.response.csv")
        await server.cut(files)

    async with hub.running():
        await delivered(hub)
        server.faults["rename"] = rename_and_cut
        await hub.answer()
        await finished(hub)

    assert partner.replies() == {"x-0.response.csv": b"ok\n"}


async def test_nothing_in_the_archive_is_overwritten(partner, hub):
    folder = partner.root / "archive" / f"{datetime.now(UTC):%Y/%m}"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"another\n")

    async with hub.running():
        await delivered(hub)
        await hub.answer()
        await finished(hub)

    there = {each.name: each.read_bytes() for each in folder.iterdir()}
    assert there == {"a.csv": b"another\n", "a.2.csv": b"original\n"}


async def test_a_file_for_which_there_is_no_name_left_is_kept_back(
    partner, hub, monkeypatch
):
    monkeypatch.setattr(putting_away, "_MOST_NAMES", 2)
    partner.put("a.csv", b"another\n", "error")

    with capture_logs() as logs:
        async with hub.running():
            await delivered(hub)
            await hub.answer("error", replies=())
            await hub.polled()

    said = [
        each.get("error_code") for each in logs if each["event"] == "file.kept_back"
    ]
    assert said == ["FILE-010"]
    assert partner.names("processing") == ["a.csv"]


async def test_a_file_that_somebody_took_away_is_answered_all_the_same(partner, hub):
    async with hub.running():
        await delivered(hub)
        partner.path("a.csv", "processing").unlink()
        await hub.answer()
        await finished(hub)

    assert partner.tree() == ["outbox/x-0.response.csv"]


async def test_folders_that_somebody_deleted_are_made_again(partner, hub):
    async with hub.running():
        await delivered(hub)
        await hub.answer("error")
        await finished(hub)
        partner.path("a.csv", "error").unlink()
        partner.path("", "error").rmdir()
        partner.put("b.csv")
        await hub.until(lambda: len(hub.desk.delivered) == 2)
        await hub.answer("error", number=1)
        await finished(hub, 2)

    assert partner.names("error") == ["b.csv"]


async def test_an_answer_waits_for_no_poll(partner, hub_of, poller_of):
    hub = hub_of(poller_of(poll_seconds=600))
    partner.put("a.csv")

    async with hub.running():
        await delivered(hub)
        await hub.answer()
        await finished(hub)

    assert partner.names("archive") == ["a.csv"]


async def test_a_server_whose_times_change_with_a_move_is_followed(partner, hub):
    async with hub.running():
        await delivered(hub)
        os.utime(partner.path("a.csv", "processing"), (5, 5))
        await hub.answer(replies=())
        await finished(hub)

    assert partner.names("archive") == ["a.csv"]
