"""A query as text and as tree: the same query, whichever way it goes."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe.project.v1 import query_pb2 as pb
from loupe_kit.errors import InvalidArgument
from loupe_project.convert import query as convert
from loupe_project.domain import query as queries
from loupe_project.domain.query import binding, fields, formatting, literals, parser, syntax

CONTEXT = queries.Context(datetime(2026, 11, 22, 10, tzinfo=UTC), ZoneInfo("Asia/Seoul"))


def message_of(text: str) -> pb.QueryNode:
    return convert.to_message(parser.parse(text))


def there_and_back(tree: pb.QueryNode) -> pb.QueryNode:
    return message_of(convert.text_of("", tree))


# Trees in the one form that reading gives: groups of two and more, no NOT of a NOT, patterns with a star.
ODD = [
    "AND",
    "또는",
    "17",
    "1..2",
    "today",
    "true",
    "-24h",
    "a b",
    'q"',
    "back\\",
    "*",
    "\u202eRTL",
    "e\u0301",
    "a,b]",
    "..",
]
TEXTS = st.text(max_size=12) | st.sampled_from(ODD)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=80_000)).map(lambda age: datetime(1970, 1, 1, tzinfo=UTC) + age)
PERIODS = st.sampled_from(["2026-09", "2026-09-01", "today", "어제", "2026-09-01T08:00", "2026-09-01T08:00:05+09:00"])


def texts_of(draw: Any) -> pb.QueryValue:
    return pb.QueryValue(text=draw(TEXTS))


def words(draw: Any) -> pb.QueryValue:
    before, after = (re.sub(r'(["\\*])', r"\\\1", draw(TEXTS)) for _ in range(2))
    source = literals.pattern(f"{before}*{after}")
    assert isinstance(source, literals.PatternValue)
    return draw(st.sampled_from([texts_of(draw), pb.QueryValue(pattern=source.text)]))  # type: ignore[no-any-return]


def number_end(draw: Any) -> pb.QueryValue:
    return pb.QueryValue(number=draw(NUMBERS))


def time_end(draw: Any) -> pb.QueryValue:
    moment = Timestamp()
    moment.FromDatetime(draw(MOMENTS))
    period, distance = draw(PERIODS), Duration(seconds=draw(st.integers(-999_999, 999_999)))
    return draw(  # type: ignore[no-any-return]
        st.sampled_from([pb.QueryValue(time=moment), pb.QueryValue(period=period), pb.QueryValue(since_now=distance)])
    )


def value_of(draw: Any, kind: str, *, ranges: bool) -> pb.QueryValue:
    end = number_end if kind == "number" else time_end
    match draw(st.sampled_from(["one", "low", "high", "both"])) if ranges else "one":
        case "low":
            return pb.QueryValue(range=pb.QueryRange(low=end(draw)))
        case "high":
            return pb.QueryValue(range=pb.QueryRange(high=end(draw)))
        case "both":
            return pb.QueryValue(range=pb.QueryRange(low=end(draw), high=end(draw)))
        case _:
            return end(draw)


KINDS = {
    "tag": "text",
    "name": "text",
    "label": "text",
    "conf": "number",
    "width": "number",
    "at": "time",
    "line": "metadata",
    'meta."odd key, \\"quoted\\""': "metadata",
    "meta.temp": "metadata",
}
BOX_KINDS = {"label": "text", "conf": "number", "area": "number"}


@st.composite
def terms(draw: Any, kinds: dict[str, str] = KINDS) -> pb.QueryNode:
    field = draw(st.sampled_from(sorted(kinds)))
    kind = kinds[field]
    if kind == "metadata":
        kind = draw(st.sampled_from(["text", "number", "time", "truth"]))
    if kind == "text":
        given_values = [words(draw) for _ in range(draw(st.integers(1, 3)))]
    elif kind == "truth":
        given_values = [pb.QueryValue(truth=draw(st.booleans()))]
    else:
        given_values = [value_of(draw, kind, ranges=True) for _ in range(draw(st.integers(1, 3)))]
    operator = draw(st.sampled_from([pb.QUERY_OPERATOR_EQUAL, pb.QUERY_OPERATOR_NOT_EQUAL]))
    if kind in ("number", "time") and draw(st.booleans()):
        operator, given_values = pb.QUERY_OPERATOR_AT_LEAST, [value_of(draw, kind, ranges=False)]
    return pb.QueryNode(term=pb.QueryTerm(field=field, operator=operator, values=given_values))


@st.composite
def plain_words(draw: Any) -> pb.QueryNode:
    return pb.QueryNode(words=words(draw))


def group(kind: str, nodes: list[pb.QueryNode]) -> pb.QueryNode:
    held = pb.QueryGroup(nodes=nodes)
    return pb.QueryNode(all_of=held) if kind == "all_of" else pb.QueryNode(any_of=held)


def negated(node: pb.QueryNode) -> pb.QueryNode:
    return node if node.WhichOneof("node") == "negation" else pb.QueryNode(negation=node)


def combined(leaves: st.SearchStrategy[pb.QueryNode]) -> st.SearchStrategy[pb.QueryNode]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(group, st.sampled_from(["all_of", "any_of"]), st.lists(inner, min_size=2, max_size=3))
            | inner.map(negated)
        ),
        max_leaves=6,
    )


IN_BOX = combined(terms(BOX_KINDS) | plain_words())
BOXES = IN_BOX.map(lambda node: pb.QueryNode(box=node))
COUNTS = st.builds(
    lambda node, number: pb.QueryNode(count=pb.QueryCount(box=node, operator=pb.QUERY_OPERATOR_MORE, number=number)),
    IN_BOX,
    st.integers(0, 1_000_000),
)
TREES = combined(terms() | plain_words() | BOXES | COUNTS)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_tree__text_of_it_is_read_as_the_same_tree(tree: pb.QueryNode) -> None:
    assert there_and_back(tree) == tree


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_tree__its_text_can_be_bound_and_its_usual_form_means_the_same(tree: pb.QueryNode) -> None:
    text = convert.text_of("", tree)
    again = formatting.text_of(formatting.usual(parser.parse(text)))

    assert queries.read(again, CONTEXT) == queries.read(text, CONTEXT)


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("tag:scratch AND NOT tag:reviewed", "tag:scratch -tag:reviewed"),
        ("태그:스크래치 라인:2호기 제외 판정:양품", "tag:스크래치 line:2호기 -verdict:양품"),
        ("size>10MB", "size>10000000"),
        ("conf=0.50..,.7", "conf:0.5..,0.7"),
        ("at>=-24h", "at>=-1d"),
        ("at:'x' OR a", None),
        ('at:"2026-09-01 08:00 +09:00"', "at:2026-09-01T08:00+09:00"),
        ('meta."operator name":kim* "two words" (a OR (b c))', 'meta."operator name":kim* "two words" (a OR b c)'),
        ("count(상자[라벨:크랙 면적>500]):3", "count(box[label:크랙 area>500])=3"),
        ("a\\b* name:x\\*y", '"a\\\\b*" name:"x\\*y"'),
    ],
)
def test_usual_form(text: str, usual: str | None) -> None:
    if usual is None:
        with pytest.raises(queries.QueryInvalid):
            queries.read(text, CONTEXT)
        return
    assert formatting.text_of(formatting.usual(parser.parse(text))) == usual
    assert queries.read(usual, CONTEXT) == queries.read(text, CONTEXT)


def test_message__values_have_their_types() -> None:
    tree = message_of("conf:0.5..,0.7 lot:17 at:-1d name:a*")
    conf, lot, at, name = (node.term for node in tree.all_of.nodes)

    assert conf.values[0].range.low.number == 0.5
    assert not conf.values[0].range.HasField("high")
    assert lot.values[0].number == 17
    assert at.values[0].since_now.seconds == -86_400
    assert name.values[0].pattern == "a*"


def term(field: str, *given_values: pb.QueryValue, operator: int = pb.QUERY_OPERATOR_EQUAL) -> pb.QueryNode:
    return pb.QueryNode(term=pb.QueryTerm(field=field, values=given_values, operator=operator))  # type: ignore[arg-type]


ONE = pb.QueryValue(number=1)


@pytest.mark.parametrize(
    "tree",
    [
        term("tag", ONE),
        term("conf", pb.QueryValue(number=math.nan)),
        term("at", pb.QueryValue(since_now=Duration(seconds=1_000_001))),
        term("at", pb.QueryValue(since_now=Duration(seconds=1, nanos=5))),
        term("at", pb.QueryValue(since_now=Duration(seconds=10**14))),
        term("at", pb.QueryValue(period="2026 OR tag:x")),
        term("at", pb.QueryValue(range=pb.QueryRange())),
        term("conf", pb.QueryValue(range=pb.QueryRange(low=pb.QueryValue(text="1 OR x")))),
        term("tag"),
        term("tag", pb.QueryValue()),
        term("tag", ONE, operator=99),
        term('x:1 OR "tag', ONE),
        pb.QueryNode(all_of=pb.QueryGroup()),
        pb.QueryNode(negation=pb.QueryNode()),
        pb.QueryNode(words=ONE),
        pb.QueryNode(box=pb.QueryNode(box=term("conf", ONE))),
    ],
    ids=str,
)
def test_tree__what_no_query_could_be_is_refused(tree: pb.QueryNode) -> None:
    with pytest.raises(InvalidArgument):
        convert.text_of("", tree)


def test_tree__both_ways_at_once_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="twice"):
        convert.text_of("a", term("conf", ONE))


def test_tree__empty_is_everything() -> None:
    assert convert.text_of("", pb.QueryNode()) == ""
    assert message_of("") == pb.QueryNode()


def test_tree__too_deep_is_refused_both_ways() -> None:
    deep = term("conf", ONE)
    for _ in range(21):
        deep = negated(group("any_of", [deep, term("conf", ONE)]))
    with pytest.raises(queries.QueryTooComplex):
        convert.text_of("", deep)
    with pytest.raises(queries.QueryTooComplex):
        message_of("(a OR -" * 21 + "a" + ")" * 21)


def test_tree__as_deep_as_allowed_survives_the_wire() -> None:
    text = "(a OR -" * 19 + "conf:1..2" + ")" * 19
    tree = message_of(text)

    assert pb.QueryNode.FromString(tree.SerializeToString()) == tree


@given(st.text(max_size=20), st.sampled_from(sorted(fields.FIELDS)))
def test_tree__texts_and_fields_cannot_break_out(text: str, field: str) -> None:
    tree = pb.QueryNode(all_of=pb.QueryGroup(nodes=[term(f"meta.{text}x", pb.QueryValue(text=text))] * 2))
    read = parser.parse(convert.text_of("", tree))

    assert isinstance(read, syntax.AllOf)
    assert all(isinstance(child, syntax.Term) and len(child.values) == 1 for child in read.children)
    assert binding.field_of(field, syntax.NOWHERE, in_box=False).name == field
