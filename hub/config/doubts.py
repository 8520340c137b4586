"""Doubts about subscriptions: what does as it says, and is hardly meant.

`hub check` shows them, and a hub that starts logs them.
"""

from collections.abc import Iterator
from itertools import combinations

from hub.config.problems import ConfigProblem
from hub.config.subscribing import Subscription
from hub.config.tables import HubConfig
from hub.coordination.filter_doubts import doubts
from hub.coordination.filters import Filter


def subscription_doubts(config: HubConfig) -> list[ConfigProblem]:
    """Return what there is to ask about the subscriptions, in their order.

    A filter lets nothing through, or everything; a subscription names what its format
    has no form for, or repeats another.
    """
    asked = list(config.subscriptions.values())
    found = [doubt for each in asked for doubt in _about(each)]
    unspoken = [doubt for each in asked for doubt in _unspoken(each, config)]
    return [*found, *unspoken, *_repeated(asked)]


def _unspoken(each: Subscription, config: HubConfig) -> Iterator[ConfigProblem]:
    told = config.destinations.get(each.destination)
    if told is None:
        return
    # Who asks for a whole family means what can be told of it.
    for name in sorted(told.renderer.unspoken.intersection(each.events)):
        lacks = f"{told.renderer.name} has no form for {name}; it is told to nobody"
        yield ConfigProblem("", f"subscriptions.{each.name}.events", lacks)


def _about(each: Subscription) -> Iterator[ConfigProblem]:
    if each.where is None:
        return
    for doubt in doubts(each.where, each.types):
        place = f"where.{doubt.key}" if doubt.key else "where"
        yield ConfigProblem("", f"subscriptions.{each.name}.{place}", doubt.text)


def _repeated(subscriptions: list[Subscription]) -> Iterator[ConfigProblem]:
    for one, other in combinations(subscriptions, 2):
        if _within(other, one):
            yield _repeats(other, one)
        elif _within(one, other):
            yield _repeats(one, other)


def _repeats(one: Subscription, other: Subscription) -> ConfigProblem:
    told = f"asks for nothing that {other.name} does not bring to {one.destination}"
    return ConfigProblem("", f"subscriptions.{one.name}", told)


def _within(one: Subscription, other: Subscription) -> bool:
    """Say whether all that `one` asks for is told by `other`."""
    return (
        (one.destination, one.panel, one.purpose)
        == (other.destination, other.panel, other.purpose)
        and one.types <= other.types
        and (_asks_nothing(other.where) or one.where == other.where)
    )


def _asks_nothing(where: Filter | None) -> bool:
    return where is None or not where.keys
