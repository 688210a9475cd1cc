import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from loupe_kit import telemetry
from loupe_kit.settings import LogFormat

JWT = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiJ4In0.oZSCWTLsMVFgzO4jCtlkBVLhR2fj60x7"


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_json__one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("project", level="INFO", log_format=LogFormat.JSON)
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("loupe.project").info("uploaded", images=3)
        logging.getLogger("library").warning("slow %s", "disk")
    structlog.get_logger("loupe.project").debug("not written")
    ours, theirs = lines(capsys)
    assert ours["event"] == "uploaded"
    assert (ours["images"], ours["service"], ours["level"], ours["request_id"]) == (3, "project", "info", "r-1")
    assert (theirs["event"], theirs["logger"], theirs["request_id"]) == ("slow disk", "library", "r-1")


def test_auto__json_when_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()
    telemetry.configure("project")
    structlog.get_logger("x").info("hello")
    assert lines(capsys)[0]["event"] == "hello"


def test_console__for_people(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("project", log_format=LogFormat.CONSOLE)
    structlog.get_logger("x").info("hello")
    written = capsys.readouterr().err
    assert "hello" in written
    assert not written.startswith("{")


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "hunter22"},
        {"new_password": "hunter22"},
        {"authorization": "Bearer hunter22"},
        {"metadata": {"cookie": "session=hunter22"}},
        {"service_token_key": "hunter22"},
        {"api_key": "hunter22"},
        {"text": "the key lp_0190_hunter22hunter22 was refused"},
        {"header": f"Bearer {JWT}"},
        {"items": [f"x {JWT}"]},
        {"body": b"hunter22"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_secrets__are_hidden(capsys: pytest.CaptureFixture[str], fields: dict[str, Any]) -> None:
    telemetry.configure("auth", log_format=LogFormat.JSON)
    structlog.get_logger("x").info("something", **fields)
    written = capsys.readouterr().err
    assert "hunter22" not in written
    assert JWT[:30] not in written


def test_secrets__hidden_in_exceptions(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("auth", log_format=LogFormat.JSON)
    try:
        raise ValueError(f"cannot read {JWT}")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    written = capsys.readouterr().err
    assert "ValueError" in written
    assert JWT[:30] not in written


def test_tracing__nothing_is_sent_without_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert not telemetry.configure_tracing("project")
    assert telemetry.trace_id() == ""
