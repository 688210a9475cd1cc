import pytest

from loupe_kit.service import Hook, Service


def hook(log: list[str], name: str, error: Exception | None = None) -> Hook:
    async def run() -> None:
        log.append(name)
        if error is not None:
            raise error

    return run


async def test_service__start_and_stop_in_order() -> None:
    log: list[str] = []
    service = Service("a", [], on_start=[hook(log, "open"), hook(log, "run")], on_stop=[hook(log, "end")])
    await service.start()
    await service.stop()
    assert log == ["open", "run", "end"]
    assert await service.readiness()


async def test_start__failure_closes_what_was_opened() -> None:
    log: list[str] = []
    failing = hook(log, "fail", ValueError("no"))
    service = Service("a", [], on_start=[hook(log, "open"), failing, hook(log, "run")], on_stop=[hook(log, "close")])
    with pytest.raises(ValueError, match="no"):
        await service.start()
    assert log == ["open", "fail", "close"]


async def test_stop__goes_on_after_a_failure() -> None:
    log: list[str] = []
    service = Service("a", [], on_stop=[hook(log, "bad", ValueError()), hook(log, "good")])
    await service.stop()
    assert log == ["bad", "good"]
