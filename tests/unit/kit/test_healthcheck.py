import pytest

from loupe_kit import healthcheck


@pytest.mark.parametrize(("serving", "status"), [(True, 0), (False, 1)])
def test_main__status_is_the_answer(serving: bool, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(*arguments: str) -> bool:
        asked.append(arguments)
        return serving

    monkeypatch.setattr(healthcheck, "is_serving", answer)

    assert healthcheck.main(["127.0.0.1:50051", "live"]) == status
    assert asked == [("127.0.0.1:50051", "live")]


@pytest.mark.parametrize("arguments", [[], ["a", "b", "c"]])
def test_main__says_how_it_is_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck.main(arguments) == 2
    assert "usage" in capsys.readouterr().err
