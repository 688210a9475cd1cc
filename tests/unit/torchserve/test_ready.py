from typing import Any

import pytest

from loupe_torchserve import ready

ADDRESS = "http://127.0.0.1:7074"


def version(model: str, number: str, *states: str) -> dict[str, Any]:
    return {
        "modelName": model,
        "modelVersion": number,
        "modelUrl": f"{model}-{number}.mar",
        "workers": [{"id": "9000", "status": state} for state in states],
    }


def answer(monkeypatch: pytest.MonkeyPatch, *versions: dict[str, Any]) -> None:
    answers: dict[str, Any] = {f"{ADDRESS}/models?limit=1000": {"models": list(versions)}}
    for one in versions:
        answers.setdefault(f"{ADDRESS}/models/{one['modelName']}/all", []).append(one)
    monkeypatch.setattr(ready, "_get", answers.__getitem__)


def test_unready__every_version_has_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, version("lite0", "1.0", "READY"), version("lite0", "2.0", "UNLOADED", "READY"))

    assert ready.unready(ADDRESS) == []


@pytest.mark.parametrize("states", [(), ("UNLOADED",)])
def test_unready__version_without_a_worker(monkeypatch: pytest.MonkeyPatch, states: tuple[str, ...]) -> None:
    answer(monkeypatch, version("lite0", "1.0", "READY"), version("lite0", "2.0", *states))

    assert ready.unready(ADDRESS) == ["lite0 2.0"]


def test_unready__nothing_is_loaded_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch)

    assert ready.unready(ADDRESS) == ["no model is loaded"]


def test_main__torchserve_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_url: str) -> Any:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(ready, "_get", refuse)

    assert ready.main() == 1
    assert "does not answer" in capsys.readouterr().err
