"""JSON and NDJSON, object by object, however large the file is."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

_BLOCK: Final = 1 << 20
#: In bytes; no single object is larger, and no line.
LARGEST: Final = 64 << 20
#: Keys under which a page or a package lists objects.
LISTS: Final = ("contents", "content", "items", "data", "results")
_SPACE: Final = re.compile(r"[\s\ufeff]*")
_HALF: Final = re.compile(r"\\u[dD]")
_LONG_ENOUGH: Final = 1 << 16
_decode = msgspec.json.Decoder().decode


class TruncatedError(Exception):
    """The JSON ends, or breaks, where a value should go on."""


@dataclass
class Page:
    """What stands around a list of objects: totals, whether there is more."""

    around: dict[str, Any] = field(default_factory=dict)
    listed: bool = False


class _Text:
    """A window of a file's text that moves along."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest = file, b""
        self.text, self.at, self.whole = "", 0, False
        self._decoder = json.JSONDecoder()
        self.more()

    def more(self) -> bool:
        """Read on; return whether there was more."""
        block = self._file.read(max(_BLOCK, len(self.text) - self.at))
        data = self._rest + block
        self._rest = b""
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            if block and error.start >= len(data) - len("äää".encode()):
                text, self._rest = data[: error.start].decode(), data[error.start :]
            else:
                text = data.decode("utf-8", "replace")
        self.text = self.text[self.at :] + text
        self.at = 0
        self.whole = not block
        return bool(block)

    def peek(self) -> str:
        """Return the next character that is no blank, empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def value(self) -> Any:
        """Return the next value. Raises TruncatedError where there is none whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self.text, self.at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._larger():
                    raise TruncatedError from error
                continue
            # A number may go on beyond the window.
            if end == len(self.text) and not self.whole and self._larger():
                continue
            halves = _HALF.search(self.text, self.at, end)
            self.at = end
            return _whole(value) if halves else value

    def _larger(self) -> bool:
        return len(self.text) - self.at < LARGEST and self.more()


def _whole(value: Any) -> Any:
    """Return a value without halves of characters, which nothing can store."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return value


def values(file: BinaryIO, page: Page) -> Iterator[Any]:
    """Yield the objects of a list, of a page of one, or the only object.

    What stands around a list is in `page` afterwards. Raises TruncatedError where
    the JSON ends early, after all that stands before was yielded.
    """
    text = _Text(file)
    start = text.peek()
    if start == "[":
        page.listed = True
        yield from _array(text)
    elif start == "{":
        yield from _object(text, page)
    else:
        raise TruncatedError


def _array(text: _Text) -> Iterator[Any]:
    text.at += 1
    if text.peek() == "]":
        text.at += 1
        return
    while True:
        yield text.value()
        mark = text.peek()
        if mark not in {",", "]"}:
            raise TruncatedError
        text.at += 1
        if mark == "]":
            return


def _object(text: _Text, page: Page) -> Iterator[Any]:
    found: dict[str, Any] = {}
    text.at += 1
    while (mark := text.peek()) != "}":
        if mark == ",":
            text.at += 1
            continue
        key = text.value()
        if not isinstance(key, str) or text.peek() != ":":
            raise TruncatedError
        text.at += 1
        if key in LISTS and text.peek() == "[" and "id" not in found:
            page.listed = True
            yield from _array(text)
        else:
            found[key] = text.value()
    text.at += 1
    if page.listed:
        page.around = found
    else:
        yield found


def lines(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """Yield number and object of each line; None for a line that is none."""
    number = 0
    while line := file.readline(LARGEST + 1):
        number += 1
        if len(line) > LARGEST:
            while line and not line.endswith(b"\n"):
                line = file.readline(_BLOCK)
            yield number, None
            continue
        if not line.startswith(b"{"):
            line = line.lstrip(b"\xef\xbb\xbf").strip()
        if line:
            yield number, decoded(line)


def decoded(line: bytes) -> Any:
    """Return the object of a line; None where it is none."""
    try:
        found = _decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def is_lines(path: Path) -> bool:
    """Return whether a file holds an object per line, and not one over many."""
    with path.open("rb") as file:
        first = file.readline(LARGEST).lstrip(b"\xef\xbb\xbf").strip()
        second = b""
        while not second and (line := file.readline(_LONG_ENOUGH)):
            second = line.strip()
    starts = first.startswith(b"{") and (decoded(first) is not None)
    follows = second.startswith(b"{") and first.endswith(b"}")
    return follows or (starts and bool(second))
