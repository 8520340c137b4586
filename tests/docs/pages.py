"""Reads the Markdown pages of the repository: blocks, headings, links.

Only what our own pages use: fenced blocks, ATX headings, inline links.
"""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
#: Pages that people write; those below docs/reference are made from the code.
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("plugins/*/README.md"),
    ]
)
WRITTEN = [
    page
    for page in PAGES
    if "reference" not in page.parts and "plugins" not in page.parts
]

_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"`([^`]+)`[^`]*$")


class Block(NamedTuple):
    """One fenced block, and the line of text that introduces it."""

    page: Path
    line: int
    language: str
    text: str
    introduction: str

    @property
    def name(self) -> str:
        """Where the block is, for the names of tests."""
        return f"{name_of(self.page)}:{self.line}"

    @property
    def file(self) -> str:
        """The last name in backquotes of the introduction: a file to write."""
        found = _FILE.search(self.introduction)
        return found[1] if found else ""


def name_of(page: Path) -> str:
    """Return where a page is in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page, of `languages` where any are named."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        indent, language, body = match.groups()
        before = text[: match.start()].rstrip().rpartition("\n")[2].strip()
        line = text[: match.start()].count("\n") + 1
        cut = body.replace(f"\n{indent}", "\n").removeprefix(indent)
        found.append(Block(page, line, language, cut, before))
    return [each for each in found if not languages or each.language in languages]


def all_blocks(*languages: str) -> list[Block]:
    """Return the blocks in `languages` of all pages."""
    return [block for page in PAGES for block in blocks(page, *languages)]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[tuple[int, str]]:
    """Return level and text of each heading."""
    return [(len(marks), title) for marks, title in _HEADING.findall(prose(page))]


def anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page get on a web page."""
    found: set[str] = set()
    for _, title in headings(page):
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        unique, number = slug, 0
        while unique in found:
            number += 1
            unique = f"{slug}-{number}"
        found.add(unique)
    return found


def links(page: Path) -> list[str]:
    """Return the targets of the links of a page that stay in the repository."""
    targets = [unquote(target) for target in _LINK.findall(prose(page))]
    return [each for each in targets if not re.match(r"[a-z]+:", each)]
