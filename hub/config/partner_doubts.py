"""What must hold among partners, besides what the table of each says."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from hub.config.partners import PartnerTable, says_who
from hub.config.problems import ConfigProblem
from hub.config.words import nearest
from hub.config.written import Written
from hub.coordination.partners import subscription_of


class Partnership(NamedTuple):
    """A partner as it was written, and as it was read."""

    table: Written
    model: PartnerTable


def wrong_among(
    partners: Mapping[str, Partnership],
    names: Mapping[str, AbstractSet[str]],
    media: Mapping[str, str],
) -> Iterator[ConfigProblem]:
    """Yield what does not go together.

    `names` are those of all tables by kind, `media` has the type of the messages of
    each source.
    Where two could be meant, neither would be told, so that no two share an id or a
    source on the same side; a source may whose messages say who speaks.
    """
    owners: dict[tuple[str, str], str] = {}
    speakers: dict[tuple[str, str], str] = {}
    for name, (table, model) in partners.items():
        yield from _unknown(table, model, names["sources"])
        implied = subscription_of(name)
        if implied in names["subscriptions"]:
            taken = f"has a subscription {implied} by itself; give that another name"
            yield table.problem("", taken)
        for side in model.sides:
            for written in model.organizations:
                other = owners.setdefault((side, written), name)
                if other != name:
                    shared = f"{written} is {other} already, as {side}"
                    yield table.problem("organizations", shared)
            for source in model.sources:
                if source not in media or says_who(media[source]):
                    continue
                other = speakers.setdefault((side, source), name)
                if other != name:
                    shared = f"{source} speaks for {other} already, as {side}"
                    yield table.problem("sources", shared)


def _unknown(
    table: Written, model: PartnerTable, known: AbstractSet[str]
) -> Iterator[ConfigProblem]:
    for source in model.sources:
        if source not in known:
            hint = nearest(source, known)
            yield table.problem("sources", f"there is no source {source}", hint)
