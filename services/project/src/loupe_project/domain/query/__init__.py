"""The query language: text in, typed tree out. docs/query-language.md is its reference."""

from loupe_project.domain.query.binding import Context, bind
from loupe_project.domain.query.errors import QueryInvalid, QueryTooComplex
from loupe_project.domain.query.parser import parse
from loupe_project.domain.query.tree import Node

__all__ = ["Context", "Node", "QueryInvalid", "QueryTooComplex", "bind", "parse", "read"]


def read(text: str, context: Context) -> Node:
    """The typed tree of a query.

    Raises:
        QueryInvalid: If it cannot be read; says where and what to do.
        QueryTooComplex: If it is too long, too deep or has too many terms.
    """
    return bind(parse(text), context)
