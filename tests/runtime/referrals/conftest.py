"""Hubs that work referrals, as tests have the patience for."""

import pytest

from hub.runtime.referrals import closing


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    """Let a hub look all the time for what follows, and not once a second."""
    monkeypatch.setattr(closing, "LOOK_SECONDS", 0.02)
