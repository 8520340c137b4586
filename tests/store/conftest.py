"""Places to store things in."""

from contextlib import closing

import pytest

from hub.store.store import Store, call_at_once
from tests.store.rows import in_memory


@pytest.fixture
def memory():
    """An empty store in memory, with foreign keys."""
    with closing(in_memory()) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    """A store that is open, on disk."""
    with Store(folder, call_at_once) as opened:
        yield opened
