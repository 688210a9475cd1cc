"""From text to syntax tree, with limits and with errors that say where and what to do.

The parser is fed token by token, so that a limit stops it at once: ten thousand brackets cost what fifty cost.
"""

from typing import cast

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from loupe_project.domain.query import grammar, syntax
from loupe_project.domain.query.errors import QueryInvalid, QueryTooComplex

MAX_CHARACTERS = 10_000
MAX_DEPTH = 50
MAX_TERMS = 200
"""Values of an any-of list count too."""

_CLOSING = {"_LPAR": ")", "COUNT_OPEN": ")", "BOX_OPEN": "]"}
_CLOSES = {"_RPAR": ")", "_RSQB": "]"}
_VALUES = frozenset({"WORD", "STRING", "VALUE"})
_KEYWORDS = frozenset({"AND", "OR", "NOT", "그리고", "또는", "제외"})


def parse(text: str) -> syntax.Syntax:
    """Read a query.

    Raises:
        QueryTooComplex: Past a limit.
        QueryInvalid: For what the grammar does not know.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryTooComplex(
            f"The query has {len(text)} characters, {MAX_CHARACTERS} are allowed; "
            "shorten it, or select images by their ids instead.",
            limit=f"{MAX_CHARACTERS} characters",
        )
    guard = _Guard(text)
    run = grammar.parser().parse_interactive(text)
    try:
        for token in run.iter_parse():
            guard.see(token)
        guard.end()
        tree: syntax.Syntax = run.feed_token(_end(text))
    except UnexpectedToken as error:
        raise guard.explain(error.token) from None
    except UnexpectedCharacters as error:
        raise guard.explain_character(cast(int, error.pos_in_stream)) from None
    return tree


class _Guard:
    """Watches the tokens of one query: brackets, depth, number of terms."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[Token] = []
        self._negations = 0
        self._terms = 0
        self.last: Token | None = None

    def see(self, token: Token) -> None:
        """Take note of the next token, before the parser gets it."""
        kind = token.type
        if kind in _CLOSING:
            self._open.append(token)
        elif kind in _CLOSES:
            self._close(token)
        elif kind in ("_NOT", "_MINUS"):
            self._negations += 1
        elif kind in _VALUES:
            self._take_value(token)
        elif kind == "OP" and self.last is not None and self.last.type == "WORD":
            self._terms -= 1
        self._check_limits()
        self.last = token

    def _check_limits(self) -> None:
        if len(self._open) + self._negations > MAX_DEPTH:
            raise QueryTooComplex(
                f"The query is nested deeper than {MAX_DEPTH} brackets and NOTs; take brackets away.",
                limit=f"{MAX_DEPTH} levels",
            )
        if self._terms > MAX_TERMS:
            raise QueryTooComplex(
                f"The query has more than {MAX_TERMS} terms and values; use wildcards, or select images by their ids.",
                limit=f"{MAX_TERMS} terms",
            )

    def _take_value(self, token: Token) -> None:
        self._terms += 1
        self._negations = 0
        if str(token) not in _KEYWORDS:
            return
        # The lexer takes a keyword for a word where no keyword may stand.
        offset = _offset(token)
        if token.type == "WORD":
            raise QueryInvalid(f"'{token}' needs a term before and after it; put the text in quotes.", offset=offset)
        if self._text[offset - 1].isspace():
            raise QueryInvalid(f"a value is missing before '{token}'; put the text in quotes.", offset=offset)

    def _close(self, token: Token) -> None:
        sign = _CLOSES[token.type]
        if not self._open:
            raise QueryInvalid(f"'{sign}' closes nothing; take it away.", offset=_offset(token))
        opening = self._open.pop()
        expected = _CLOSING[opening.type]
        if sign != expected:
            raise QueryInvalid(
                f"'{opening}' at character {_offset(opening) + 1} is closed by '{expected}', not by '{sign}'.",
                offset=_offset(token),
                suggestion=expected,
            )

    def end(self) -> None:
        """Nothing comes any more.

        Raises:
            QueryInvalid: If a bracket is still open.
        """
        if self._open:
            opening = self._open[-1]
            sign = _CLOSING[opening.type]
            raise QueryInvalid(f"'{opening}' is never closed; add '{sign}'.", offset=_offset(opening), suggestion=sign)

    def explain(self, token: Token) -> QueryInvalid:
        """What to say about a token that does not fit."""
        if token.type == "$END":
            return self._explain_end()
        offset = _offset(token)
        before = self.last if self.last is not token else None
        if token.type == "OP":
            return QueryInvalid(f"a field's name is missing before '{token}', as in label{token}OK.", offset=offset)
        if token.type in ("_AND", "_OR"):
            return QueryInvalid(f"'{token}' needs a term before and after it.", offset=offset)
        if token.type == "_COMMA":
            return QueryInvalid(
                "a comma stands between values of one field, as in label:OK,NG; between terms write OR.",
                offset=offset,
                suggestion="OR",
            )
        if before is not None and before.type == "COUNT_OPEN":
            return _count_without_box(offset)
        if before is not None and before.type in ("_LPAR", "BOX_OPEN"):
            return QueryInvalid("there is nothing in the brackets; write a term, or take them away.", offset=offset)
        return QueryInvalid(f"'{token}' does not fit here; put texts with special characters in quotes.", offset=offset)

    def explain_character(self, offset: int) -> QueryInvalid:
        """What to say about a character that starts nothing here."""
        sign = self._text[offset]
        if sign == '"':
            return QueryInvalid("the quote is never closed; add '\"'.", offset=offset, suggestion='"')
        if self.last is not None and self.last.type == "COUNT_OPEN":
            return _count_without_box(offset)
        if sign in ")]":
            return self._explain_closing(sign, offset)
        if sign in ":=<>!":
            return QueryInvalid(
                f"a field's name is missing before '{sign}'; put texts with special characters in quotes.",
                offset=offset,
            )
        if sign == ",":
            return self.explain(Token("_COMMA", sign, start_pos=offset))
        return QueryInvalid(f"'{sign}' does not fit here; put texts with special characters in quotes.", offset=offset)

    def _explain_closing(self, sign: str, offset: int) -> QueryInvalid:
        if self._open and self.last is not self._open[-1]:
            return QueryInvalid(f"a term or value is missing before '{sign}'.", offset=offset)
        if self._open:
            return QueryInvalid("there is nothing in the brackets; write a term, or take them away.", offset=offset)
        return QueryInvalid(f"'{sign}' closes nothing; take it away.", offset=offset)

    def _explain_end(self) -> QueryInvalid:
        end = len(self._text)
        if self.last is None:
            return QueryInvalid("a term is missing.", offset=end)
        if self.last.type == "OP":
            return QueryInvalid(f"a value is missing after '{self.last}'.", offset=end)
        if self.last.type == "_RPAR":
            return QueryInvalid(
                "count(…) needs a comparison, as in count(box[label:dent])>=3.", offset=end, suggestion=">="
            )
        return QueryInvalid(f"a term is missing after '{self.last}'.", offset=end)


def _count_without_box(offset: int) -> QueryInvalid:
    return QueryInvalid("count( takes a box, as in count(box[label:dent])>=3.", offset=offset, suggestion="box[")


def _offset(token: Token) -> int:
    return 0 if token.start_pos is None else token.start_pos


def _end(text: str) -> Token:
    return Token("$END", "", start_pos=len(text))
