"""The error catalogue: every error a user can see has a code and a remedy.

Plugins add their own errors by subclassing `HubError`. The reference page
``docs/reference/errors.md`` and ``hub errors`` are made from the catalogue.
"""

import re
from enum import StrEnum
from typing import ClassVar


class Recovery(StrEnum):
    """What a caller does next. Callers branch on this, never on the text."""

    RETRY = "retry"  # transient: the same thing may succeed after a wait
    REJECT = "reject"  # this message or request is at fault: set it aside, go on
    STOP = "stop"  # this part cannot work: stop it and keep the others


class HubError(Exception):
    """An error with a code, a summary, a remedy and a recovery.

    `detail` may hold counts, names of settings, hosts and file names that an
    operator chose; it never holds message content, which may identify a patient.
    """

    code: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    remedy: ClassVar[str] = ""
    recovery: ClassVar[Recovery] = Recovery.REJECT
    catalogue: ClassVar[dict[str, type["HubError"]]] = {}

    def __init_subclass__(cls) -> None:
        """Enter the subclass into the catalogue.

        Raises TypeError where the code is malformed, taken, or says too little.
        """
        if not re.fullmatch(r"[A-Z][A-Z0-9]{1,8}-\d{3}", cls.code):
            raise TypeError(f"{cls.__qualname__}: malformed error code {cls.code!r}")
        if not (cls.summary and cls.remedy):
            raise TypeError(f"{cls.__qualname__}: a summary and a remedy are needed")
        owner = HubError.catalogue.setdefault(cls.code, cls)
        if (owner.__module__, owner.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__qualname__}: {cls.code} is {owner.__qualname__}")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        what = f"{self.summary}: {self.detail}" if self.detail else self.summary
        return f"[{self.code}] {what}. {self.remedy}."
