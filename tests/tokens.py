"""Tokens for tests: made in a store behind its hub's back."""

import sqlite3
from contextlib import closing

from msgspec.structs import replace

from hub.admin.access import LOCAL
from hub.admin.issuing import TokenWanted, issue
from hub.store.access import Creation, create


def token(role, scope="", **changes):
    """Return a made-up token, as text and as what is kept of it."""
    secret, creation = issue(TokenWanted(role=role, scope=scope, name=role), LOCAL)
    return secret.text(), replace(creation.token, **changes)


def give(path, role, scope="", **changes):
    """Put a token into the store at `path`; return it as text."""
    text, kept = token(role, scope, **changes)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        create(connection, [Creation(kept, "test", "admin")])
    return text


def bearer(text, **more):
    """Return the headers that show a token."""
    return {"Authorization": f"Bearer {text}", **more}
