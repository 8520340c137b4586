"""The ``sftp-writer`` against OpenSSH, where it is installed."""

import getpass

import pytest

from hub.sdk import Outcome
from hub_sftp.settings import WriterSettings
from hub_sftp.writer import SftpWriter


@pytest.fixture
async def writer(openssh, tmp_path):
    (tmp_path / "drop").mkdir()
    settings = WriterSettings(
        kind="sftp-writer",
        format="notification-csv",
        host="127.0.0.1",
        port=openssh,
        user=getpass.getuser(),
        private_key=f"file:{tmp_path}/user_key",
        known_hosts=tmp_path / "known_hosts",
        folder=str(tmp_path / "drop"),
    )
    writer = SftpWriter(settings)
    yield writer
    await writer.close()


async def test_openssh_takes_files_one_after_the_other(writer, tmp_path, make_artifact):
    body = bytes(range(256)) * 40000  # 10 MB, synthetic
    receipts = [await writer.send(make_artifact(body, f"batch-{n}")) for n in range(2)]

    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 2
    there = {path.name: path.read_bytes() for path in (tmp_path / "drop").iterdir()}
    assert there == {"batch-0.csv": body, "batch-1.csv": body}


async def test_openssh_replaces_a_file_in_one_step(writer, tmp_path, make_artifact):
    final = tmp_path / "drop" / "batch-1.csv"
    final.write_bytes(b"half")

    receipt = await writer.send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED
    assert final.read_bytes() == b"synthetic body"


async def test_openssh_without_the_folder_is_tried_again(
    writer, tmp_path, make_artifact
):
    (tmp_path / "drop").rmdir()

    receipt = await writer.send(make_artifact())

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "SFTP-007")
