"""Long lists of ids inside a statement: one parameter in JSON, which both databases read as a table.

An IN list has a parameter for each id, and writing a thousand of them into a statement costs more than what it does.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, TableValuedAlias, literal, select
from sqlalchemy import column as named
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def text_of(ids: Sequence[str]) -> str:
    """Ids as `listed` reads them."""
    return json.dumps(list(ids), separators=(",", ":"))


def listed(text: ColumnElement[str]) -> TableValuedAlias:
    """The ids in a text of `text_of`, as the column `value` of a table."""
    return _Listed(text).table_valued(named("value", String), joins_implicitly=True)


def among(column: ColumnElement[str], ids: Sequence[str]) -> ColumnElement[bool]:
    """Condition: the column holds one of the ids."""
    return column.in_(select(listed(literal(text_of(ids), String)).c.value))


class _Listed(FunctionElement[Any]):
    name = "listed"
    inherit_cache = True


@compiles(_Listed, "sqlite")
def _of_sqlite(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Listed, "mysql")
@compiles(_Listed, "mariadb")
def _of_mariadb(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return f"JSON_TABLE({text}, '$[*]' COLUMNS (value CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$'))"
