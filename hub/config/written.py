"""Tables as they were written, and what is wrong with them in words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from hub.config.problems import ConfigProblem
from hub.config.words import nearest


@dataclass(frozen=True, slots=True)
class Written:
    """One table as it was written, and where. `path` is (top, name) or (top,)."""

    file: Path
    path: tuple[str, ...]
    values: dict[str, Any]

    def problem(self, key: str, message: str, suggestion: str = "") -> ConfigProblem:
        """Return what is wrong with a key of the table, or with all of it."""
        where = ".".join([*self.path, key] if key else self.path)
        return ConfigProblem(str(self.file), where, message, suggestion)


def problem_of(
    table: Written, model: type[BaseModel], detail: ErrorDetails
) -> ConfigProblem:
    """Say what pydantic found, without the value, which may be a secret."""
    # Of a name in a table that is wrong itself pydantic says so once more.
    location = [str(step) for step in detail["loc"] if step != "[key]"]
    context = detail.get("ctx", {})
    suggestion = str(context.get("suggestion", ""))
    match detail["type"]:
        case "missing":
            message = "is required"
        case "extra_forbidden":
            message = "there is no such setting"
            suggestion = nearest(location[-1], _keys_at(model, location[:-1]))
        case "literal_error":
            message = f"must be {context['expected']}"
            choices = re.findall(r"'([^']*)'", message)
            suggestion = nearest(detail["input"], choices)
        case _:
            message = detail["msg"].removeprefix("Value error, ")
            message = message.replace("Input should be", "must be", 1)
    return table.problem(".".join(location), message, suggestion)


def _keys_at(model: type[BaseModel], location: Iterable[str]) -> list[str]:
    """Return the keys of the table at `location` inside `model`, as far as known."""
    for step in location:
        if step.isdecimal():
            continue  # a place in a list
        known = model.model_fields.get(step)
        inner = [] if known is None else list(_models_in(known.annotation))
        if not inner:
            return []
        model = inner[0]
    return [known.alias or name for name, known in model.model_fields.items()]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
