"""Samples of a feed: files, and folders of them, as an operator names them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hub.cli.feeds_errors import NoSamplesError, SampleUnreadableError

MOST_BYTES = 256 << 20  # in one file


class Sample(NamedTuple):
    """The content of one file: a message, or many."""

    path: Path
    body: bytes


class Gathered(NamedTuple):
    """What could be read, in the order of the names, and what could not."""

    samples: list[Sample]
    unreadable: list[SampleUnreadableError]


def gather(paths: Iterable[Path]) -> Gathered:
    """Read the files at `paths`, and those in the folders there.

    Hidden files in folders are left out, and so are empty ones. Raises
    NoSamplesError where nothing is left and nothing was unreadable.
    """
    found = Gathered([], [])
    for path in paths:
        for file in _files(path):
            try:
                body = _read(file)
            except SampleUnreadableError as error:
                found.unreadable.append(error)
            else:
                found.samples.extend([Sample(file, body)] if body else [])
    if not any(found):
        raise NoSamplesError
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.is_file() and not hidden:
            yield file


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise SampleUnreadableError(f"{file} has more than {MOST_BYTES} bytes")
        return file.read_bytes()
    except OSError as error:
        raise SampleUnreadableError(f"{file}: {error.strerror}") from error
