"""A publisher that serves, and a clock."""

import pytest

from plugins.community.tests.fetching.publisher import Publisher
from plugins.community.tests.fetching.turning import TurnedClock


@pytest.fixture
def clock():
    return TurnedClock()


@pytest.fixture
async def publisher():
    async with Publisher().serving() as publisher:
        yield publisher
