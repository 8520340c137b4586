"""The tables of all files, as they were written, before any of them is validated."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from hub.config.matching import MATCHES_FEED
from hub.config.panels import EPISODE_PANEL
from hub.config.problems import ConfigProblem, ConfigUnreadableError
from hub.config.scoring import SCORES_FEED
from hub.config.tables import EVERYONE, NAME, NAMED, SINGLE
from hub.config.words import nearest
from hub.config.written import Written
from hub.coordination.identity.decisions import FEED
from hub.model.directory_happenings import DIRECTORIES_FEED
from hub.model.happenings import EXCHANGES_FEED
from hub.model.referrals import REFERRALS_FEED

#: What the hub itself states, by the feed that it does so by.
_OWN_FEEDS = {
    SCORES_FEED: "keeps scores",
    MATCHES_FEED: "proposes services",
    EXCHANGES_FEED: "tells of files",
    REFERRALS_FEED: "works referrals",
    DIRECTORIES_FEED: "tells of directories",
    FEED: "keeps decisions",
}


def gathered(path: Path) -> "Gathered":
    """Return the tables of the file, or of all files of the folder, at `path`.

    What cannot be read, or must not be written so, is among its `problems`.
    Raises ConfigUnreadableError where there is nothing to read.
    """
    files = _files(path)
    tables = Gathered(files[0])
    for file in files:
        tables.add(file)
    return tables


def _files(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            files = sorted(path.glob("*.toml"))
            missing = "the folder holds no *.toml"
        else:
            files = [path] if path.exists() else []
            missing = "does not exist"
    except OSError as error:
        files, missing = [], f"cannot be read: {error.strerror}"
    if not files:
        raise ConfigUnreadableError([ConfigProblem(str(path), "", missing)])
    return files


class Gathered:
    """The tables by their paths; each was written once.

    `first` is the file that stands for a table that nobody wrote. Where not
    `complete`, a reference may be to what could not be read.
    """

    def __init__(self, first: Path) -> None:
        self.first = first
        self.tables: dict[tuple[str, ...], Written] = {}
        self.complete = True
        self.problems: list[ConfigProblem] = []

    def add(self, file: Path) -> None:
        """Take in the tables of `file`."""
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except tomllib.TOMLDecodeError as error:
            self._unreadable(file, f"is not TOML: {error}")
        except UnicodeDecodeError:
            self._unreadable(file, "is not UTF-8")
        except OSError as error:
            self._unreadable(file, f"cannot be read: {error.strerror}")
        else:
            for top, value in document.items():
                self._add_top(file, top, value)

    def _unreadable(self, file: Path, message: str) -> None:
        self.complete = False
        self.problems.append(ConfigProblem(str(file), "", message))

    def _add_top(self, file: Path, top: str, value: object) -> None:
        table = Written(file, (top,), {})
        if top not in {*SINGLE, *NAMED}:
            hint = nearest(top, [*SINGLE, *NAMED])
            self.problems.append(table.problem("", "there is no such table", hint))
        elif not isinstance(value, dict):
            self.problems.append(table.problem("", "must be a table"))
        elif top in SINGLE:
            self._add_table(Written(file, (top,), value))
        else:
            for name, values in value.items():
                self._add_named(table, name, values)

    def _add_named(self, top: Written, name: str, values: object) -> None:
        if not isinstance(values, dict):
            self.problems.append(top.problem(name, "must be a table"))
        elif not re.fullmatch(NAME, name):
            rule = "a name is of lower-case letters, digits and hyphens"
            self.problems.append(top.problem(name, rule))
        elif (*top.path, name) == ("panels", EVERYONE):
            self.problems.append(top.problem(name, "this name means everyone"))
        elif (*top.path, name) == ("panels", EPISODE_PANEL):
            own = "this name means what is followed for one stay"
            self.problems.append(top.problem(name, own))
        elif top.path == ("sources",) and name in _OWN_FEEDS:
            own = f"this is the name of the hub's own feed, which {_OWN_FEEDS[name]}"
            self.problems.append(top.problem(name, own))
        else:
            self._add_table(Written(top.file, (*top.path, name), values))

    def _add_table(self, table: Written) -> None:
        first = self.tables.setdefault(table.path, table)
        if first is not table:
            self.problems.append(table.problem("", f"is in {first.file} too"))

    def of(self, top: str) -> Iterator[tuple[str, Written]]:
        """Yield the tables of one top table, by name."""
        for path, table in self.tables.items():
            if path[0] == top:
                yield path[-1], table
