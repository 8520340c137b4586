"""Both destinations keep the contract that the hub relies on."""

import pytest

from hub.testing import DestinationContract
from hub_sftp.folder import Folder
from hub_sftp.settings import FolderSettings


def bodies_in(folder):
    return lambda: [path.read_bytes() for path in folder.iterdir() if path.is_file()]


class TestFolder(DestinationContract):
    deduplicates = True

    @pytest.fixture
    def destination(self, tmp_path):
        return folder(tmp_path / "out")

    @pytest.fixture
    def received(self, tmp_path):
        return bodies_in(tmp_path / "out")

    @pytest.fixture
    def unreachable(self, tmp_path):
        (tmp_path / "file").touch()
        return folder(tmp_path / "file" / "out")


class TestSftpWriter(DestinationContract):
    deduplicates = True

    @pytest.fixture
    def destination(self, writer):
        return writer

    @pytest.fixture
    def received(self, server):
        return bodies_in(server.root)

    @pytest.fixture
    def unreachable(self, server, writer_to, unused_tcp_port):
        line = server.host_key.export_public_key().decode()
        ports = (server.port, unused_tcp_port)
        server.known_hosts.write_text(
            "".join(f"[127.0.0.1]:{port} {line}" for port in ports)
        )
        return writer_to(server, port=unused_tcp_port)


def folder(path):
    settings = FolderSettings(kind="folder", format="notification-csv", folder=path)
    return Folder(settings)
