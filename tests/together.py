"""Which tests run in one process, where several run them.

pytest-xdist 3.8 can be told so by marks, and pytest 9.2 does not let it any more.
"""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]


class Together(LoadScopeScheduling):
    """Keeps tests together that share what their module sets up once.

    All others go wherever there is room.
    """

    def _split_scope(self, nodeid):
        module = nodeid.partition("::")[0]
        return module if _shares(module) else nodeid


@cache
def _shares(module):
    path = ROOT / module
    return path.suffix == ".py" and 'scope="module"' in path.read_text("utf-8")
