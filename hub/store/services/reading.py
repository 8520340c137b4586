"""A read-only look at services, and at people as far as matching asks for them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.coordination.service_match.terms import Term, Terms
from hub.coordination.service_match.words import language
from hub.model.identifiers import Identifier
from hub.store.context import gather
from hub.store.offer_tables import directory_index
from hub.store.reading import Looks
from hub.store.services.indexing import terms_of
from hub.store.services.search import used_terms

_VERSIONS = sa.select(directory_index.c.feed, directory_index.c.version).order_by(
    directory_index.c.feed
)


class Known(NamedTuple):
    """What matching is given of a person; `number` is one that they are known by.

    `needs` are their open ones: by the hub's key, the category.
    """

    person: str
    number: Identifier
    needs: dict[str, str]
    postcode: str = ""
    country: str = ""
    age: int | None = None
    languages: tuple[str, ...] = ()


class ServiceReader:
    """Looks at the index of services; see `hub.store.queries.Reader`."""

    def __init__(self, looks: Looks, trust: Sequence[str] = ()) -> None:
        self._looks = looks
        self._trust = tuple(trust)
        self._terms: tuple[tuple[tuple[str, int], ...], Terms] = ((), Terms())

    @contextmanager
    def look(self) -> Iterator[sqlite3.Connection]:
        """Give a connection of the driver's, of one moment, with a time limit."""
        with self._looks.connection() as connection:
            driver = connection.connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                raise TypeError(type(driver).__name__)
            yield driver

    def terms(self) -> Terms:
        """Return the terms of all directories, and what is below what."""
        with self._looks.connection() as connection:
            found = connection.execute(_VERSIONS).all()
        versions = tuple((feed, version) for feed, version in found)
        if versions != self._terms[0]:
            with self.look() as driver:
                by_feed = [_terms(driver, *each) for each in versions]
                self._terms = versions, Terms(by_feed, used_terms(driver))
        return self._terms[1]

    def known(self, key: str, at: datetime) -> Known:
        """Return what matching is given of a person. Raises UnknownIdError."""
        with self._looks.connection() as connection:
            found = gather(connection, key, self._trust, at)
        told = found.demographics
        address = _home(told.get("addresses"))
        return Known(
            person=found.person,
            number=found.number,
            needs={
                each.key: str(each.record.details.get("category", ""))
                for each in found.open("need")
            },
            postcode=_text(address.get("postal_code")),
            country=_text(_code(address.get("country"))),
            age=_age(told.get("birth_date"), at),
            languages=tuple(_languages(told.get("language"))),
        )


def _terms(driver: sqlite3.Connection, feed: str, version: int) -> list[Term]:
    return list(terms_of(driver, feed, version))


def _home(addresses: Any) -> dict[str, Any]:
    """Return the first address that has a postcode."""
    listed = addresses.values() if isinstance(addresses, dict) else addresses or ()
    found = [each for each in listed if isinstance(each, dict)]
    return next((each for each in found if each.get("postal_code")), {})


def _languages(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        said = _code(each)
        if isinstance(said, str) and said.strip():
            yield language(said)


def _code(value: Any) -> Any:
    return value.get("code") or value.get("text") if isinstance(value, dict) else value


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _age(born: Any, at: datetime) -> int | None:
    text = born.get("local") if isinstance(born, dict) else born
    try:
        day = date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
    today = at.date()
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))
