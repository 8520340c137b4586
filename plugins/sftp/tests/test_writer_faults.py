"""What the ``sftp-writer`` says and leaves behind when something is wrong."""

import asyncio
import os
from contextlib import suppress

import asyncssh
import pytest

from hub.sdk import HubError, Outcome
from hub_sftp import client

BODY = bytes(range(256)) * 4096  # 1 MiB, synthetic


async def failed(sending, code, outcome=Outcome.RETRYABLE, *, blames_route=False):
    receipt = await sending

    assert (receipt.outcome, receipt.error_code) == (outcome, code)
    assert receipt.blames_route is blames_route
    assert code in HubError.catalogue


def failing(error):
    async def fault(_who):
        raise error

    return fault


async def test_a_server_that_is_down_is_tried_again(server, writer, make_artifact):
    await server.stop()
    await failed(writer.send(make_artifact()), "SFTP-001")
    await server.start()
    receipt = await writer.send(make_artifact(attempt=2))

    assert receipt.outcome is Outcome.ACCEPTED


async def test_a_host_name_that_is_not_known_is_tried_again(
    server, writer_to, make_artifact
):
    server.pin(server.host_key, f"[no..host]:{server.port}")

    await failed(writer_to(server, host="no..host").send(make_artifact()), "SFTP-002")


async def test_a_server_that_says_nothing_is_tried_again(
    server, writer_to, make_artifact
):
    async def say_nothing(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        server.pin(server.host_key, f"[127.0.0.1]:{port}")
        writer = writer_to(server, port=port, connect_timeout_seconds=0.3)

        await failed(writer.send(make_artifact()), "SFTP-003")


async def test_a_server_that_hangs_up_is_tried_again(server, writer_to, make_artifact):
    async def hang_up(_reader, writer):
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as rude:
        port = rude.sockets[0].getsockname()[1]
        server.pin(server.host_key, f"[127.0.0.1]:{port}")

        await failed(writer_to(server, port=port).send(make_artifact()), "SFTP-004")


async def test_a_sign_in_without_answer_is_not_taken_for_a_refusal(
    server, writer_to, make_artifact, gate, monkeypatch
):
    monkeypatch.setenv("MADE_UP", "made-up password")
    server.faults["sign-in"] = gate
    settings = {"password": "env:MADE_UP", "connect_timeout_seconds": 0.5}

    await failed(writer_to(server, **settings).send(make_artifact()), "SFTP-003")


async def test_a_connection_lost_while_signing_in_is_not_taken_for_a_refusal(
    server, writer_to, make_artifact, monkeypatch
):
    async def cut(door):
        door.connection.abort()

    monkeypatch.setenv("MADE_UP", "made-up password")
    server.faults["sign-in"] = cut
    writer = writer_to(server, password="env:MADE_UP")

    await failed(writer.send(make_artifact()), "SFTP-004")


async def test_an_upload_cut_halfway_never_gets_the_final_name(
    server, writer, make_artifact
):
    async def cut_halfway(files):
        if server.written > len(BODY) // 2:
            await server.cut(files)

    server.faults["write"] = cut_halfway
    await failed(writer.send(make_artifact(BODY)), "SFTP-004")
    after_the_cut = server.names()
    server.faults.clear()
    receipt = await writer.send(make_artifact(BODY, attempt=2))

    assert after_the_cut == ["batch-1.csv.part"]
    assert receipt.outcome is Outcome.ACCEPTED
    assert server.names() == ["batch-1.csv"]
    assert (server.root / "batch-1.csv").read_bytes() == BODY


async def test_a_server_killed_in_an_upload_gets_it_when_it_is_up_again(
    server, writer, make_artifact, gate
):
    server.faults["write"] = gate
    sending = asyncio.create_task(writer.send(make_artifact(BODY)))
    await gate.reached.wait()
    await server.stop()
    await failed(sending, "SFTP-004")
    server.faults.clear()
    await server.start()
    receipt = await writer.send(make_artifact(BODY, attempt=2))

    assert receipt.outcome is Outcome.ACCEPTED
    assert (server.root / "batch-1.csv").read_bytes() == BODY


async def test_a_server_that_stops_answering_is_tried_again(
    server, writer, make_artifact, gate, monkeypatch
):
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.3)
    server.faults["write"] = gate

    await failed(writer.send(make_artifact()), "SFTP-003")


async def test_a_full_disk_is_tried_again_and_leaves_nothing(
    server, writer, make_artifact
):
    server.faults["write"] = failing(asyncssh.SFTPFailure("No space left on device"))

    await failed(writer.send(make_artifact(BODY)), "SFTP-005")
    assert server.names() == []


async def test_one_block_that_was_not_written_is_noticed(server, writer, make_artifact):
    """The file then has the right size and a hole, which no check of sizes sees."""
    blocks = iter(range(100))

    async def lose_the_fifth(_files):
        if next(blocks) == 4:
            raise asyncssh.SFTPFailure("synthetic")

    server.faults["write"] = lose_the_fifth

    await failed(writer.send(make_artifact(BODY)), "SFTP-005")
    assert server.names() == []


async def test_a_folder_that_is_read_only_is_tried_again(server, writer, make_artifact):
    server.faults["open"] = failing(asyncssh.SFTPPermissionDenied("synthetic"))

    await failed(writer.send(make_artifact()), "SFTP-006")


async def test_a_folder_that_is_missing_is_tried_again(
    server, writer_to, make_artifact
):
    writer = writer_to(server, folder="missing")

    await failed(writer.send(make_artifact()), "SFTP-007")


async def test_a_file_that_shrank_on_the_server_is_tried_again(
    server, writer, make_artifact
):
    async def shrink(_files):
        os.truncate(server.root / "batch-1.csv.part", 5)

    server.faults["stat"] = shrink

    await failed(writer.send(make_artifact()), "SFTP-008")
    assert server.names() == []


async def test_a_rename_without_answer_is_unknown(server, writer, make_artifact):
    server.faults["posix_rename"] = server.cut

    await failed(writer.send(make_artifact()), "SFTP-009", Outcome.UNKNOWN)


async def test_a_rename_answered_too_late_is_unknown(
    server, writer, make_artifact, gate, monkeypatch
):
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.3)
    server.faults["posix_rename"] = gate

    await failed(writer.send(make_artifact()), "SFTP-009", Outcome.UNKNOWN)


async def test_after_an_unknown_rename_the_file_is_found_and_not_sent_again(
    server, writer, make_artifact
):
    async def rename_then_cut(files):
        (server.root / "batch-1.csv.part").rename(server.root / "batch-1.csv")
        await server.cut(files)

    server.faults["posix_rename"] = rename_then_cut
    await failed(writer.send(make_artifact()), "SFTP-009", Outcome.UNKNOWN)
    server.faults.clear()
    written = server.written
    receipt = await writer.send(make_artifact(attempt=2))

    assert receipt.outcome is Outcome.ACCEPTED
    assert server.written == written


async def test_a_rename_that_is_refused_is_tried_again_and_leaves_nothing(
    server, writer, make_artifact
):
    for operation in ("posix_rename", "rename"):
        server.faults[operation] = failing(asyncssh.SFTPFailure("synthetic"))

    await failed(writer.send(make_artifact()), "SFTP-010")
    assert server.names() == []


async def test_a_rename_that_is_denied_is_tried_again(server, writer, make_artifact):
    denied = asyncssh.SFTPPermissionDenied("synthetic")
    server.faults["posix_rename"] = failing(denied)

    await failed(writer.send(make_artifact()), "SFTP-010")


async def test_an_unknown_server_gets_nothing(server, writer, make_artifact):
    server.pin(server.host_key, "[127.0.0.1]:1")

    await failed(writer.send(make_artifact()), "SFTP-011", blames_route=True)
    assert server.opened == 0


async def test_a_server_with_another_key_gets_nothing(server, writer, make_artifact):
    server.pin(asyncssh.generate_private_key("ssh-ed25519"))

    await failed(writer.send(make_artifact()), "SFTP-012", blames_route=True)
    assert server.names() == []


async def test_a_server_with_a_key_of_another_kind_gets_nothing(
    server, writer, make_artifact
):
    server.pin(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))

    await failed(writer.send(make_artifact()), "SFTP-012", blames_route=True)


async def test_a_key_that_is_pinned_later_is_used_without_a_restart(
    server, writer, make_artifact
):
    server.pin(server.host_key, "[127.0.0.1]:1")
    await failed(writer.send(make_artifact()), "SFTP-011", blames_route=True)
    server.pin(server.host_key)
    receipt = await writer.send(make_artifact(attempt=2))

    assert receipt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "text",
    [
        b"[127.0.0.1]:22 ssh-ed25519 AAAA=A\n",
        b"\xff\xfe\n",
        b"@revoked [127.0.0.1]:22 ssh-ed25519 AAAA\n",
        None,
    ],
)
async def test_a_known_hosts_file_that_cannot_be_used_blames_the_route(
    server, writer, make_artifact, text
):
    server.known_hosts.unlink()
    if text is not None:
        server.known_hosts.write_bytes(text)

    await failed(writer.send(make_artifact()), "SFTP-013", blames_route=True)


async def test_a_user_key_that_is_refused_blames_the_route(
    server, writer_to, make_artifact, tmp_path
):
    key = tmp_path / "other"
    key.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    writer = writer_to(server, private_key=f"file:{key}")

    await failed(writer.send(make_artifact()), "SFTP-014", blames_route=True)


async def test_a_password_that_is_refused_blames_the_route(
    server, writer_to, make_artifact, monkeypatch
):
    monkeypatch.setenv("MADE_UP", "another password")
    writer = writer_to(server, password="env:MADE_UP")

    await failed(writer.send(make_artifact()), "SFTP-014", blames_route=True)


@pytest.mark.parametrize(
    "options",
    [
        {"encryption_algs": ["aes128-cbc"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1"]},
    ],
)
async def test_a_server_with_broken_algorithms_only_is_refused(
    server, writer, make_artifact, options
):
    await server.stop()
    server.options.update(options)
    await server.start()

    await failed(writer.send(make_artifact()), "SFTP-015", blames_route=True)


async def test_a_server_without_sftp_blames_the_route(server, writer, make_artifact):
    await server.stop()
    server.options["sftp_factory"] = None
    await server.start()

    await failed(writer.send(make_artifact()), "SFTP-016", blames_route=True)


@pytest.mark.parametrize("changes", [{"suffix": "/x.csv"}, {"name": "../x"}])
async def test_a_name_with_a_path_in_it_is_refused(
    server, writer, make_artifact, changes
):
    sending = writer.send(make_artifact(**changes))

    await failed(sending, "SFTP-018", Outcome.PERMANENT)
    assert server.names() == []


@pytest.mark.parametrize("operation", ["open", "write", "posix_rename"])
async def test_a_send_after_a_cancelled_one_is_not_held_up(
    server, writer, make_artifact, gate, operation
):
    """The server never answers the first, and its thread is left waiting."""
    server.faults[operation] = gate
    sending = asyncio.create_task(writer.send(make_artifact(BODY)))
    await gate.reached.wait()
    sending.cancel()
    await asyncio.wait({sending})
    server.faults.clear()
    async with asyncio.timeout(5):
        receipt = await writer.send(make_artifact(BODY, attempt=2))

    assert sending.cancelled()
    assert receipt.outcome is Outcome.ACCEPTED
    assert (server.root / "batch-1.csv").read_bytes() == BODY


async def test_a_rename_that_the_server_does_late_moves_no_half_file(
    server, writer, make_artifact, gate
):
    """A slow server gets to the first attempt's rename in the midst of the second."""
    server.faults["posix_rename"] = server.cut
    await failed(writer.send(make_artifact(BODY)), "SFTP-009", Outcome.UNKNOWN)
    server.faults = {"write": gate}
    second = asyncio.create_task(writer.send(make_artifact(BODY, attempt=2)))
    await gate.reached.wait()
    with suppress(FileNotFoundError):
        (server.root / "batch-1.csv.part").rename(server.root / "batch-1.csv")
    after_the_rename = server.names()
    gate.opened.set()
    receipt = await second

    assert "batch-1.csv" not in after_the_rename
    assert receipt.outcome is Outcome.ACCEPTED
    assert server.names() == ["batch-1.csv"]


async def test_closing_ends_a_send_that_is_under_way(
    server, writer, make_artifact, gate
):
    server.faults["write"] = gate
    sending = asyncio.create_task(writer.send(make_artifact(BODY)))
    await gate.reached.wait()
    await writer.close()

    await failed(sending, "SFTP-004")
