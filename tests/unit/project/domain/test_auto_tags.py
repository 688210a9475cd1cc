"""Automatic tags."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from loupe_project.domain import auto_tags
from loupe_project.domain.image import MetadataValue

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_of_arrival__source_month_and_known_metadata() -> None:
    metadata: dict[str, MetadataValue] = {
        "Line": "L3",
        "lot": 17.0,
        "serial": "0042",
        "operator": "Kim",
        "verdict": True,
        "camera": "  ",
    }

    assert auto_tags.of_arrival("zip", NOW, None, metadata) == [
        "source:zip",
        "month:2026-11",
        "line:L3",
        "lot:17",
        "verdict:true",
    ]


def test_month__is_that_of_the_capture_in_utc() -> None:
    taken = datetime(2026, 10, 1, 3, tzinfo=timezone(timedelta(hours=9)))

    assert auto_tags.of_arrival("grpc", NOW, taken, {})[1] == "month:2026-09"


def test_of_result__label_where_there_is_one() -> None:
    assert auto_tags.of_result("m", "detection", None) == ["model:m", "task:detection"]
    assert auto_tags.of_result("m", "classification", "x" * 400)[2] == ("label:" + "x" * 400)[:300]


@pytest.mark.parametrize("text", ["line:L1", "LINE:x", "Month:2026-11", "label:"])
def test_is_automatic__reserved(text: str) -> None:
    assert auto_tags.is_automatic(text)


@pytest.mark.parametrize("text", ["serial:1", "scratch", "line", "my line:1"])
def test_is_automatic__free(text: str) -> None:
    assert not auto_tags.is_automatic(text)


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (1.5, "1.5"), (True, "true"), (False, "false"), (" a ", "a")])
def test_value_text(value: str | float | bool, text: str) -> None:
    assert auto_tags.value_text(value) == text
