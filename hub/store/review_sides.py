"""The two sides of a review: masked, unmasked, and what is sensitive about them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from hub.coordination.identity.looks import looks_of
from hub.coordination.matching.decision import Comparison, compare
from hub.coordination.matching.numbers import own_numbers
from hub.model.labels import Labels
from hub.store import schema
from hub.store.review_views import Agreement, MaskedNumber, Side, Unmasked
from hub.store.whose import KnownIdentity

#: A third of a number is shown, and no more characters than these.
_SHOWN_PART, _SHOWN_MOST = 3, 3
_YEAR = 4
_ORDINARY = "N"


class _Labelled(Struct):
    labels: Labels | None = None


_labelled = msgspec.json.Decoder(_Labelled).decode


def masked(known: KnownIdentity) -> Side:
    """Return what of an identity may be seen by whoever works on the queue.

    Neither names nor who gave a number: where somebody is known can tell what for.
    """
    features = looks_of(known.person)
    return Side(
        identity=known.key,
        person=known.owner,
        initials=_initials(known),
        birth_year=features.born[:_YEAR],
        sex=features.sex,
        numbers=[
            MaskedNumber(type=each.type, ending=_ending(each.value))
            for each in known.person.identifiers
        ],
    )


def unmasked(known: KnownIdentity, *, sensitive: bool) -> Unmasked:
    """Return what an identity's sender says of the person.

    Where some of that is `sensitive`, without who keeps the person under a number.
    """
    identifiers = list(known.person.identifiers)
    if sensitive:
        own = own_numbers(known.person.identifiers)
        identifiers = [
            replace(each, system="") if each in own else each for each in identifiers
        ]
    return Unmasked(identifiers=identifiers, demographics=known.person.demographics())


def compared(one: KnownIdentity, other: KnownIdentity) -> Comparison:
    """Return what two identities are to each other, as they are known now."""
    return compare(looks_of(one.person), looks_of(other.person))


def agreements(comparison: Comparison) -> list[Agreement]:
    """Return how well two identities agree, field by field."""
    return [
        Agreement(field=each.field, level=each.level, bits=round(each.bits, 1))
        for each in comparison.contributions
    ]


def is_sensitive(connection: sa.Connection, identities: Sequence[str]) -> bool:
    """Say whether something was said under one of these numbers that is sensitive.

    That is what is labelled more than normally confidential, or with a code of
    sensitivity. Source: domain 8.2.
    """
    fact, entity = schema.fact.c, schema.entity.c
    text = sa.cast(fact.body, sa.Text)
    query = (
        sa.select(fact.body)
        .join_from(schema.fact, schema.entity)
        .where(
            entity.identity.in_(identities),
            entity.person.in_(_owners(identities)),
            sa.func.json_extract(text, "$.labels").is_not(None),
        )
    )
    return any(_restricts(row) for row in connection.execute(query))


def _owners(identities: Sequence[str]) -> sa.Select[Any]:
    # What is under a number is found by the person: that is what the index is of.
    known = schema.entity.alias("known").c
    return sa.select(known.person).where(known.key.in_(identities))


def _restricts(row: sa.Row[Any]) -> bool:
    labels = _labelled(row.body).labels
    if labels is None:
        return False
    return bool(labels.sensitivity) or labels.confidentiality != _ORDINARY


def _initials(known: KnownIdentity) -> str:
    """Return the first letter of each name that is in use now."""
    sent = known.person.demographics().get("names")
    names = sent if isinstance(sent, list | tuple) else ()
    first = next((each for each in names if isinstance(each, dict)), {})
    words = [str(first.get(part) or "") for part in ("given", "family")]
    return " ".join(f"{word[0].upper()}." for word in words if word)


def _ending(value: Any) -> str:
    text = str(value)
    shown = min(len(text) // _SHOWN_PART, _SHOWN_MOST)
    return f"…{text[len(text) - shown :]}"
