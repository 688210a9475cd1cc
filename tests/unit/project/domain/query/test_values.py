"""Times, patterns and the trees that they make."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_project.domain import query
from loupe_project.domain.query import fields, parts, syntax, times, values
from loupe_project.domain.query.tree import Interval, MetadataTerm, Pattern, TextTerm, TimeTerm
from loupe_project.domain.text import fold

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
CONTEXT = query.Context(NOW, SEOUL)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-09-01", utc(2026, 8, 31, 15), utc(2026, 9, 1, 15)),
        ("2026-12", utc(2026, 11, 30, 15), utc(2026, 12, 31, 15)),
        ("2026-09-01T08:30", utc(2026, 8, 31, 23, 30), utc(2026, 8, 31, 23, 31)),
        ("2026-09-01 08:30:05", utc(2026, 8, 31, 23, 30, 5), utc(2026, 8, 31, 23, 30, 6)),
        ("2026-09-01T08:30Z", utc(2026, 9, 1, 8, 30), utc(2026, 9, 1, 8, 31)),
        ("2026-09-01T08:30:00.5-05:00", utc(2026, 9, 1, 13, 30, 0, 500_000), utc(2026, 9, 1, 13, 30, 0, 600_000)),
        ("today", utc(2026, 11, 21, 15), utc(2026, 11, 22, 15)),
        ("어제", utc(2026, 11, 20, 15), utc(2026, 11, 21, 15)),
        ("-24h", NOW - timedelta(days=1), NOW - timedelta(days=1)),
        ("-2w", NOW - timedelta(days=14), NOW - timedelta(days=14)),
    ],
)
def test_times__span(text: str, start: datetime, end: datetime) -> None:
    span = times.parse(text, SEOUL, NOW)

    assert span is not None
    assert (span.start, span.end) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "2026-13-01", "2026-02-30", "24h", "-24y", "-999999w", "0000-01-01", "9999-12-31", "x"]
)
def test_times__nonsense_is_none(text: str) -> None:
    assert times.parse(text, SEOUL, NOW) is None


def test_times__day_of_a_clock_change_has_23_hours() -> None:
    span = times.parse("2026-03-29", ZoneInfo("Europe/Berlin"), NOW)

    assert span is not None
    assert span.end - span.start == timedelta(hours=23)


def test_read__end_day_of_a_range_is_included() -> None:
    node = query.read("at:2026-09-01..2026-09-07", CONTEXT)

    assert node == TimeTerm(fields.FIELDS["at"], (Interval(utc(2026, 8, 31, 15), utc(2026, 9, 7, 15), True, False),))


def test_read__not_and_or_bind_in_this_order() -> None:
    node = query.read("a OR -b c", CONTEXT)

    assert node == query.read("(a) OR ((NOT b) AND c)", CONTEXT)
    assert node != query.read("(a OR -b) c", CONTEXT)


def test_read__metadata_value_is_tried_as_each_type() -> None:
    node = query.read("lot:17", CONTEXT)

    assert node == MetadataTerm(fields.FIELDS["lot"], (Pattern(("17",)),), (Interval(17.0, 17.0),), ())
    assert query.read("meta.LOT:17", CONTEXT) == node


@given(st.text(max_size=30))
def test_quote__any_text_means_itself(text: str) -> None:
    node = query.read(f"tag:{values.quote(text)}", CONTEXT)

    assert node == TextTerm(fields.FIELDS["tag"], (Pattern((fold(text),)),))


SYNTAX = ["box[", "count(", "AND ", "OR ", "NOT ", "tag", "conf", "1", " ", "제외 ", *'()[]":,=<>!-*.~']


def fault_of(text: str) -> query.QueryInvalid | None:
    """What is wrong with a query, None if nothing is or it is refused for another reason."""
    try:
        query.read(text, CONTEXT)
    except query.QueryInvalid as error:
        return error
    except query.QueryTooComplex:
        return None
    return None


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(SYNTAX), max_size=25).map("".join)))
def test_read__any_text_is_read_or_refused_with_a_position(text: str) -> None:
    fault = fault_of(text)

    assert fault is None or 1 <= int(fault.metadata["position"]) <= len(text) + 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("line:L1 label:x", "label:x"),
        ("(line:L1 OR line:L2) -label:x", "-label:x"),
        ("-(line:L1)", ""),
        ("line:L1 OR tag:x", "tag:x"),
        ("meta.line!=L1", ""),
    ],
)
def test_without__leaves_the_field_out(text: str, left: str) -> None:
    kept = parts.without(query.parse(text), "line")

    assert kept == query.parse(left)


def test_read__month_is_the_tag_of_the_month() -> None:
    assert query.read("month:2026-1*", CONTEXT) == TextTerm(fields.FIELDS["tag"], (Pattern(("month:2026-1", "")),))
    assert query.read("has:월", CONTEXT) == TextTerm(fields.FIELDS["tag"], (Pattern(("month:", "")),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "line:L1 -tag:a,b conf<0.6",
            [("line:L1", "line", False), ("-tag:a,b", "tag", True), ("conf<0.6", "conf", False)],
        ),
        ("라인!=L1  (a OR line:x)", [("라인!=L1", "line", True), ("(a OR line:x)", "", False)]),
        ("a OR b c", [("a OR b c", "", False)]),
        ('NOT NOT "two words"', [('NOT NOT "two words"', "", False)]),
        ("count(box[label:x]) >= 3 -box[a]", [("count(box[label:x]) >= 3", "", False), ("-box[a]", "", True)]),
        ("(line:L1)", [("(line:L1)", "line", False)]),
        ("", []),
    ],
)
def test_parts__of_the_top(text: str, expected: list[tuple[str, str, bool]]) -> None:
    found = parts.top(query.parse(text))

    assert [(text[one.span.start : one.span.end], one.field, one.is_negated) for one in found] == expected


def test_named__values_with_what_excludes_them() -> None:
    node = query.parse("tag:a,b* (tag!=c OR -tag:d) -(x tag:e -tag:f) 태그:a line:g tag:a")

    assert [(one.raw, one.is_excluded) for one in parts.named(node, "tag")] == [
        ("a", False),
        ("c", True),
        ("d", True),
        ("e", True),
        ("f", False),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("line:L1 here -tag:x", ["line:L1", "-tag:x"]),
        ("a (b here OR c) d", ["a", "d", "b"]),
        ("a OR here", []),
        ("a -(b here)", ["a", "b"]),
        ("a box[b here]", ["a"]),
        ("a count(box[here c])>3", ["a"]),
    ],
)
def test_beside__what_holds_together_with_a_term(text: str, expected: list[str]) -> None:
    node = query.parse(text)
    found = parts.beside(node, next(one for one in leaves(node) if one.value.raw == "here"))

    assert [text[one.span.start : one.span.end] for one in found] == expected


def leaves(node: syntax.Syntax) -> Iterator[syntax.Text]:
    match node:
        case syntax.Text():
            yield node
        case syntax.AllOf(children) | syntax.AnyOf(children):
            for child in children:
                yield from leaves(child)
        case syntax.Negation(child) | syntax.Box(child) | syntax.Count(syntax.Box(child)):
            yield from leaves(child)
