"""What must hold of a source of files, besides what its own table says."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hub.config.expecting import parse_expected
from hub.config.words import nearest
from hub.contract import NormaliserSpec, SourceSpec
from hub.settings import FileSourceSettings, SourceSettings


class Wrong(NamedTuple):
    """What is wrong with a source: the key, why, and what was probably meant."""

    key: str
    message: str
    hint: str = ""


class Surroundings(NamedTuple):
    """What else is configured.

    `panels` says of each panel whether it has a file, and `fed` which source feeds
    which panel, of those that came before; None where not all tables could be read.
    """

    panels: Mapping[str, bool] | None
    fed: dict[str, str]


def wrong_with(
    name: str,
    spec: SourceSpec,
    settings: SourceSettings,
    normaliser: NormaliserSpec,
    around: Surroundings,
) -> Iterator[Wrong]:
    """Yield what does not go together in the table of a source.

    Files can be messages themselves, so that any normaliser may be for files; but one
    that reads them row by row is for nothing else.
    """
    if normaliser.directory is None and "directory" in settings.model_fields_set:
        yield Wrong("directory", f"{normaliser.name} reads no directories")
    if not isinstance(settings, FileSourceSettings):
        if normaliser.read is not None:
            lacking = f"{normaliser.name} reads files, and {spec.kind} brings none"
            yield Wrong("normaliser", lacking, spec.normaliser)
        return
    yield from _written(settings)
    panel = settings.gate.panel
    if panel and normaliser.read is None:
        lacking = f"{normaliser.name} does not say who is on a panel"
        yield Wrong("gate.panel", lacking)
    elif panel:
        yield from _of_panel(name, panel, around)


def _written(settings: FileSourceSettings) -> Iterator[Wrong]:
    try:
        re.compile(settings.files)
    except re.error as error:
        yield Wrong("files", f"is no regular expression: {error.msg}")
    try:
        parse_expected(settings.gate.expected)
    except ValueError as error:
        yield Wrong("gate.expected", str(error))


def _of_panel(name: str, panel: str, around: Surroundings) -> Iterator[Wrong]:
    if around.panels is None:
        return
    if panel not in around.panels:
        hint = nearest(panel, around.panels)
        yield Wrong("gate.panel", f"there is no panel {panel}", hint)
    elif around.panels[panel]:
        yield Wrong("gate.panel", f"the panel {panel} has a file of its own")
    other = around.fed.setdefault(panel, name)
    if other != name:
        yield Wrong("gate.panel", f"the source {other} fills the panel {panel} already")
