"""What arrives on the server, and how, by the ``sftp-writer``."""

import asyncio
import hashlib
import subprocess
import sys

import asyncssh
import pytest

from hub.sdk import Outcome

BIG = bytes(range(256)) * 8192  # 2 MiB: many blocks, none like its neighbour's place
WATCH = """
import hashlib, pathlib, sys
final = pathlib.Path(sys.argv[1])
print("watching", flush=True)
while not final.exists():
    pass
print(hashlib.sha256(final.read_bytes()).hexdigest(), flush=True)
"""


async def test_a_file_arrives_whole_under_its_final_name(server, writer, make_artifact):
    receipt = await writer.send(make_artifact(BIG))

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.evidence == f"stored, {len(BIG)} bytes at 127.0.0.1:{server.port}"
    assert server.names() == ["batch-1.csv"]
    assert (server.root / "batch-1.csv").read_bytes() == BIG


async def test_an_empty_file_arrives(server, writer, make_artifact):
    receipt = await writer.send(make_artifact(b""))

    assert receipt.outcome is Outcome.ACCEPTED
    assert (server.root / "batch-1.csv").read_bytes() == b""


@pytest.mark.parametrize("size", [1, 32767, 32768, 32769, 65536, 200 * 32768 + 1])
async def test_no_byte_is_lost_where_blocks_meet(server, writer, make_artifact, size):
    body = (BIG * 4)[:size]

    await writer.send(make_artifact(body))

    assert (server.root / "batch-1.csv").read_bytes() == body


async def test_files_go_into_the_folder_of_the_settings(
    server, writer_to, make_artifact
):
    (server.root / "drop" / "in").mkdir(parents=True)

    await writer_to(server, folder="/drop/in").send(make_artifact())

    assert (server.root / "drop" / "in" / "batch-1.csv").exists()


async def test_the_final_name_is_not_there_before_the_file_is_complete(
    server, writer, make_artifact, gate
):
    async def hold(_files):
        if server.written > len(BIG) // 2:
            await gate(_files)

    server.faults["write"] = hold
    sending = asyncio.create_task(writer.send(make_artifact(BIG)))
    await gate.reached.wait()
    while_sending = server.names()
    gate.opened.set()
    await sending

    assert while_sending == ["batch-1.csv.part"]
    assert server.names() == ["batch-1.csv"]


async def test_another_process_never_reads_a_partial_file(
    server, writer, make_artifact
):
    """The reader opens the final name in the instant in which it appears."""
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WATCH, str(server.root / "batch-1.csv")),
        stdout=subprocess.PIPE,
    )
    await watching.stdout.readline()
    await writer.send(make_artifact(BIG))
    digest, _ = await watching.communicate()

    assert digest.decode().strip() == hashlib.sha256(BIG).hexdigest()


async def test_one_connection_serves_many_sends(server, writer, make_artifact):
    sends = [writer.send(make_artifact(name=f"batch-{n}")) for n in range(5)]
    receipts = await asyncio.gather(*sends)

    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert len(server.names()) == 5
    assert server.opened == 1


async def test_a_connection_that_the_server_ended_is_opened_again(
    server, writer, make_artifact
):
    await writer.send(make_artifact())
    await server.stop()
    await server.start()
    await asyncio.to_thread(writer._session._channel.get_transport().join, 5)
    receipt = await writer.send(make_artifact(name="batch-2"))

    assert receipt.outcome is Outcome.ACCEPTED
    assert server.opened == 2


async def test_a_second_attempt_takes_what_is_there_for_its_own(
    server, writer, make_artifact
):
    await writer.send(make_artifact())
    written = server.written
    receipt = await writer.send(make_artifact(attempt=2))

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.evidence.startswith("already there, 14 bytes")
    assert server.written == written


async def test_a_file_of_another_size_is_replaced(server, writer, make_artifact):
    (server.root / "batch-1.csv").write_bytes(b"half")

    await writer.send(make_artifact(attempt=2))

    assert (server.root / "batch-1.csv").read_bytes() == b"synthetic body"


async def test_what_earlier_attempts_left_behind_goes_away(
    server, writer, make_artifact
):
    for name in ("batch-1.csv.part", "batch-1.csv.2.part"):
        (server.root / name).write_bytes(bytes(9999))

    await writer.send(make_artifact(attempt=3))

    assert server.names() == ["batch-1.csv"]


async def test_a_leftover_of_the_same_attempt_is_written_over(
    server, writer, make_artifact
):
    (server.root / "batch-1.csv.part").write_bytes(bytes(9999))

    await writer.send(make_artifact())

    assert server.names() == ["batch-1.csv"]
    assert (server.root / "batch-1.csv").read_bytes() == b"synthetic body"


async def test_a_server_without_atomic_replacement_still_renames(
    server, writer, make_artifact
):
    async def unsupported(_files):
        raise asyncssh.SFTPOpUnsupported("synthetic")

    server.faults["posix_rename"] = unsupported
    receipt = await writer.send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED
    assert server.names() == ["batch-1.csv"]


async def test_a_password_signs_in(server, writer_to, make_artifact, monkeypatch):
    monkeypatch.setenv("MADE_UP", "made-up password")

    receipt = await writer_to(server, password="env:MADE_UP").send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp384", "ssh-rsa"])
async def test_the_server_shows_the_kind_of_key_that_is_pinned(
    server, writer_to, make_artifact, kind
):
    """Also where it has another key that it would rather show."""
    await server.stop()
    pinned = asyncssh.generate_private_key(kind)
    other = "ssh-rsa" if kind == "ssh-ed25519" else "ssh-ed25519"
    server.host_keys = [asyncssh.generate_private_key(other), pinned]
    await server.start()
    server.pin(pinned)

    receipt = await writer_to(server).send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED
