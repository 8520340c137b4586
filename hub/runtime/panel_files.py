"""Files that hold lists: opened, decoded, and read for what is wrong with them."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from hub.coordination.panel_lists import entries, read_panel
from hub.coordination.panels import Panel, PanelError

_BLOCK = 1024 * 1024


@contextmanager
def opened(name: str, file: Path) -> Iterator[TextIO]:
    """Give the text of the list of a panel. Raises PanelError."""
    try:
        with file.open("rb") as bare:
            utf16 = bare.read(2) in {BOM_UTF16_LE, BOM_UTF16_BE}
        encoding = "utf-16" if utf16 else "utf-8-sig"
        with file.open(encoding=encoding, newline="") as lines:
            yield lines
    except OSError as error:
        raise PanelError(f"{name}: {file}: {error.strerror}") from error
    except UnicodeError:  # it shows what stands there
        raise PanelError(f"{name}: the list is neither UTF-8 nor UTF-16") from None


def digest_of(name: str, file: Path) -> bytes:
    """Return the SHA-256 of a file. Raises PanelError."""
    digest = sha256()
    try:
        with file.open("rb") as bare:
            while block := bare.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise PanelError(f"{name}: {file}: {error.strerror}") from error
    return digest.digest()


def check(name: str, file: Path) -> None:
    """Read a list in little memory. Raises PanelError where it cannot be used."""
    with opened(name, file) as lines:
        deque(entries(name, lines), maxlen=0)


def read(name: str, file: Path) -> Panel:
    """Read a list into memory. Raises PanelError."""
    with opened(name, file) as lines:
        return read_panel(name, lines)
