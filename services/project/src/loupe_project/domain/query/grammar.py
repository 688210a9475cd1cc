"""The grammar of the query language, read by Lark's LALR parser with its contextual lexer.

What a token may be depends on where it stands: after an operator `OR` is a value like any other, and a value
may hold colons (`tag:line:L3`), which elsewhere end a field's name.
"""

from functools import cache

from lark import Lark, Token, Transformer, v_args

from loupe_project.domain.query import syntax

GRAMMAR = r"""
start: or_expr?

?or_expr: and_expr (_OR and_expr)*            -> any_of
?and_expr: unary (_AND? unary)*               -> all_of
?unary: (_NOT | _MINUS) unary                 -> negation
      | primary
?primary: _LPAR or_expr _RPAR
        | box
        | count
        | term
        | text

box: BOX_OPEN or_expr _RSQB
count: COUNT_OPEN box _RPAR OP VALUE
term: (WORD | KEY) OP value (_COMMA value)*
value: VALUE | STRING
text: WORD | STRING

_AND.3: /(?:AND|그리고)(?![^\s()\[\]"])/
_OR.3: /(?:OR|또는)(?![^\s()\[\]"])/
_NOT.3: /(?:NOT|제외)(?![^\s()\[\]"-])/
_MINUS: "-"
_LPAR: "("
_RPAR: ")"
_RSQB: "]"
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


def _position(token: Token) -> int:
    return 0 if token.start_pos is None else token.start_pos


@v_args(inline=True)
class _Builder(Transformer[Token, syntax.Syntax]):
    """Makes the syntax tree while the parser reduces; never recursive."""

    def start(self, *children: syntax.Syntax) -> syntax.Syntax:
        return children[0] if children else syntax.Nothing()

    def any_of(self, *children: syntax.Syntax) -> syntax.Syntax:
        return children[0] if len(children) == 1 else syntax.AnyOf(children)

    def all_of(self, *children: syntax.Syntax) -> syntax.Syntax:
        return children[0] if len(children) == 1 else syntax.AllOf(children)

    def negation(self, child: syntax.Syntax) -> syntax.Syntax:
        return child.child if isinstance(child, syntax.Negation) else syntax.Negation(child)

    def box(self, opening: Token, child: syntax.Syntax) -> syntax.Syntax:
        return syntax.Box(child, _position(opening))

    def count(self, opening: Token, box: syntax.Box, op: Token, number: Token) -> syntax.Syntax:
        return syntax.Count(box, str(op), syntax.Value(str(number), _position(number)), _position(opening))

    def term(self, field: Token, op: Token, *values: syntax.Value) -> syntax.Syntax:
        return syntax.Term(str(field), str(op), values, _position(field), _position(op))

    def value(self, token: Token) -> syntax.Value:
        return syntax.Value(str(token), _position(token))

    def text(self, token: Token) -> syntax.Syntax:
        return syntax.Text(syntax.Value(str(token), _position(token)))


@cache
def parser() -> Lark:
    """The parser, built at its first use; safe to share, it keeps no state between queries."""
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder(), propagate_positions=False)
