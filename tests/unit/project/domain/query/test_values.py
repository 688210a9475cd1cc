"""Times, patterns and the trees that they make."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_project.domain import query
from loupe_project.domain.query import facets, fields, times, values
from loupe_project.domain.query.tree import And, Everything, Interval, MetadataTerm, Not, Pattern, TextTerm, TimeTerm
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
    node = facets.without(query.read(text, CONTEXT), fields.FIELDS["line"])

    assert flat(node) == flat(query.read(left, CONTEXT))


def flat(node: object) -> object:
    """The node without ANDs and ORs of one."""
    if isinstance(node, And) and len(node.children) == 1:
        return flat(node.children[0])
    return node if not hasattr(node, "children") or len(node.children) != 1 else flat(node.children[0])


def test_without__everything_is_left_of_nothing() -> None:
    assert facets.without(Not(query.read("line:x", CONTEXT)), fields.FIELDS["line"]) == Everything()
