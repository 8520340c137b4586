"""One hub per data folder."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.store.errors import DataFolderError, DataFolderLockedError

LOCK_NAME = "hub.lock"


class FolderLock:
    """Holds the data folder for this process while the context lasts.

    The lock belongs to the open file and ends with the process, however it ends.
    Raises DataFolderError, DataFolderLockedError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(
                self._folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600
            )
        except OSError as error:
            raise DataFolderError(f"{self._folder}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.__exit__()
            raise DataFolderLockedError(str(self._folder)) from error
        except OSError as error:
            self.__exit__()
            raise DataFolderError(f"{self._folder}: {error.strerror}") from error
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
