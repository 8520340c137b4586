"""What is wrong with a configuration: every problem at once, with its place."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.errors import HubError, Recovery


class ConfigError(HubError):
    """The configuration cannot be used. `problems` says all that is wrong."""

    code = "CONFIG-001"
    summary = "The configuration has problems"
    remedy = "Correct each of them; `hub check` shows what is left"
    recovery = Recovery.STOP

    def __init__(self, problems: Iterable["ConfigProblem"]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} in all")

    def __str__(self) -> str:
        return "\n  ".join([super().__str__(), *map(str, self.problems)])


class ConfigUnreadableError(ConfigError):
    """There is no configuration where it was looked for."""

    code = "CONFIG-002"
    summary = "There is no configuration to read"
    remedy = "Give the path of a TOML file, or of a folder that holds some"


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong: where, what, and what was probably meant.

    `path` is dotted (``sources.klinik-nord.port``), empty for the file itself.
    `message` never quotes a value that may be a secret.
    """

    file: str
    path: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.path}" if self.path else self.file
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{where}: {self.message}{hint}"
