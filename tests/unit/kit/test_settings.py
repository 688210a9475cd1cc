from pathlib import Path

import pytest
from pydantic import Field, ValidationError
from pydantic_settings import SettingsConfigDict

from loupe_kit.settings import LogFormat, LoupeSettings


class ThingSettings(LoupeSettings):
    """Settings of a service."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_THING_")

    size: int = Field(default=4, ge=1, le=10)


def test_settings__defaults() -> None:
    settings = ThingSettings()
    assert (settings.data_dir, settings.size, settings.log_format) == (Path("data"), 4, LogFormat.AUTO)
    assert settings.service_token_key is None


def test_settings__environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_DATA_DIR", "/srv/loupe")
    monkeypatch.setenv("LOUPE_SERVICE_TOKEN_KEY", "very secret")
    monkeypatch.setenv("LOUPE_LOG_LEVEL", "debug")
    monkeypatch.setenv("LOUPE_THING_SIZE", "7")
    settings = ThingSettings()
    assert (settings.data_dir, settings.size, settings.log_level) == (Path("/srv/loupe"), 7, "debug")
    assert settings.service_token_key is not None
    assert settings.service_token_key.get_secret_value() == "very secret"
    assert "very secret" not in repr(settings)


def test_settings__arguments_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOUPE_DATA_DIR", "/srv/loupe")
    assert ThingSettings(data_dir=tmp_path, size=2).data_dir == tmp_path


@pytest.mark.parametrize(("name", "value"), [("LOUPE_THING_SIZE", "11"), ("LOUPE_LOG_LEVEL", "loud")])
def test_settings__out_of_bounds(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        ThingSettings()
