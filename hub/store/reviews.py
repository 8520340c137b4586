"""The review queue: pairs of identities of which nobody knows whether they are one.

Open is what was found to be alike and is not one person, as long as neither a sender
nor somebody who looked said what they are to each other. Source: R-ID-02.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from hub.coordination.identity.decisions import (
    FEED,
    Decision,
    keys_begin,
    read,
    review_id,
)
from hub.store import schema
from hub.store.entity_views import LinkView
from hub.store.known import ENTITY
from hub.store.paging import (
    DEFAULT_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.person_shown import link_view
from hub.store.reading import Looks, unknown
from hub.store.review_shown import Found, decided_in, review_detail, review_view
from hub.store.review_sides import is_sensitive
from hub.store.review_views import ReviewDetail, ReviewView
from hub.store.views import Page
from hub.store.whose import (
    LINKS,
    HeardLink,
    KnownIdentity,
    heard_link,
    links_heard,
    owner_of,
    stored_identity,
    whose,
)

OpenState = Literal["candidate", "contradiction"]

_KEY = "[0-9A-Za-z_]{1,80}"
_STATES: dict[OpenState, str] = {"candidate": "candidate", "contradiction": "auto"}
#: After the last key that begins with some digits: a letter that no key has.
_PAST = "g"

_one, _other = schema.entity.alias("one"), schema.entity.alias("other")
_firm = schema.link.alias("firm").c
_link = schema.link.c
_matched = sa.and_(
    # In so many words, as the index that covers only these needs it.
    _link.basis == sa.literal_column("'matched'"),
    _link.state.in_(_STATES.values()),
    _one.c.person != _other.c.person,
    ~sa.exists().where(
        _firm.one == _link.one,
        _firm.other == _link.other,
        _firm.basis.in_(("decided", "repaired")),
    ),
)
_OPEN: sa.Select[Any] = (
    LINKS.join(_one, _one.c.key == _link.one)
    .join(_other, _other.c.key == _link.other)
    .where(_matched)
)


class Question(NamedTuple):
    """A pair of identities, and what is known of them that bears on a decision.

    `decided` is the decision that holds. `recommended` are the recommendations that
    were made since, and `four_eyes` says whether one is needed.
    """

    one: str
    other: str
    decided: LinkView | None
    recommended: tuple[tuple[str, Decision], ...]
    four_eyes: bool


class ReviewReader:
    """Looks at the review queue.

    Each method may be called from any thread, and raises StoreUnreadableError or
    SlowQueryError.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def open_reviews(
        self,
        *,
        state: OpenState | None = None,
        person: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[ReviewView]:
        """Return a page of open reviews, masked, in the order of the keys.

        Raises BadCursorError, and UnknownIdError for a person who is not there.
        """
        require_limit(limit)
        query = _OPEN.order_by(_link.one, _link.other).limit(limit + 1)
        if state is not None:
            query = query.where(_link.state == _STATES[state])
        if cursor is not None:
            place = decode_cursor("review", cursor, f"{_KEY}:{_KEY}")
            query = query.where(sa.tuple_(_link.one, _link.other) > _pair(place))
        with self._looks.connection() as connection:
            if person is not None:
                theirs = whose(connection, person, None).keys
                query = query.where(
                    sa.or_(_link.one.in_(theirs), _link.other.in_(theirs))
                )
            rows = connection.execute(query).all()
            more, rows = len(rows) > limit, rows[:limit]
            found = _views(connection, rows)
        after = f"{rows[-1].one}:{rows[-1].other}" if more else None
        return Page(found, after and encode_cursor("review", after))

    def count_open(self) -> int:
        """Return how many reviews are open."""
        query = (
            sa.select(sa.func.count())
            .select_from(schema.link)
            .join(_one, _one.c.key == _link.one)
            .join(_other, _other.c.key == _link.other)
            .where(_matched)
        )
        with self._looks.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def review(self, key: str, *, with_content: bool = False) -> ReviewDetail:
        """Return one review, also one that is answered. Raises UnknownIdError."""
        with self._looks.connection() as connection:
            links = _links_of(connection, key)
            pair = links[0].link.pair
            sides = _identities(connection, pair)
            said = _said(connection, review_id(*pair))
            sensitive = [is_sensitive(connection, [each]) for each in pair]
            four_eyes = is_sensitive(connection, _all_numbers(connection, pair))
            row = connection.execute(_behind(links[0].message)).one()
        return review_detail(
            Found(
                links,
                (sides[pair[0]], sides[pair[1]]),
                row,
                said,
                sensitive,
                four_eyes,
            ),
            with_content=with_content,
        )

    def question(self, one: str, other: str) -> Question:
        """Return what bears on whether two identities are one person.

        Raises UnknownIdError where one of them is not known.
        """
        pair = (min(one, other), max(one, other))
        with self._looks.connection() as connection:
            for each in pair:
                owner_of(connection, each)
            decided = decided_in(_between(connection, pair))
            said = _said(connection, review_id(*pair))
            four_eyes = is_sensitive(connection, _all_numbers(connection, pair))
        since = decided.said_at if decided else None
        recommended = tuple(
            (message, each)
            for message, each in said
            if each.operation == "recommend" and (since is None or each.at > since)
        )
        return Question(*pair, decided, recommended, four_eyes)

    def decided(self, identity: str, others: Iterable[str]) -> list[LinkView]:
        """Return the decisions that hold on an identity and each of the others."""
        wanted = set(others)
        with self._looks.connection() as connection:
            heard = links_heard(connection, [identity], None)
        return [
            link_view(each)
            for each in heard
            if each.link.basis == "decided" and each.link.partner(identity) in wanted
        ]


def _pair(place: str) -> sa.Tuple:
    one, _, other = place.partition(":")
    return sa.tuple_(sa.literal(one), sa.literal(other))


def _views(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[ReviewView]:
    heard = [(heard_link(row), row) for row in rows]
    sides = _identities(
        connection, {end for each, _ in heard for end in each.link.pair}
    )
    return [
        review_view(each, sides[each.link.one], sides[each.link.other], row)
        for each, row in heard
    ]


def _links_of(connection: sa.Connection, review: str) -> list[HeardLink]:
    """Return the links of the pair that a review is about, what was found first.

    Raises UnknownIdError where nothing was found or decided.
    """
    begin = keys_begin(review)
    if begin is None:
        raise unknown(review)
    one, other = begin
    query = LINKS.where(
        _link.one >= one,
        _link.one < one + _PAST,
        _link.other >= other,
        _link.other < other + _PAST,
    )
    return _asked([heard_link(row) for row in connection.execute(query)], review)


def _asked(links: list[HeardLink], review: str) -> list[HeardLink]:
    order = {"matched": 0, "decided": 1}
    links.sort(key=lambda each: order.get(each.link.basis, len(order)))
    if not links or links[0].link.basis not in order:
        raise unknown(review)
    return links


def _between(connection: sa.Connection, pair: tuple[str, str]) -> list[HeardLink]:
    query = LINKS.where(_link.one == pair[0], _link.other == pair[1])
    return [heard_link(row) for row in connection.execute(query)]


def _identities(
    connection: sa.Connection, keys: Iterable[str]
) -> dict[str, KnownIdentity]:
    query = ENTITY.where(schema.entity.c.key.in_(list(keys)))
    found = map(stored_identity, connection.execute(query))
    return {each.key: each for each in found}


def _all_numbers(connection: sa.Connection, pair: tuple[str, str]) -> list[str]:
    """Return all identities of the people of a pair: a merge concerns all of them."""
    return [
        identity.key for each in pair for identity in whose(connection, each, None)[1]
    ]


def _behind(message: str) -> sa.Select[Any]:
    table = schema.message.c
    return sa.select(table.received_at).where(table.id == message)


def _said(connection: sa.Connection, review: str) -> list[tuple[str, Decision]]:
    """Return all that was said of one pair alone, with the messages, in order."""
    table = schema.message.c
    query = (
        sa.select(table.id, table.body)
        .where(
            table.source == FEED,
            table.control_id > f"{review}.",
            table.control_id < f"{review}.{_PAST}",
        )
        .order_by(table.seq)
    )
    rows = connection.execute(query)
    return [(row.id, found) for row in rows if (found := read(row.body)) is not None]
