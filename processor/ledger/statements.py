"""What every workbook asks and writes many times: SQLAlchemy makes the SQL once, for the database at hand, and its driver executes it.

Executed through SQLAlchemy, a query of one row takes 60 µs of which SQLite needs 9. What is asked rarely, or put
together when it is asked, goes through SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Table, Update, bindparam, update
from sqlalchemy.engine.interfaces import DBAPICursor, Dialect


class Statement:
    """A statement whose values are named parameters (no `in_`). Rows come as the driver has them: see `rows.build`."""

    def __init__(self, made: Select[Any] | Insert | Update | Delete) -> None:
        self._made = made
        self._texts: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, connection: Connection, **given: Any) -> DBAPICursor:
        """Execute it in the connection's transaction."""
        text, fixed = self._texts.get(connection.dialect.name) or self._text(connection.dialect)
        cursor = connection.connection.cursor()
        cursor.execute(text, fixed | given)
        return cursor

    def rows(self, connection: Connection, **given: Any) -> Sequence[Any]:
        """Ask for all rows."""
        return self.run(connection, **given).fetchall()

    def first(self, connection: Connection, **given: Any) -> Any:
        """Ask for the first row, None if there is none."""
        return self.run(connection, **given).fetchone()

    def _text(self, dialect: Dialect) -> tuple[str, dict[str, Any]]:
        compiled = self._made.compile(dialect=dialect)
        self._texts[dialect.name] = str(compiled), dict(compiled.params)
        return self._texts[dialect.name]


def add(connection: Connection, table: Table, **values: Any) -> int:
    """A new row in a table that numbers its rows; its number. Columns with a default need their value here too."""
    numbered = connection.dialect.name == "sqlite"
    insertion = _insertion(table, frozenset(values), returning=not numbered)
    return int(insertion.run(connection, **values).lastrowid if numbered else insertion.first(connection, **values)[0])


def change(connection: Connection, table: Table, row: int, **values: Any) -> None:
    """New values for the row of this number."""
    _change(table, frozenset(values)).run(connection, **values, row_number=row)


@cache
def _insertion(table: Table, names: frozenset[str], *, returning: bool) -> Statement:
    made = table.insert().values({name: bindparam(name) for name in sorted(names)})
    return Statement(made.returning(table.c.id) if returning else made)


@cache
def _change(table: Table, names: frozenset[str]) -> Statement:
    mine = table.c.id == bindparam("row_number")
    return Statement(update(table).where(mine).values({name: bindparam(name) for name in sorted(names)}))
