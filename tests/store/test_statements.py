import importlib
import pkgutil
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

import hub.store
import hub.store.directory
from hub.store import panel_staging, schema
from hub.store.statements import Insert, Statement
from tests.store.rows import in_memory


def statements_of(module):
    for name, value in vars(module).items():
        found = value.values() if isinstance(value, dict) else [value]
        for place, each in enumerate(found):
            if isinstance(each, Statement | Insert):
                yield pytest.param(each, id=f"{module.__name__}{name}-{place}")


MODULES = [
    importlib.import_module(f"{package.__name__}.{each.name}")
    for package in (hub.store, hub.store.directory)
    for each in pkgutil.iter_modules(package.__path__)
    if not each.ispkg
]
STATEMENTS = [each for module in MODULES for each in statements_of(module)]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_statement_of_the_store_is_one_that_sqlite_understands(statement, memory):
    """A list of values would be left for SQLAlchemy to write out, and is not."""
    memory.execute(panel_staging.CREATE)
    if isinstance(statement, Insert):
        text = statement._text(1)
        memory.execute(f"EXPLAIN {text}", [None] * text.count("?"))
        return
    words = [name for name in _parameters(statement) if name not in _given(statement)]

    memory.execute(
        f"EXPLAIN {statement._text}", statement._literals | dict.fromkeys(words, 1)
    )


def _parameters(statement):
    return sa.text(statement._text)._bindparams


def _given(statement):
    return statement._literals


def test_a_statement_knows_its_own_values_and_takes_the_others(memory):
    statement = Statement(
        sa.select(sa.literal("own"), sa.bindparam("given", type_=sa.Text))
    )

    assert statement(memory, given="other").fetchone() == ("own", "other")


rows = st.lists(st.binary(min_size=1, max_size=4), max_size=400)


@given(rows)
def test_rows_go_in_in_their_order_however_many_there_are(values):
    with closing(in_memory()) as connection:
        pairs = [(str(place), value) for place, value in enumerate(values)]

        count = Insert(schema.meta, ("name", "value")).run(connection, pairs)

        assert count == len(values)
        kept = connection.execute("SELECT name, value FROM meta ORDER BY rowid")
        assert kept.fetchall() == pairs


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 512, 600])
def test_no_row_is_left_out_where_a_statement_is_full(memory, count):
    pairs = [(str(place), b"") for place in range(count)]

    assert Insert(schema.meta, ("name", "value")).run(memory, pairs) == count
    assert memory.execute("SELECT name, value FROM meta").fetchall() == pairs


@given(st.lists(st.integers(0, 50), max_size=300))
def test_only_the_rows_that_went_in_are_counted(numbers):
    with closing(in_memory()) as connection:
        insert = Insert(schema.meta, ("name", "value"), "ON CONFLICT DO NOTHING")

        count = insert.run(connection, [(str(each), b"") for each in numbers])

        assert count == len(set(numbers))
