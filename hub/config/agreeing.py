"""What is sent and the sources it leads back to must agree, as formats say."""

from collections.abc import Iterable, Iterator, Mapping

from hub.config.problems import ConfigProblem
from hub.config.tables import DestinationConfig, SourceConfig
from hub.config.written import Written
from hub.contract import Agree


def disagreements(
    destinations: Iterable[tuple[Written, DestinationConfig]],
    sources: Iterable[SourceConfig],
) -> Iterator[ConfigProblem]:
    """Yield where the options of a format are not what the sources it names have.

    A format sees the settings of that kind of source, and of no other.
    """
    known = list(sources)
    for table, each in destinations:
        kind, agree = each.renderer.agrees_with, each.renderer.agree
        if agree is None:
            continue
        named = {one.name: one.settings for one in known if one.spec.kind == kind}
        yield from _compared(table, each, agree, named)


def _compared(
    table: Written,
    told: DestinationConfig,
    agree: Agree,
    named: Mapping[str, object],
) -> Iterator[ConfigProblem]:
    try:
        found = list(agree(told.options, named))
    except Exception as error:  # noqa: BLE001  a plugin's code may do anything
        broken = f"the plugin's validation raised {type(error).__name__}"
        yield table.problem("format_options", broken)
        return
    for remark in found:
        yield table.problem(f"format_options.{remark.place}", remark.text)
