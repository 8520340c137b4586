"""Both sources of files keep the contract that the hub relies on."""

import pytest

from hub.testing import FileSourceContract


class TestFolderPoller(FileSourceContract):
    @pytest.fixture
    def source(self, folder_of):
        return folder_of()

    @pytest.fixture
    def put(self, local):
        return local.put

    @pytest.fixture
    def replies(self, local):
        return local.replies

    @pytest.fixture
    def originals(self, local):
        return local.originals


class TestSftpPoller(FileSourceContract):
    @pytest.fixture
    def source(self, poller_of):
        return poller_of()

    @pytest.fixture
    def put(self, partner):
        return partner.put

    @pytest.fixture
    def replies(self, partner):
        return partner.replies

    @pytest.fixture
    def originals(self, partner):
        return partner.originals
