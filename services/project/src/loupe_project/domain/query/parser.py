"""From text to syntax tree, with limits and with errors that say where and what to do.

The parser is fed token by token, so that a limit stops it at once: ten thousand brackets cost what fifty cost.
"""

from typing import cast

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from loupe_project.domain.query import grammar, syntax
from loupe_project.domain.query.errors import QueryInvalid, QueryTooComplex, Repair
from loupe_project.domain.query.grammar import KEYWORDS, span_of
from loupe_project.domain.query.syntax import Span

MAX_CHARACTERS = 10_000
MAX_DEPTH = 50
MAX_TERMS = 200
"""Values of an any-of list count too."""

_CLOSING = {"LPAR": ")", "COUNT_OPEN": ")", "BOX_OPEN": "]"}
_CLOSES = {"RPAR": ")", "RSQB": "]"}
_VALUES = frozenset({"WORD", "STRING", "VALUE"})


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
        elif kind in ("NOT", "MINUS"):
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
        if str(token) not in KEYWORDS:
            return
        # The lexer takes a keyword for a word where no keyword may stand.
        span, quoted = span_of(token), Repair(span_of(token), f'"{token}"')
        if token.type == "WORD":
            raise QueryInvalid(
                f"'{token}' needs a term before and after it; put the text in quotes.",
                f"'{token}' 앞뒤에 조건이 있어야 합니다. 글자로 찾으려면 따옴표로 묶으세요.",
                span=span,
                repair=quoted,
            )
        if self._text[span.start - 1].isspace():
            raise QueryInvalid(
                f"a value is missing before '{token}'; put the text in quotes.",
                f"'{token}' 앞에 값이 없습니다. 글자로 찾으려면 따옴표로 묶으세요.",
                span=span,
                repair=quoted,
            )

    def _close(self, token: Token) -> None:
        sign = _CLOSES[token.type]
        if not self._open:
            raise _closes_nothing(sign, span_of(token))
        opening = self._open.pop()
        expected = _CLOSING[opening.type]
        if sign != expected:
            raise QueryInvalid(
                f"'{opening}' at character {span_of(opening).start + 1} is closed by '{expected}', not by '{sign}'.",
                f"괄호가 맞지 않습니다: {span_of(opening).start + 1}번째 글자 '{opening}' 다음에는 '{expected}'.",
                span=span_of(token),
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
            raise QueryInvalid(
                f"'{opening}' is never closed; add '{sign}'.",
                f"'{opening}' 괄호를 닫지 않았습니다. '{sign}' 글자를 더하세요.",
                span=span_of(opening),
                suggestion=sign,
                repair=Repair(self._end(), sign),
            )

    def explain(self, token: Token) -> QueryInvalid:
        """What to say about a token that does not fit."""
        if token.type == "$END":
            return self._explain_end()
        span = span_of(token)
        before = self.last if self.last is not token else None
        if token.type == "OP":
            return QueryInvalid(
                f"a field's name is missing before '{token}', as in label{token}OK.",
                f"'{token}' 앞에 필드 이름이 없습니다. 예: label{token}OK",
                span=span,
            )
        if token.type in ("_AND", "_OR"):
            return QueryInvalid(
                f"'{token}' needs a term before and after it.",
                f"'{token}' 앞뒤에 조건이 있어야 합니다.",
                span=span,
                repair=Repair(span, ""),
            )
        if token.type == "_COMMA":
            return QueryInvalid(
                "a comma stands between values of one field, as in label:OK,NG; between terms write OR.",
                "쉼표는 한 필드의 값 사이에 씁니다. 예: label:OK,NG. 조건 사이에는 OR를 쓰세요.",
                span=span,
                suggestion="OR",
                repair=Repair(span, " OR"),
            )
        if before is not None and before.type == "COUNT_OPEN":
            return _count_without_box(span)
        if before is not None and before.type in ("LPAR", "BOX_OPEN"):
            return _nothing_within(span)
        return QueryInvalid(
            f"'{token}' does not fit here; put texts with special characters in quotes.",
            f"여기에 쓸 수 없습니다: '{token}'. 특수 문자가 있는 글은 따옴표로 묶으세요.",
            span=span,
        )

    def explain_character(self, offset: int) -> QueryInvalid:
        """What to say about a character that starts nothing here."""
        sign, span = self._text[offset], Span(offset, offset + 1)
        if sign == '"':
            return QueryInvalid(
                "the quote is never closed; add '\"'.",
                "따옴표를 닫지 않았습니다. '\"'를 더하세요.",
                span=Span(offset, len(self._text)),
                suggestion='"',
                repair=Repair(self._end(), '"'),
            )
        if self.last is not None and self.last.type == "COUNT_OPEN":
            return _count_without_box(span)
        if sign in ")]":
            return self._explain_closing(sign, span)
        if sign in ":=<>!":
            return QueryInvalid(
                f"a field's name is missing before '{sign}'; put texts with special characters in quotes.",
                f"'{sign}' 앞에 필드 이름이 없습니다. 특수 문자가 있는 글은 따옴표로 묶으세요.",
                span=span,
            )
        if sign == ",":
            return self.explain(Token("_COMMA", sign, start_pos=offset))
        return QueryInvalid(
            f"'{sign}' does not fit here; put texts with special characters in quotes.",
            f"여기에 쓸 수 없습니다: '{sign}'. 특수 문자가 있는 글은 따옴표로 묶으세요.",
            span=span,
        )

    def _explain_closing(self, sign: str, span: Span) -> QueryInvalid:
        if self._open and self.last is not self._open[-1]:
            return QueryInvalid(
                f"a term or value is missing before '{sign}'.", f"'{sign}' 앞에 조건이나 값이 없습니다.", span=span
            )
        return _nothing_within(span) if self._open else _closes_nothing(sign, span)

    def _explain_end(self) -> QueryInvalid:
        end = self._end()
        if self.last is None:
            return QueryInvalid("a term is missing.", "조건이 없습니다.", span=end)
        if self.last.type == "OP":
            return QueryInvalid(
                f"a value is missing after '{self.last}'.", f"'{self.last}' 뒤에 값이 없습니다.", span=end
            )
        if self.last.type == "RPAR":
            return QueryInvalid(
                "count(…) needs a comparison, as in count(box[label:dent])>=3.",
                "count(…) 뒤에 비교가 있어야 합니다. 예: count(box[label:dent])>=3",
                span=end,
                suggestion=">=",
            )
        if self.last.type in ("_AND", "_OR"):
            repair = Repair(span_of(self.last), "")
            return QueryInvalid(
                f"a term is missing after '{self.last}'.",
                f"'{self.last}' 뒤에 조건이 없습니다.",
                span=end,
                repair=repair,
            )
        return QueryInvalid(f"a term is missing after '{self.last}'.", f"'{self.last}' 뒤에 조건이 없습니다.", span=end)

    def _end(self) -> Span:
        return Span(len(self._text), len(self._text))


def _closes_nothing(sign: str, span: Span) -> QueryInvalid:
    return QueryInvalid(
        f"'{sign}' closes nothing; take it away.",
        f"'{sign}'에 맞는 여는 괄호가 없습니다. 지우세요.",
        span=span,
        repair=Repair(span, ""),
    )


def _nothing_within(span: Span) -> QueryInvalid:
    return QueryInvalid(
        "there is nothing in the brackets; write a term, or take them away.",
        "괄호 안이 비었습니다. 조건을 쓰거나 괄호를 지우세요.",
        span=span,
    )


def _count_without_box(span: Span) -> QueryInvalid:
    repair = Repair(Span(span.start, span.start), "box[")
    return QueryInvalid(
        "count( takes a box, as in count(box[label:dent])>=3.",
        "count( 뒤에는 box가 와야 합니다. 예: count(box[label:dent])>=3",
        span=span,
        suggestion="box[",
        repair=repair,
    )


def _end(text: str) -> Token:
    return Token("$END", "", start_pos=len(text))
