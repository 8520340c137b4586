"""The payer's server against real SSH clients on loopback."""

import stat
import sys

import asyncssh
import pytest

from hub.demo.errors import AsyncsshMissingError
from hub.demo.payer import USER, Payer, Row

NOTICES = (  # synthetic
    "EventID,EventType,SubscriberPatientID,VisitNumber\r\n"
    "e1,encounter.admitted,PA-1,0001\r\n"
    "e2,encounter.transferred,PA-1,0001\r\n"
)


@pytest.fixture
async def payer(tmp_path):
    async with Payer(tmp_path) as payer:
        yield payer


def connect(payer, **options):
    settings = {
        "username": USER,
        "known_hosts": str(payer.known_hosts),
        "client_keys": [str(payer.private_key)],
        "config": None,
    }
    return asyncssh.connect("127.0.0.1", payer.port, **(settings | options))


async def test_takes_a_file_from_the_holder_of_the_key(payer, tmp_path):
    (tmp_path / "n.csv").write_text(NOTICES, encoding="utf-8", newline="")
    async with connect(payer) as connection, connection.start_sftp_client() as sftp:
        await sftp.put(str(tmp_path / "n.csv"), "notifications/n.csv.part")
        before = payer.tables()
        await sftp.posix_rename("notifications/n.csv.part", "notifications/n.csv")

    assert before == []
    assert payer.tables() == ["n.csv"]
    assert payer.read() == [
        Row("n.csv", "e1", "encounter.admitted", "PA-1", "0001"),
        Row("n.csv", "e2", "encounter.transferred", "PA-1", "0001"),
    ]


async def test_refuses_another_key(payer):
    stranger = asyncssh.generate_private_key("ssh-ed25519")

    with pytest.raises(asyncssh.PermissionDenied):
        await connect(payer, client_keys=[stranger])


async def test_refuses_a_password(payer):
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(payer, client_keys=None, password="carehub")


async def test_is_the_host_that_known_hosts_names(payer, tmp_path):
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key()
    (tmp_path / "other").write_bytes(f"[127.0.0.1]:{payer.port} ".encode() + stranger)

    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        await connect(payer, known_hosts=str(tmp_path / "other"))


async def test_shows_nothing_outside_its_folder(payer):
    async with connect(payer) as connection, connection.start_sftp_client() as sftp:
        names = await sftp.listdir("/../../")

    assert set(names) - {".", ".."} == {"notifications", "x12", "inbox", "outbox"}


def test_drops_a_file_whole_under_its_own_name(payer):
    payer.drop("roster-01.csv", b"all of it")

    assert [each.name for each in payer.inbox.iterdir()] == ["roster-01.csv"]
    assert (payer.inbox / "roster-01.csv").read_bytes() == b"all of it"


async def test_keeps_its_keys_to_itself(payer):
    keys = payer.private_key.parent

    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    for file in keys.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_says_how_to_get_asyncssh(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncssh", None)

    with pytest.raises(AsyncsshMissingError, match=r"DEMO-001.*carehub\[demo\]"):
        async with Payer(tmp_path):
            pass
