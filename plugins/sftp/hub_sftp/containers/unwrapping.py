"""Opening the containers of a file, from the outside inwards."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from hub_sftp.containers.errors import (
    NotDataError,
    OtherContainerError,
    UnexpectedContainerError,
    UnpackingFailedError,
    UnsupportedContainerError,
)
from hub_sftp.containers.gz import gunzip
from hub_sftp.containers.magic import magic
from hub_sftp.containers.pgp import decrypt
from hub_sftp.containers.settings import Container, ContainerSettings
from hub_sftp.containers.writing import Allowance, created
from hub_sftp.containers.zips import unzip

_OURS: Final = frozenset({"gz", "zip", "pgp"})
_DOCUMENTS: Final = frozenset({"html", "pdf", "office"})


def unwrap(
    wrapped: Path, folder: Path, settings: ContainerSettings, /
) -> Sequence[Path]:
    """Return what was in `wrapped`, as files in `folder`, in their order.

    Where the settings name no container that is `wrapped` itself. Memory does not grow
    with the file, and what was inside is used by nobody before its checksums,
    integrity and signature were right: where anything is wrong, nothing is left in
    `folder`. Raises the errors CONTAINER and PGP.
    """
    return _unwrapped(wrapped, folder, settings, frozenset())


def unwrap_package(
    wrapped: Path, folder: Path, settings: ContainerSettings, /
) -> Sequence[Path]:
    """Return what was in `wrapped` as `unwrap` does, but leave a zip as it is.

    For packages, whose files belong together: where the settings name a zip as the
    innermost container, it is the package, and is not opened here.
    """
    if settings.containers[-1:] == ("zip",):
        settings = settings.model_copy(update={"containers": settings.containers[:-1]})
    return _unwrapped(wrapped, folder, settings, frozenset({"zip"}))


def _unwrapped(
    wrapped: Path, folder: Path, settings: ContainerSettings, data: frozenset[str]
) -> Sequence[Path]:
    made: list[Path] = []
    try:
        inner = _opened(wrapped, folder, settings, made)
        for path in inner:
            _refuse_what_is_no_data(path, data)
    except BaseException as error:
        _remove(made)
        if isinstance(error, OSError):
            raise UnpackingFailedError(error.strerror or "") from error
        raise
    return inner


def _opened(
    wrapped: Path, folder: Path, settings: ContainerSettings, made: list[Path]
) -> list[Path]:
    inner = [wrapped]
    for depth, container in enumerate(settings.containers, 1):
        outer, inner = inner, []
        for number, path in enumerate(outer, 1):
            place = folder / f"{depth}-{number}"
            made.append(place)
            inner += _open(container, path, place, settings)
            if path is not wrapped:
                path.unlink()
    return inner


def _open(
    container: Container, path: Path, place: Path, settings: ContainerSettings
) -> list[Path]:
    most = settings.most_bytes(path.stat().st_size)
    if container == "pgp" and settings.pgp:
        decrypt(path, place, settings.pgp, most)
        return [place]
    found = magic(path)
    if found != container:
        raise OtherContainerError(f"{container} was due, {found or 'none'} found")
    with path.open("rb") as source:
        if container == "zip":
            place.mkdir(mode=0o700)
            return unzip(source, place, Allowance(most), settings.max_entries)
        with created(place, Allowance(most)) as target:
            gunzip(source, target)
    return [place]


def _refuse_what_is_no_data(path: Path, data: frozenset[str]) -> None:
    found = magic(path)
    if found in data:
        return
    if found in _OURS:
        raise UnexpectedContainerError(found)
    if found in _DOCUMENTS:
        raise NotDataError(found)
    if found:
        raise UnsupportedContainerError(found)


def _remove(made: Sequence[Path]) -> None:
    for path in made:
        with suppress(OSError):
            if path.is_dir():
                _remove(list(path.iterdir()))
                path.rmdir()
            else:
                path.unlink()
