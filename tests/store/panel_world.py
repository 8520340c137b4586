"""A store with panels, and what loads lists into it. Everybody in here is made up."""

import itertools
from contextlib import closing
from datetime import UTC, datetime, timedelta

from hub.config.panels import PanelTable
from hub.runtime.panel_loading import Given, Loader
from hub.store import panel_members
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
HEADER = "patient_id,assigning_authority,identifier"


def numbered(*numbers):
    """Return the rows of a list of people with these numbers."""
    return [f"M-{number},NORD,{number:04d}" for number in numbers]


class World:
    """Loads lists into `store`. `now` is the time on the clock."""

    def __init__(self, store, folder, **table):
        self.store = store
        self.now = NOW
        self._files = (folder / f"list-{n}.csv" for n in itertools.count())
        self.tables = {"payer": PanelTable(**table), "other": PanelTable()}
        self.loader = self.make_loader()

    def make_loader(self):
        """Return another loader, as the next hub has."""
        store = self.store
        return Loader(
            store.writer,
            store.reader,
            store.folder,
            self.tables,
            rest=0,
            clock=lambda: self.now,
        )

    def given(self, *rows, header=HEADER, mode="full", panel="payer", by=""):
        """Return a list with these rows, in a file."""
        file = next(self._files)
        file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        return Given(panel, file, mode, by)

    def load(self, *rows, **more):
        """Load a list, a moment later; return what became of it."""
        self.now += timedelta(seconds=1)
        return self.shown(self.loader.load(self.given(*rows, **more)))

    def delta(self, *rows):
        """Load changes: the first cell of a row is the op."""
        return self.load(*rows, header=f"op,{HEADER}", mode="delta")

    @property
    def reader(self):
        """Return what shows panels."""
        return Reader(self.store.folder / DATABASE_NAME).panels

    def shown(self, key):
        """Return a list as it is shown."""
        return self.reader.load(key)

    def values(self, panel="payer"):
        """Return the numbers on the version in force, sorted."""
        found = self.reader.members(panel, limit=1000)
        return [each.value for each in found]

    def ask(self, question, *args):
        """Ask something of the store."""
        with closing(self.store.reader()) as reader:
            return question(reader, *args)

    def versions(self):
        """Return the versions of panels of which anything is stored."""
        return self.ask(panel_members.versions)

    def query(self, sql):
        """Return rows."""
        with closing(self.store.reader()) as reader:
            return reader.execute(sql).fetchall()
