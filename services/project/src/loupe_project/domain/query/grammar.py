"""The grammar of the query language, read by Lark's LALR parser with its contextual lexer.

What a token may be depends on where it stands: after an operator `OR` is a value like any other, and a value
may hold colons (`tag:line:L3`), which elsewhere end a field's name.
"""

from dataclasses import replace
from functools import cache

from lark import Lark, Token, Transformer, v_args

from loupe_project.domain.query import syntax
from loupe_project.domain.query.syntax import Span

GRAMMAR = r"""
start: or_expr?

?or_expr: and_expr (_OR and_expr)*            -> any_of
?and_expr: unary (_AND? unary)*               -> all_of
?unary: (NOT | MINUS) unary                   -> negation
      | primary
?primary: LPAR or_expr RPAR                   -> bracketed
        | box
        | count
        | term
        | text

box: BOX_OPEN or_expr RSQB
count: COUNT_OPEN box RPAR OP VALUE
term: (WORD | KEY) OP value (_COMMA value)*
value: VALUE | STRING
text: WORD | STRING

_AND.3: /(?:AND|그리고)(?![^\s()\[\]"])/
_OR.3: /(?:OR|또는)(?![^\s()\[\]"])/
NOT.3: /(?:NOT|제외)(?![^\s()\[\]"-])/
MINUS: "-"
LPAR: "("
RPAR: ")"
RSQB: "]"
_COMMA: ","
BOX_OPEN.4: /(?:box|상자)\[/i
COUNT_OPEN.4: /(?:count|개수)\(/i
OP: /!=|<=|>=|[:=<>]/
KEY.4: /(?:meta|메타)\."(?:\\.|[^"\\])*"/i
WORD: /[^\s()\[\]",:=<>!-][^\s()\[\]",:=<>!]*/
VALUE: /[^\s()\[\]",]+/
STRING: /"(?:\\.|[^"\\])*"/

%ignore /\s+/
"""


KEYWORDS = frozenset({"AND", "OR", "NOT", "그리고", "또는", "제외"})


def span_of(token: Token) -> Span:
    """Where a token stands."""
    start = 0 if token.start_pos is None else token.start_pos
    return Span(start, start + len(token))


def _from(first: Span, last: Span) -> Span:
    return Span(first.start, last.end)


@v_args(inline=True)
class _Builder(Transformer[Token, syntax.Syntax]):
    """Makes the syntax tree while the parser reduces; never recursive."""

    def start(self, *children: syntax.Syntax) -> syntax.Syntax:
        return children[0] if children else syntax.Nothing()

    def any_of(self, *children: syntax.Syntax) -> syntax.Syntax:
        return _joined(syntax.AnyOf, children)

    def all_of(self, *children: syntax.Syntax) -> syntax.Syntax:
        return _joined(syntax.AllOf, children)

    def negation(self, sign: Token, child: syntax.Syntax) -> syntax.Syntax:
        span = _from(span_of(sign), child.span)
        if isinstance(child, syntax.Negation):
            return replace(child.child, span=span)
        return syntax.Negation(child, span)

    def bracketed(self, opening: Token, child: syntax.Syntax, closing: Token) -> syntax.Syntax:
        return replace(child, span=_from(span_of(opening), span_of(closing)))

    def box(self, opening: Token, child: syntax.Syntax, closing: Token) -> syntax.Syntax:
        return syntax.Box(child, _from(span_of(opening), span_of(closing)))

    def count(self, opening: Token, box: syntax.Box, _closing: Token, op: Token, number: Token) -> syntax.Syntax:
        return syntax.Count(box, str(op), self.value(number), _from(span_of(opening), span_of(number)))

    def term(self, field: Token, op: Token, *values: syntax.Value) -> syntax.Syntax:
        name, sign = span_of(field), span_of(op)
        return syntax.Term(str(field), str(op), values, name, sign, _from(name, values[-1].span))

    def value(self, token: Token) -> syntax.Value:
        return syntax.Value(str(token), span_of(token))

    def text(self, token: Token) -> syntax.Syntax:
        return syntax.Text(self.value(token), span_of(token))


def _joined(kind: type[syntax.AllOf | syntax.AnyOf], children: tuple[syntax.Syntax, ...]) -> syntax.Syntax:
    return children[0] if len(children) == 1 else kind(children, _from(children[0].span, children[-1].span))


@cache
def parser() -> Lark:
    """The parser, built at its first use; safe to share, it keeps no state between queries."""
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder(), propagate_positions=False)
