"""The users' reference says what is true: each of its examples is read here."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import mysql, sqlite

from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.domain import query
from loupe_project.domain.query import fields

REFERENCE = (Path(__file__).parents[5] / "docs" / "query-language.md").read_text(encoding="utf-8")
PROJECT = "00000000-0000-7000-8000-000000000001"
CONTEXT = query.Context(datetime(2026, 11, 22, 10, tzinfo=UTC), ZoneInfo("Asia/Seoul"))


def block(name: str) -> list[str]:
    found = re.search(rf"^```{name}\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1].splitlines()


@pytest.mark.parametrize("text", block("query"))
def test_example__is_read_and_compiled_for_both_databases(text: str) -> None:
    node = query.read(text, CONTEXT)

    for dialect in (sqlite.dialect(), mysql.dialect()):
        assert str(condition(node, PROJECT).compile(dialect=dialect))


@pytest.mark.parametrize("line", block("errors"))
def test_example__error_with_position_and_suggestion(line: str) -> None:
    text, position, suggestion, message = (part.strip() for part in line.split("|", 3))
    with pytest.raises(query.QueryInvalid) as caught:
        query.read(text, CONTEXT)

    assert caught.value.metadata.get("position") == position
    assert caught.value.metadata["korean"].startswith(f"검색식 {position}번째 글자: ")
    assert caught.value.metadata.get("suggestion", "") == suggestion
    assert caught.value.message.startswith(f"Query, character {position}: {message}")


@pytest.mark.parametrize("name", fields.FIELDS)
def test_every_field__is_in_the_reference(name: str) -> None:
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("name", fields.KOREAN)
def test_every_korean_name__is_in_the_reference(name: str) -> None:
    assert name in REFERENCE


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4_999 + "a" + ")" * 4_999,
        "(" * 10_000 + "a" + ")" * 10_000,
        "NOT " * 2_400 + "a",
        "-" * 9_999 + "a",
        "box[" * 2_400,
        "a " * 5_000,
        "label:" + ",".join("a" * 4_900),
        "a OR " * 1_999 + "a",
        "a" * 10_001,
        "a " * 100_000,
        "(" * 100_000,
    ],
    ids=lambda text: text[:8],
)
def test_read__past_a_limit_is_refused_within_50_ms(text: str) -> None:
    query.read("warm up", CONTEXT)
    refusals = [refusal(text) for _ in range(3)]

    assert min(seconds for seconds, _ in refusals) < 0.05
    assert refusals[0][1].metadata["limit"]


def refusal(text: str) -> tuple[float, query.QueryTooComplex]:
    start = time.perf_counter()
    with pytest.raises(query.QueryTooComplex) as caught:
        query.read(text, CONTEXT)
    return time.perf_counter() - start, caught.value


@pytest.mark.parametrize(
    "text",
    [
        '"\'; DROP TABLE images; --"',
        'tag:"\') OR 1=1 --"',
        "name:%_~",
        "\u202elabel",
        "e\u0301*",
        "tag:\u2066x\u2069",
        "\u0301",
    ],
)
def test_read__odd_characters_are_values_and_never_sql(text: str) -> None:
    compiled = str(condition(query.read(text, CONTEXT), PROJECT).compile(dialect=sqlite.dialect()))

    assert "DROP" not in compiled
    assert "1=1" not in compiled
