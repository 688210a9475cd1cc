import pytest

from loupe_kit.telemetry import metrics


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ports: list[int] = []
    monkeypatch.setattr(metrics, "start_http_server", ports.append)
    return ports


def test_serve_metrics__at_the_port_of_the_environment(started: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_METRICS_PORT", "9464")

    assert metrics.serve_metrics()
    assert started == [9464]


def test_serve_metrics__nobody_asked(started: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOUPE_METRICS_PORT", raising=False)

    assert not metrics.serve_metrics()
    assert started == []
